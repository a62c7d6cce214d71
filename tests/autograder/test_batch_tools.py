"""What a class run is made of: roster, journal, late policy, records, gradebook, similarity."""

import copy
import csv
import dataclasses
import shutil
from datetime import datetime, timedelta

import numpy as np
import pytest

from autograder import isolation, kit, points
from autograder.batch import files, gradebook, late, pages, records, roster, similarity
from autograder.batch.digests import Kit
from autograder.batch.journal import Journal
from autograder.checks import load
from autograder.verdicts import FAILED, INFRASTRUCTURE, PASSED, Comparison, Report, Verdict

CHECKS = [c for c in load().values() if c.exercise in ("masking.causal", "masking.padding")]
DUE = datetime.fromisoformat("2026-11-20T23:59:00+01:00")


@pytest.fixture(scope="module")
def grading_kit() -> Kit:
    return Kit(CHECKS, [kit.OUTPUTS])


def report_of(status: str = PASSED, hint: str = "", **fields) -> Report:
    verdicts = [
        Verdict(c, status, hint=hint, **fields) if c is CHECKS[0] else Verdict(c, PASSED)
        for c in CHECKS
    ]
    whole = isolation.Isolation({0: "processes"}, {1: "not here"}, (), isolation.Plan())
    return Report(tuple(points.distribute(verdicts, load())), whole, ("a note",))


# The roster.


def test_directories_and_archives_are_students_and_nothing_else_is(tmp_path):
    for name in ("bob", ".git"):
        (tmp_path / name).mkdir()
    for name in ("ada.zip", "cy.d.tar.gz", "grades.csv", "dee.TGZ"):
        (tmp_path / name).touch()
    assert [entry.student for entry in roster.find(tmp_path)] == ["ada", "bob", "cy.d", "dee"]


@pytest.mark.parametrize(
    ("names", "words"),
    [(["ada.zip", "ada/"], "ada has two submissions"), ([], "holds no submissions")],
)
def test_a_roster_that_is_ambiguous_or_empty_is_refused(names, words, tmp_path):
    for name in names:
        (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).touch()
    with pytest.raises(ValueError, match=words):
        roster.find(tmp_path)


def test_what_is_no_submission_is_told_and_one_submission_is_no_class(tmp_path):
    for name in ("ada", "__MACOSX", ".git"):
        (tmp_path / name / "assignment").mkdir(parents=True)
    for name in ("frank.rar", "times.csv", ".DS_Store"):
        (tmp_path / name).write_bytes(b"")
    assert [entry.student for entry in roster.find(tmp_path)] == ["ada"]
    assert roster.overlooked(tmp_path) == ["frank.rar", "times.csv"]
    with pytest.raises(ValueError, match="one submission"):
        roster.find(tmp_path / "ada")


@pytest.mark.parametrize("student", ["..", "a/b", "=cmd()", "Ünï", "x" * 300, "a b", "."])
def test_every_student_has_a_folder_of_a_safe_and_own_name(student):
    folder = roster.folder(student)
    assert folder.strip(".") and "/" not in folder and len(folder) < 100
    assert folder != roster.folder(student + "!")
    assert folder != roster.folder(folder) or folder == student


# The journal.


