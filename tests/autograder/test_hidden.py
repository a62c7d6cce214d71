"""Hidden inputs: who meets which, what is told of them, and that a grade depends on them."""

import json
from collections import Counter

import numpy as np
import pytest

from autograder import hidden, judge, kit, official, record
from autograder.checks import load
from autograder.recordings import Recording, save
from autograder.verdicts import (
    BLOCKED,
    FAILED,
    INFRASTRUCTURE,
    LIMIT,
    PASSED,
    Comparison,
    Verdict,
)

SECRET = "a long and winding secret"
EXERCISE = "positional.sinusoidal"
CHECKS = {
    key: c for key, c in load().items() if c.exercise in (EXERCISE, "normalization.layer_norm")
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Two variants of hidden inputs for two exercises."""
    out = tmp_path_factory.mktemp("hidden") / "secret"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "load", lambda: CHECKS)
        record.record_hidden(out, SECRET, 2)
    return out


def test_a_seed_tells_neither_another_nor_the_secret_and_can_be_made_again():
    seeds = hidden.seeds(SECRET, 5)
    assert len(set(seeds)) == 5 and seeds == hidden.seeds(SECRET, 5)
    assert not set(seeds) & set(hidden.seeds(SECRET + "!", 5))
    assert hidden.seeds(SECRET, 3) == seeds[:3]


@pytest.mark.parametrize(
    ("secret", "variants", "words"), [("short", 2, "can be guessed"), (SECRET, 0, "at least one")]
)
def test_a_secret_that_protects_nothing_is_refused(secret, variants, words):
    with pytest.raises(ValueError, match=words):
        hidden.seeds(secret, variants)


def test_variants_are_spread_over_a_class_and_stay_with_a_student(recorded):
    students = [f"student{i}@example.org" for i in range(200)]
    chosen = {student: hidden.variant_of(student, recorded) for student in students}
    assert min(Counter(chosen.values()).values()) > 60
    assert len(set(chosen.values())) == 2
    for student in students[:10]:
        assert hidden.variant_of(f" {student.upper()} ", recorded) == chosen[student]


def test_the_choice_depends_on_the_key(recorded, tmp_path):
    import shutil

    shutil.copytree(recorded, tmp_path / "other")
    hidden.write_index(tmp_path / "other", SECRET + "!", 2)
    students = [str(i) for i in range(40)]
    ours, theirs = (
        [hidden.variant_of(student, place).name for student in students]
        for place in (recorded, tmp_path / "other")
    )
    assert ours != theirs


def test_hidden_recordings_differ_from_the_public_ones_and_hold_no_misconceptions(recorded):
    check = next(c for c in CHECKS.values() if c.exercise == "normalization.layer_norm")
    recordings = [Recording(place) for place in (kit.OUTPUTS, *hidden.variants(recorded))]
    arrays = [recording.expected(check) for recording in recordings]
    first = [next(iter(outputs.values())) for outputs in arrays]
    assert not np.array_equal(first[0], first[1]) and not np.array_equal(first[1], first[2])
    assert recordings[1].misconceptions() == []
    text = "".join(p.read_text() for p in recorded.rglob("*.json"))
    assert SECRET not in text


def test_recording_again_replaces_hidden_inputs_and_nothing_else(recorded, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="holds other files"):
        record.record_hidden(tmp_path, SECRET, 1)
    with pytest.raises(ValueError, match="holds other files"):
        record.record(tmp_path, 7)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"exercises": ("masking.casual",)}, "masking.casual"),
        ({"seed": SECRET}, "hidden inputs need --out DIR"),
    ],
)
def test_a_wrong_option_of_record_ends_with_2(options, words, capsys):
    with pytest.raises(SystemExit) as ended:
        record.main(**options)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "{}", "[]", '{"variants": 1, "key": "00"}'])
def test_a_directory_without_hidden_recordings_is_refused(content, tmp_path):
    if content is not None:
        (tmp_path / "hidden.json").write_text(content)
    with pytest.raises(ValueError, match="record"):
        hidden.variants(tmp_path)


def test_inputs_hidden_for_another_version_of_the_checks_are_refused(recorded, monkeypatch):
    monkeypatch.setattr(hidden, "_digest_of_public", lambda: "of the public recordings by now")
    with pytest.raises(ValueError, match="another version") as error:
        official.recordings(recorded)
    assert "--seed SECRET" in str(error.value)


def verdict(status: str, **fields) -> Verdict:
    return Verdict(load()["masking.causal/square"], status, **fields)


def test_of_the_hidden_run_nothing_but_its_status_is_told():
    array = np.eye(2)
    told = dict(message="secret 0.123", hint="secret", printed="secret 0.123")
    shown = Comparison("m", array, array, (0, 0))
    for status in (FAILED, LIMIT, BLOCKED):
        merged = hidden.merged(
            verdict(PASSED, printed="public"), verdict(status, comparison=shown, **told)
        )
        assert merged.status == status
        assert "secret" not in f"{merged.message}{merged.hint}{merged.printed}"
        assert merged.comparison is None and "hidden" in merged.message
    assert hidden.merged(verdict(PASSED), verdict(INFRASTRUCTURE)).status == INFRASTRUCTURE


def test_what_fails_in_public_keeps_its_message_and_what_passes_both_passes():
    public = verdict(FAILED, message="mask[0, 0] is False")
    assert hidden.merged(public, None) is public
    assert hidden.merged(public, verdict(PASSED)) is public
    assert hidden.merged(verdict(PASSED), verdict(PASSED)).status == PASSED


def test_the_solution_passes_both_and_points_need_both(recorded, runner, tmp_path):
    checks = list(CHECKS.values())
    report = official.grade_officially(kit.ROOT, "ada", checks, runner, hidden_inputs=recorded)
    assert report.score == report.max_score > 0
    assert "hidden" in report.kind

    variant = hidden.variant_of("ada", recorded)
    content = dict(np.load(variant / f"{EXERCISE}.npz"))
    name = next(iter(content))
    save(variant / f"{EXERCISE}.npz", {**content, name: content[name] + 1})
    wrong = official.grade_officially(kit.ROOT, "ada", checks, runner, hidden_inputs=recorded)
    failed = [v for v in wrong.verdicts if v.status != PASSED]
    assert [f"{v.check.name}" for v in failed] == [name.split("/")[0]]
    assert "not on hidden ones of the same kind" in failed[0].message
    assert sum(v.points for v in wrong.of(EXERCISE)) == 0
    assert wrong.score == report.score - sum(v.points for v in report.of(EXERCISE))

    replayed = judge.grade(kit.ROOT, checks, outputs=variant, runner=runner)
    assert {v.check.key for v in replayed.verdicts if v.status != PASSED} == {failed[0].check.key}
    assert str(variant) in replayed.kind and "public" not in replayed.kind


def test_the_index_can_be_read_by_hand(recorded):
    index = json.loads((recorded / "hidden.json").read_text())
    assert index["variants"] == 2 and len(bytes.fromhex(index["key"])) == 32
