"""A small class, graded for marks: killed on the way, it ends as if nothing had happened."""

import csv
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from autograder import isolation, kit, submission
from autograder.batch import __main__ as batch
from autograder.batch import grading, roster
from autograder.batch.digests import Kit
from autograder.checks import load
from autograder.mutations import Mutation

EXERCISES = ("masking.causal", "positional.sinusoidal")
HOSTILE = {
    "exits": "import os\nos._exit(0)",
    "kills": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "forges": "print('::error::<script>')\nraise RuntimeError('<script>alert(1)</script>')",
}


@pytest.fixture(scope="module", autouse=True)
def official() -> None:
    """Grading for marks needs a machine that can keep submissions apart."""
    try:
        isolation.require(isolation.OFFICIAL)
    except isolation.IsolationError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def classroom(tmp_path_factory) -> Path:
    """A solution, a starter, hostile ones, and what cannot be opened; as directory and archives."""
    root = tmp_path_factory.mktemp("class")
    submission.assemble(kit.ROOT, root / "ada", base=kit.ROOT)
    submission.assemble(kit.STENCIL, root / "work" / "bob")
    with tarfile.open(root / "bob.tar.gz", "w:gz") as archive:
        archive.add(root / "work" / "bob", "homework-3")
    for name, body in HOSTILE.items():
        files = Mutation("hostile", "masking.causal", body=body).files()
        submission.assemble(kit.ROOT, root / name, files, base=kit.ROOT)
    (root / "zoe.zip").write_bytes(b"PK\x03\x04 and no more")
    (root / "work").rename(root / ".work")
    return root


def command(classroom: Path, out: Path, *more: str) -> list[str]:
    chosen = [word for exercise in EXERCISES for word in ("--exercise", exercise)]
    base = [sys.executable, "-m", "autograder.batch", str(classroom), "--out", str(out)]
    return [*base, "--jobs", "2", *chosen, *more]