def test_the_last_record_of_a_student_counts_and_outlives_the_process(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append({"student": "ada", "n": 1})
        journal.append({"student": "bob", "n": 2})
        journal.append({"student": "ada", "n": 3})
    with Journal(path) as journal:
        assert {s: r["n"] for s, r in journal.latest().items()} == {"ada": 3, "bob": 2}
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_line_that_was_cut_off_is_dropped_and_writing_goes_on(cut, tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append({"student": "ada"})
        journal.append({"student": "bob", "text": "é" * 10})
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path) as journal:
        assert set(journal.latest()) == {"ada"}
        journal.append({"student": "cy"})
    with Journal(path) as journal:
        assert set(journal.latest()) == {"ada", "cy"}


def test_a_damaged_line_in_the_middle_is_not_taken_for_the_end(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text('{"student": "ada"}\n{"stu\n{"student": "bob"}\n')
    with pytest.raises(ValueError, match="line 2, is damaged"):
        Journal(path)


def test_two_runs_cannot_write_one_journal(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path), pytest.raises(ValueError, match="another run is writing"):
        Journal(path)
    with Journal(path):
        pass


# The late policy.


def policy(**fields) -> late.Policy:
    defaults = {"due": DUE, "grace_minutes": 15, "percent_per_day": 10, "most_days_late": 5}
    return late.Policy(**{**defaults, **fields})


@pytest.mark.parametrize(
    ("after", "days", "percent"),
    [
        (timedelta(days=-3), 0, 0),
        (timedelta(minutes=15), 0, 0),
        (timedelta(minutes=16), 1, 10),
        (timedelta(hours=24), 1, 10),
        (timedelta(hours=24, seconds=1), 2, 20),
        (timedelta(days=5), 5, 50),
        (timedelta(days=5, seconds=1), 6, 100),
    ],
)
def test_each_day_begun_costs_its_share_once_the_grace_is_over(after, days, percent):
    found = policy(submitted={"ada": DUE + after}).lateness("ada")
    assert (found.days, found.percent) == (days, percent)


def test_free_late_days_and_extensions_come_first():
    at = {"ada": DUE + timedelta(days=2, hours=1)}
    assert policy(submitted=at, late_days=2).lateness("ada") == late.Lateness(3, 2, 10.0)
    assert policy(submitted=at, extensions={"ada": 3}).lateness("ada").percent == 0
    assert policy(submitted=at, most_days_late=2, late_days=1).lateness("ada").percent == 20


def test_nothing_is_taken_off_when_no_time_is_known():
    assert policy().lateness("ada") is None


def test_a_policy_is_read_with_its_times(tmp_path):
    (tmp_path / "late.toml").write_text(
        'due = 2026-11-20T23:59:00+01:00\npercent_per_day = 10\ntimes = "times.csv"\n'
        "[extensions]\nada = 1.5\n"
    )
    (tmp_path / "times.csv").write_text(
        "student,submitted\nada,2026-11-22T12:00:00+01:00\nbob,2026-11-21 00:30\n"
        "bob,2026-11-20T10:00:00Z\n"
    )
    read = late.load(tmp_path / "late.toml")
    assert read.lateness("ada").days == 1
    assert read.lateness("bob").days == 1  # the last of two counts, in the due time's zone


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("due = ", "cannot be read"),
        ("grace_minutes = 3", "due must be a date"),
        ("due = 2026-11-20", "due must be a date"),
        ("due = 2026-11-20T12:00:00Z\ngrace = 3", "no setting is called 'grace'"),
        ("due = 2026-11-20T12:00:00Z\npercent_per_day = -1", "must be a number, 0 or more"),
        ("due = 2026-11-20T12:00:00Z\npercent_per_day = 150", "is at most 100"),
        ('due = 2026-11-20T12:00:00Z\nlate_days = "2"', "late_days must be a number"),
        ("due = 2026-11-20T12:00:00Z\nextensions = 3", "is a table of students"),
        ('due = 2026-11-20T12:00:00Z\ntimes = "nowhere.csv"', "times of submission"),
        ('due = 2026-11-20T12:00:00Z\ntimes = "bad.csv"', "line 2: columns student and submitted"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_with_the_reason(text, words, tmp_path):
    (tmp_path / "bad.csv").write_text("student,submitted\nada,yesterday\n")
    (tmp_path / "late.toml").write_text(text)
    with pytest.raises(ValueError, match=words):
        late.load(tmp_path / "late.toml")


# Records.


def test_a_report_comes_back_from_the_journal_as_it_was(grading_kit, tmp_path):
    array = np.eye(3)
    report = report_of(
        FAILED,
        "look",
        message="wrong\ud800",
        printed="x",
        comparison=Comparison("m", array, -array, (0, 0)),
    )
    with Journal(tmp_path / "j") as journal:
        journal.append(records.graded("ada", "digest", grading_kit, report, None))
    with Journal(tmp_path / "j") as journal:
        record = journal.latest()["ada"]
    again = records.report(record, grading_kit)
    assert again.score == report.score and again.notes == report.notes
    assert str(again.isolation) == str(report.isolation)
    assert [v.status for v in again.verdicts] == [v.status for v in report.verdicts]
    assert again.verdicts[0].hint == "look" and again.verdicts[0].printed == "x"
    (drawing,) = records.drawings(record).values()
    assert drawing.place == "m[:, :]" and len(drawing.images) == 3


def test_only_what_changed_is_stale(grading_kit):
    record = records.graded("ada", "digest", grading_kit, report_of(), None)
    assert records.stale(record, "digest", grading_kit) == []
    assert records.stale(None, "digest", grading_kit) == ["masking.causal", "masking.padding"]
    assert len(records.stale(record, "another", grading_kit)) == 2
    changed = copy.copy(grading_kit)
    changed.exercises = {**grading_kit.exercises, "masking.padding": "new"}
    assert records.stale(record, "digest", changed) == ["masking.padding"]
    changed.environment = "new"
    assert len(records.stale(record, "digest", changed)) == 2
    assert len(records.stale(records.refused("ada", "why"), "", grading_kit)) == 2


def test_the_graders_own_failure_is_never_a_grade_and_runs_again(grading_kit):
    record = records.graded("ada", "digest", grading_kit, report_of(INFRASTRUCTURE), None)
    assert records.stale(record, "digest", grading_kit) == ["masking.causal"]
    row = gradebook.row(roster.Entry("ada", kit.ROOT), record, grading_kit, None)
    assert row.status == "infrastructure" and row.raw is None and row.final is None
    assert "the grader failed in 1 checks" in row.note


def test_a_new_report_on_one_exercise_leaves_the_others_as_they_were(grading_kit):
    old = records.graded("ada", "digest", grading_kit, report_of(INFRASTRUCTURE), None)
    causal = tuple(v for v in report_of().verdicts if v.check.exercise == "masking.causal")
    part = dataclasses.replace(report_of(), verdicts=causal)
    new = records.graded("ada", "digest", grading_kit, part, old)
    assert records.status(new, grading_kit) == "graded"
    assert records.report(new, grading_kit).score == report_of().score


# Digests.


def test_a_recording_or_a_tolerance_that_changes_changes_its_exercise_alone(tmp_path):
    shutil.copytree(kit.OUTPUTS, tmp_path / "outputs")
    before = Kit(CHECKS, [tmp_path / "outputs"])
    (tmp_path / "outputs" / "masking.causal.npz").write_bytes(b"other")
    after = Kit(CHECKS, [tmp_path / "outputs"])
    assert before.environment == after.environment and before.whole != after.whole
    changed = {e for e in before.exercises if before.exercises[e] != after.exercises[e]}
    assert changed == {"masking.causal"}


def test_the_seed_of_the_inputs_changes_everything(tmp_path):
    shutil.copytree(kit.OUTPUTS, tmp_path / "outputs")
    before = Kit(CHECKS, [tmp_path / "outputs"]).environment
    (tmp_path / "outputs" / "recording.json").write_text('{"seed": 1}')
    assert Kit(CHECKS, [tmp_path / "outputs"]).environment != before


# Gradebook and pages.


def row_of(student: str, kit_: Kit, policy_=None, record=None) -> gradebook.Row:
    record = record or records.graded(student, "d1", kit_, report_of(), None)
    return gradebook.row(roster.Entry(student, kit.ROOT), record, kit_, policy_)


def test_the_gradebook_holds_what_every_platform_asks_for(grading_kit, tmp_path):
    times = policy(submitted={"ada": DUE + timedelta(days=1)})
    rows = [
        row_of("ada", grading_kit, times),
        row_of("=HYPERLINK()", grading_kit, times),
        row_of("cy", grading_kit, times, records.refused("cy", "is an empty file")),
    ]
    gradebook.write(tmp_path / "book.csv", rows, grading_kit)
    with (tmp_path / "book.csv").open(newline="") as file:
        ada, formula, cy = csv.DictReader(file)
    whole = report_of().score
    assert float(ada["raw"]) == whole and float(ada["late penalty"]) == pytest.approx(whole / 10)
    assert float(ada["final"]) == pytest.approx(whole * 0.9) and ada["days late"] == "1"
    assert ada["masking.causal"] and ada["status"] == "graded"
    assert ada["submission digest"] == "d1" and ada["kit digest"] == grading_kit.whole
    assert formula["student"].startswith("'=") and "no time of submission" in formula["note"]
    assert (cy["raw"], cy["final"], cy["status"]) == ("", "", "refused")
    assert cy["note"] == "is an empty file"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20"])
def test_no_cell_is_a_formula(start, tmp_path):
    files.write_table(tmp_path / "table.csv", ["name"], [[f"{start}1+1"]])
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1][0].startswith("'")


def test_pass_rates_and_the_most_frequent_hint(tmp_path):
    reports = [report_of(FAILED, "b"), report_of(FAILED, "a"), report_of(FAILED, "a"), report_of()]
    rows = {f"{row.exercise}/{row.name}": row for row in gradebook.check_rows(reports)}
    first = rows[CHECKS[0].key]
    assert first.rate == 0.25 and (first.hint, first.hinted) == ("a", 2)
    assert all(row.rate == 1 for key, row in rows.items() if key != CHECKS[0].key)


def test_the_pages_show_hostile_names_as_text(grading_kit, tmp_path):
    row = row_of("<script>x</script>", grading_kit)
    record = records.graded(row.student, "d", grading_kit, report_of(FAILED, "h"), None)
    pages.write_student(tmp_path, row, record, grading_kit)
    refused = records.refused("<b>", "<i>why</i>")
    pages.write_student(tmp_path, row_of("<b>", grading_kit, None, refused), refused, grading_kit)
    checks = gradebook.check_rows([report_of(FAILED, "<u>")])
    pair = similarity.Pair("<script>", "<b>", 0.9, 100, ("layers/<x>.py",))
    pages.write_index(tmp_path, [row], checks, [pair])
    for path in tmp_path.rglob("*.html"):
        text = path.read_text()
        assert not {"<script>", "<b>", "<i>", "<u>", "<x>"} & set(text.replace(">", "> ").split())
        assert "<script>" not in text


def test_a_file_is_replaced_at_once_and_nothing_is_left_beside_it(tmp_path):
    for text in ("one", "two"):
        files.write(tmp_path / "deep" / "file.txt", text)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["file.txt"]
    assert (tmp_path / "deep" / "file.txt").read_text() == "two"


# Similarity.


LOOP = """
    total = 0.0
    for position, value in enumerate(values):
        if position % 2 == 0:
            total = total + value * weights[position]
        else:
            total = total - value * weights[position] / 2.0
    result = total / max(1, len(values))
    return result if result > 0 else -result
"""
OTHER = """
    pairs = zip(values[::2], values[1::2])
    signs = [first - second for first, second in pairs]
    while len(signs) > 1:
        signs = [a + b for a, b in zip(signs, signs[1:])]
    return abs(sum(signs)) if signs else None
"""


def classroom(tmp_path, sources):
    """Starter packages in which one file has got a function more."""
    found = {}
    for student, source in sources.items():
        found[student] = tmp_path / student
        shutil.copytree(kit.STENCIL / "assignment", tmp_path / student / "assignment")
        path = tmp_path / student / "assignment" / "layers" / "masking.py"
        path.write_text(path.read_text() + "\n\ndef own(values, weights):" + source)
    return found


def test_a_copy_with_other_names_and_comments_is_found_and_the_starter_does_not_count(tmp_path):
    copied = LOOP.replace("total", "summe").replace("position", "k").replace("value", "zahl")
    copied = copied.replace("    summe = 0.0", "    # my own idea\n    summe  =  0.0")
    found = similarity.pairs(
        classroom(tmp_path, {"ada": LOOP, "bob": copied, "cy": OTHER, "dee": "\n    pass\n"})
    )
    assert (found[0].first, found[0].second) == ("ada", "bob")
    assert found[0].share > 0.9 and found[0].files == ("layers/masking.py",)
    rest = [pair for pair in found[1:] if "dee" not in (pair.first, pair.second)]
    assert all(pair.share < 0.3 for pair in rest)


def test_comments_in_front_do_not_hide_a_copy(tmp_path):
    found = classroom(tmp_path, {"ada": LOOP, "bob": LOOP})
    path = found["bob"] / "assignment" / "layers" / "masking.py"
    path.write_text(f"# {'#' * 97}\n" * 2000 + path.read_text())
    (pair,) = similarity.pairs(found)
    assert pair.share > 0.9


def test_a_copy_in_a_string_is_found(tmp_path):
    found = classroom(tmp_path, {"ada": LOOP, "bob": "\n    pass\n"})
    copied = (found["ada"] / "assignment" / "layers" / "masking.py").read_text()
    path = found["bob"] / "assignment" / "layers" / "masking.py"
    path.write_text(f"exec(compile({copied!r}, __file__, 'exec'))\n")
    (pair,) = similarity.pairs(found)
    assert pair.share > 0.9


def test_blank_lines_do_not_keep_a_class_waiting(tmp_path):
    found = classroom(tmp_path, {"ada": LOOP, "bob": LOOP})
    path = found["bob"] / "assignment" / "layers" / "masking.py"
    path.write_text(path.read_text() + " \n" * 200_000)
    (pair,) = similarity.pairs(found)
    assert pair.share > 0.9


def test_what_many_share_is_how_it_is_done(tmp_path):
    sources = {}
    for student in range(6):
        lines = [
            f"    result = result * {7 * student + i} - weights[{i}] ** {student} / {i + student}"
            for i in range(12)
        ]
        sources[f"s{student}"] = LOOP.rpartition("    return")[0] + "\n".join(lines) + "\n"
    assert all(pair.share < 0.05 for pair in similarity.pairs(classroom(tmp_path, sources)))


def test_what_a_ring_of_copies_shares_is_not_how_it_is_done(tmp_path):
    sources = {f"s{student}": LOOP for student in range(6)} | {"ada": OTHER}
    found = similarity.pairs(classroom(tmp_path, sources))
    assert [pair.share for pair in found[:15]] == [1.0] * 15
    assert not any("ada" in (pair.first, pair.second) for pair in found[:15])
