"""Gradescope: the zip, the container's directories, results.json, and the leaderboard."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from autograder import gradescope, isolation, kit, points, submission, syllabus
from autograder.checks import load
from autograder.gradescope import leaderboard, run
from autograder.gradescope.__main__ import build
from autograder.reports import gradescope as report_format
from autograder.verdicts import FAILED, INFRASTRUCTURE, PASSED, Report, Verdict

METADATA = {"id": 1, "users": [{"email": "ada@example.org", "id": 2, "name": "Ada"}]}
ALLOWED = {
    "score", "execution_time", "output", "output_format", "test_output_format", "visibility",
    "stdout_visibility", "tests", "leaderboard", "extra_data",
}  # fmt: skip
ALLOWED_TEST = {
    "score", "max_score", "status", "name", "number", "output", "output_format", "tags",
    "visibility",
}  # fmt: skip


def assert_documented(content: dict) -> None:
    """Holds the content against the documented format of results.json."""
    assert set(content) <= ALLOWED
    assert isinstance(content["output"], str)
    # Each test has a score, or the whole has one; the time is in whole seconds.
    assert isinstance(content["score"], (int, float)) and content["score"] >= 0
    assert content["score"] == pytest.approx(sum(test["score"] for test in content["tests"]))
    assert isinstance(content["execution_time"], int)
    for place in ("visibility", "stdout_visibility"):
        assert content[place] in ("visible", "hidden", "after_due_date", "after_published")
    for entry in (content, *content["tests"]):
        assert (
            entry["output_format"] == "text"
        )  # of the documented forms, the one that runs nothing
    for test in content["tests"]:
        assert set(test) <= ALLOWED_TEST
        assert test["status"] in ("passed", "failed") and test["visibility"] == "visible"
        assert isinstance(test["score"], (int, float)) and 0 <= test["score"] <= test["max_score"]
        assert isinstance(test["name"], str) and isinstance(test["number"], str)
        assert isinstance(test["tags"], list)
    for entry in content.get("leaderboard", []):
        assert set(entry) == {"name", "value", "order"} and entry["order"] in ("asc", "desc")
        assert isinstance(entry["value"], float)
    json.dumps(content, allow_nan=False)


def report_of(*statuses: str, printed: str = "") -> Report:
    checks = [c for c in load().values() if c.exercise == "masking.causal"]
    verdicts = [
        Verdict(c, s, "words", printed=printed) for c, s in zip(checks, statuses, strict=False)
    ]
    whole = isolation.Isolation({0: "processes"}, {}, (), isolation.Plan())
    return Report(tuple(points.distribute(verdicts, load())), whole, ("a note",))


def test_results_have_the_documented_form_and_count_each_exercise_once():
    entry = report_format.Entry("Loss", 1.5, "asc")
    content = report_format.results(
        report_of(PASSED, FAILED), pending=["masking.padding"], seconds=3.2, leaderboard=[entry]
    )
    assert_documented(content)
    causal, padding = content["tests"]
    assert causal["name"].startswith("masking.causal") and causal["score"] == 0
    assert "failed: " in causal["output"] and "docs/part5" in causal["output"]
    assert padding["output"] == "not graded yet"
    assert "a note" in content["output"]


def test_the_graders_own_failure_is_said_first():
    content = report_format.results(report_of(PASSED, INFRASTRUCTURE))
    assert content["output"].startswith("The grader itself failed in 1 checks")
    assert content["extra_data"]["infrastructure"] == 1


def test_points_of_the_results_add_up():
    whole = report_of(PASSED, PASSED, PASSED, PASSED)
    content = report_format.results(whole)
    assert content["score"] == syllabus.EXERCISES["masking.causal"].points
    assert content["tests"][0]["status"] == "passed"


def test_the_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "results" / "results.json"
    for score in (1, 2):
        report_format.write(path, {"score": score})
    assert json.loads(path.read_text()) == {"score": 2}
    assert [p.name for p in path.parent.iterdir()] == ["results.json"]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("zip") / "grader.zip"
    build(path, leaderboard=True, seconds=500)
    return path


def test_the_zip_holds_scripts_at_its_root_and_no_almost_solutions(built):
    with zipfile.ZipFile(built) as archive:
        names = set(archive.namelist())
        for script in ("setup.sh", "run_autograder"):
            assert archive.getinfo(script).external_attr >> 16 & 0o111
            assert archive.read(script).startswith(b"#!/usr/bin/env bash\n")
    assert {"kit/requirements.txt", "kit/stencil/assignment/train.py"} <= names
    assert "kit/private/held_out.txt" in names and "kit/private/settings.json" in names
    assert not [n for n in names if n.startswith(("kit/autograder/misconceptions/", "kit/tests"))]


def test_the_stories_of_the_leaderboard_are_new_in_every_zip(built, tmp_path):
    build(tmp_path / "again.zip", leaderboard=True)
    texts = [
        zipfile.ZipFile(path).read("kit/private/held_out.txt")
        for path in (built, tmp_path / "again.zip")
    ]
    assert texts[0] != texts[1]
    public = (kit.ROOT / "data" / "stories" / "validation.txt").read_bytes().splitlines()
    assert not set(texts[0].splitlines()) & set(public)


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_the_scripts_are_bash(script):
    path = Path(gradescope.__file__).with_name(script)
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def container(root: Path) -> run.Container:
    for name in ("submission", "results"):
        (root / name).mkdir(parents=True)
    (root / "submission_metadata.json").write_text(json.dumps(METADATA))
    return run.Container(root)


@pytest.fixture
def official() -> None:
    try:
        isolation.require(isolation.OFFICIAL)
    except isolation.IsolationError as error:
        pytest.skip(str(error))


@pytest.fixture
def few(monkeypatch, official) -> dict:
    """Only the checks of two exercises of two parts, and what was written on the way."""
    few = {k: c for k, c in load().items() if c.exercise in ("masking.causal", "training.loss")}
    monkeypatch.setattr(run, "load", lambda: few)
    written: list[dict] = []
    write = report_format.write
    monkeypatch.setattr(
        report_format,
        "write",
        lambda path, content: (written.append(content), write(path, content)),
    )
    return {"settings": {"seconds": 500, "hidden": False, "leaderboard": False}, "written": written}


def test_results_stand_there_from_the_beginning_and_grow_with_every_part(few, tmp_path):
    place = container(tmp_path)
    submission.assemble(kit.ROOT, place.submission / "homework", base=kit.ROOT)
    run.grade(place, few["settings"])
    written = few["written"]
    for content in written:
        assert_documented(content)
    assert written[0]["score"] == 0 and written[0]["output"].startswith("The grader has begun")
    scores = [content["score"] for content in written]
    assert scores == sorted(scores) and len(set(scores)) == 3
    assert len(written) > len(run.load())  # after each check, too
    last = json.loads(place.results.read_text())
    whole = sum(syllabus.EXERCISES[e].points for e in ("masking.causal", "training.loss"))
    assert last == written[-1] and last["score"] == scores[-1] == whole
    assert "leaderboard" not in last  # nobody asked for a ranking
    assert "not graded" not in last["output"] and last["extra_data"]["pending"] == []


def test_a_submission_without_a_package_is_told_what_is_missing(few, tmp_path):
    place = container(tmp_path)
    (place.submission / "essay.txt").write_text("hello")
    run.grade(place, few["settings"])
    content = json.loads(place.results.read_text())
    assert_documented(content)
    assert "Nothing could be graded. The submission holds no assignment/" in content["output"]
    assert str(tmp_path) not in content["output"]


def test_a_failure_of_the_grader_is_no_grade(tmp_path):
    place = container(tmp_path / "autograder")
    environment = {**os.environ, "AUTOGRADER_ROOT": str(place.root)}
    done = subprocess.run(
        [sys.executable, "-m", "autograder.gradescope.run"],
        cwd=kit.ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1  # this checkout has no private/settings.json
    content = json.loads(place.results.read_text())
    assert "score" not in content and "this is not a grade" in content["output"]


@pytest.mark.slow
def test_the_zip_grades_in_a_directory_laid_out_as_the_container_is(built, official, tmp_path):
    place = container(tmp_path)
    shutil.copytree(kit.STENCIL / "assignment", place.submission / "assignment")
    masking = place.submission / "assignment" / "layers" / "masking.py"
    shutil.copy(kit.SOLUTION / "layers" / "masking.py", masking)
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path / "source")
    script = tmp_path / "source" / "run_autograder"
    environment = {
        **os.environ, "AUTOGRADER_ROOT": str(tmp_path), "GRADER_PYTHON": sys.executable
    }  # fmt: skip
    done = subprocess.run(
        ["bash", str(script)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    content = json.loads(place.results.read_text())
    assert_documented(content)
    solved = [e for e in syllabus.EXERCISES.values() if e.file == "layers/masking.py"]
    assert content["score"] == sum(exercise.points for exercise in solved)
    assert len(content["tests"]) == len(syllabus.EXERCISES)
    assert "No leaderboard/ directory" in content["output"]


# The leaderboard.


@pytest.fixture(scope="module")
def trained(tmp_path_factory, stories, story_tokenizer) -> Path:
    """A run directory with a small model that was never trained."""
    import keras
    import tensorflow as tf

    from assignment.config import TransformerConfig
    from assignment.models.building import build_model
    from assignment.training.checkpoints import plain_variables
    from assignment.training.runs import RunDirectory

    keras.utils.set_random_seed(1)
    config = TransformerConfig(story_tokenizer.vocabulary_size, 16, 1, 2, 32, 24)
    model = build_model(config)
    directory = RunDirectory(tmp_path_factory.mktemp("runs") / "leaderboard")
    directory.create("train", config, {"corpus": "stories"}, story_tokenizer)
    checkpoint = tf.train.Checkpoint(model=plain_variables(model))
    tf.train.CheckpointManager(checkpoint, str(directory.checkpoints), 1).save()
    (directory.path / "metrics.jsonl").write_text('{"validation_loss": 0.0001}\n')
    return directory.path


@pytest.fixture(scope="module")
def held_out(tmp_path_factory, stories) -> Path:
    path = tmp_path_factory.mktemp("private") / "held_out.txt"
    path.write_text(stories[-1500:].partition("\n")[2])
    return path


def test_the_leaderboard_computes_the_loss_itself(trained, held_out, story_tokenizer):
    from assignment.training.runs import RunDirectory

    value = leaderboard.measure(trained, held_out)
    text = held_out.read_text()
    tokens = np.array(story_tokenizer.encode(text))
    model, length, total, count = RunDirectory(trained).load_model(), 24, 0.0, 0
    for start in range(0, len(tokens) - length, length):
        window = tokens[start : start + length + 1]
        logits = np.array(model(window[None, :-1]), np.float64)[0]
        chosen = logits[np.arange(length), window[1:]]
        total += (np.log(np.exp(logits).sum(-1)) - chosen).sum()
        count += length
    independent = total / count * len(tokens) / len(text)
    assert value == pytest.approx(independent, rel=0.02)  # its windows overlap, and these do not
    assert value == leaderboard.measure(trained, held_out)


@pytest.fixture
def copied(trained, tmp_path) -> Path:
    shutil.copytree(trained, tmp_path / "leaderboard")
    return tmp_path / "leaderboard"


def damaged(run_directory: Path) -> None:
    for path in (run_directory / "checkpoints").glob("*.index"):
        path.write_bytes(b"garbage")


def forgetful(run_directory: Path) -> None:
    """A tokenizer that drops capitals: less to guess, and another text."""
    import sentencepiece as sentencepiece_module

    model = run_directory / "tokenizer.model"
    text = (kit.ROOT / "data" / "stories" / "validation.txt").read_text()[:20_000]
    sentencepiece_module.SentencePieceTrainer.train(
        sentence_iterator=iter(text.splitlines()),
        model_prefix=str(run_directory / "other"),
        vocab_size=300,
        normalization_rule_name="nmt_nfkc_cf",
        user_defined_symbols=["\n", "<user>", "<assistant>"],
        pad_id=0, unk_id=1, bos_id=2, eos_id=3, minloglevel=2,
    )  # fmt: skip
    (run_directory / "other.model").rename(model)


def linked(run_directory: Path) -> None:
    config = run_directory / "config.json"
    config.rename(run_directory.parent / "config.json")
    config.symlink_to(run_directory.parent / "config.json")


def boasting(run_directory: Path) -> None:
    config = run_directory / "config.json"
    content = json.loads(config.read_text())
    content["model"]["hidden_dim"] = 10**7
    config.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda run_directory: (run_directory / "config.json").unlink(), "holds no config.json"),
        (linked, "holds no config.json"),
        (damaged, "cannot be loaded"),
        (forgetful, "does not give a text back|cannot be loaded"),
        (boasting, "cannot be loaded"),
    ],
)
def test_what_cannot_be_measured_honestly_is_refused(spoil, words, copied, held_out):
    spoil(copied)
    with pytest.raises(leaderboard.LeaderboardError, match=words):
        leaderboard.measure(copied, held_out)


def test_a_measurement_without_end_is_ended(copied, held_out):
    with pytest.raises(leaderboard.LeaderboardError, match=r"more than 0\.2 seconds"):
        leaderboard.measure(copied, held_out, seconds=0.2)


def test_the_run_is_found_at_the_top_or_one_level_down(tmp_path):
    assert leaderboard.find(tmp_path) is None
    (tmp_path / "homework" / "leaderboard").mkdir(parents=True)
    assert leaderboard.find(tmp_path) == tmp_path / "homework" / "leaderboard"