def run(*arguments) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=kit.ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def whole(classroom, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The results of a run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole") / "results"
    return out, run(classroom, out)


def gradebook(out: Path) -> dict[str, dict[str, str]]:
    with (out / "gradebook.csv").open(newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_everybody_gets_a_grade_or_a_reason(whole):
    out, done = whole
    assert done.returncode == 0, done.stderr
    book = gradebook(out)
    assert list(book) == ["ada", "bob", "exits", "forges", "kills", "zoe"]
    assert float(book["ada"]["raw"]) == float(book["ada"]["final"]) > 0
    assert float(book["bob"]["raw"]) == 0 and book["bob"]["status"] == "graded"
    for name in HOSTILE:
        assert book[name]["status"] == "graded" and float(book[name]["masking.causal"]) == 0
        assert book[name]["positional.sinusoidal"] == book["ada"]["positional.sinusoidal"]
    assert (book["zoe"]["raw"], book["zoe"]["status"]) == ("", "refused")
    assert "zoe: refused: zoe.zip is damaged" in done.stdout


def test_every_student_has_a_page_and_the_class_an_index(whole):
    out, _ = whole
    index = (out / "index.html").read_text()
    for student in gradebook(out):
        assert f'href="students/{student}/report.html"' in index
        assert student in (out / "students" / student / "report.html").read_text()
    hostile = (out / "students" / "forges" / "report.html").read_text()
    assert "&lt;script&gt;alert(1)" in hostile and "<script" not in hostile
    assert len((out / "checks.csv").read_text().splitlines()) > 5
    assert (out / "similarity.csv").exists()


@pytest.mark.slow
def test_a_run_that_is_killed_twice_ends_in_the_same_gradebook(classroom, whole, tmp_path):
    out = tmp_path / "results"
    for records in (1, 3):
        process = subprocess.Popen(
            command(classroom, out),
            cwd=kit.ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(out / "journal.jsonl", records, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with (out / "journal.jsonl").open("ab") as file:  # as power failure leaves it
        file.write(b'{"student": "ki')
    done = run(classroom, out)
    assert done.returncode == 0, done.stderr
    assert "0 of them graded already" not in done.stdout
    assert (out / "gradebook.csv").read_bytes() == (whole[0] / "gradebook.csv").read_bytes()
    assert (out / "checks.csv").read_bytes() == (whole[0] / "checks.csv").read_bytes()


def wait_for(path: Path, lines: int, process: subprocess.Popen) -> None:
    while not path.exists() or path.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "the run ended before it was killed"
        time.sleep(0.05)


def test_nothing_is_graded_again_until_something_changes_or_is_asked_for(whole, classroom):
    out, _ = whole
    before = (out / "journal.jsonl").read_text()
    policy = classroom.parent / "late.toml"
    policy.write_text(
        'due = 2026-11-20T12:00:00Z\npercent_per_day = 50\ntimes = "times.csv"\n', encoding="utf-8"
    )
    (classroom.parent / "times.csv").write_text(
        "student,submitted\nada,2026-11-21T11:00:00Z\nAda,2026-11-21T11:00:00Z\n"
    )
    done = run(classroom, out, "--late-policy", str(policy))
    assert "the late policy names Ada, of whom there is no submission" in done.stdout
    assert f"late policy: none in the last run, {policy.resolve()} in this one" in done.stdout
    assert "5 of them graded already" in done.stdout  # zoe's archive is opened again
    kept = [json.loads(line) for line in before.splitlines()]
    now = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    assert now[: len(kept)] == kept
    assert [record["student"] for record in now[len(kept) :]] == ["zoe"]
    ada = gradebook(out)["ada"]
    assert float(ada["final"]) == float(ada["raw"]) / 2 and ada["days late"] == "1"
    assert "no time of submission is known" in gradebook(out)["bob"]["note"]

    (classroom / "zoe.zip").unlink()
    (classroom / "bob.tar.gz").unlink()
    submission.assemble(kit.ROOT, classroom / "bob", base=kit.ROOT)
    done = run(classroom, out, "--regrade", "exits")
    assert "3 of them graded already" in done.stdout
    graded = [json.loads(line)["student"] for line in (out / "journal.jsonl").open()][len(now) :]
    assert graded == ["bob", "exits"]
    assert gradebook(out)["bob"]["raw"] == gradebook(out)["ada"]["raw"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--regrade", "nobody"], "holds no submission of nobody"),
        (["--late-policy", "nowhere.toml"], "cannot be read: No such file or directory"),
        (["--hidden", "nowhere"], "holds no hidden recordings"),
        (["-k", "no such check"], "no check matches"),
        (["--jobs", "0"], "--jobs must be at least 1"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_graded(
    arguments, words, classroom, tmp_path
):
    done = run(classroom, tmp_path / "out", *arguments)
    assert done.returncode == 2 and words in done.stderr
    assert not (tmp_path / "out").exists()


def test_results_in_a_file_are_refused(classroom, capsys, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(SystemExit) as ended:
        batch.main(classroom, tmp_path / "out", exercise=EXERCISES)
    assert ended.value.code == 2 and "--out" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


def test_results_among_the_submissions_are_refused(classroom, capsys):
    with pytest.raises(SystemExit) as ended:
        batch.main(classroom, classroom / "results", exercise=EXERCISES)
    assert ended.value.code == 2
    assert "would be taken for a submission next time" in capsys.readouterr().err
    assert not (classroom / "results").exists()


def test_covers_alone_keep_the_class_from_a_submission(monkeypatch, tmp_path):
    lower = isolation.available().at_most(2)
    if not lower.covered:
        pytest.skip("this machine covers no files")
    monkeypatch.setattr(isolation, "require", lambda level: lower)
    places = [tmp_path / name for name in ("class", "results", "results/hidden")]
    for place in places:
        place.mkdir()
        (place / "treasure").mkdir()
    body = f"import os\nraise RuntimeError(str([os.listdir(p) for p in {[*map(str, places[:2])]}]))"
    files = Mutation("nosy", "masking.causal", body=body).files()
    submission.assemble(kit.ROOT, tmp_path / "class" / "nosy", files, base=kit.ROOT)
    checks = [check for check in load().values() if check.exercise == "masking.causal"]
    entry = roster.Entry("nosy", tmp_path / "class" / "nosy")
    out, hidden = places[1:]
    with grading.Grader(out, Kit(checks, [kit.OUTPUTS]), 1, hidden, places[0]) as grader:
        record = grader.grade(grading.Work(entry, checks[:1]), None, lambda done, total: None)
    (found,) = record["exercises"]["masking.causal"]["checks"]
    assert "treasure" not in found["message"] and "RuntimeError" in found["message"]
