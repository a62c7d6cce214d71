"""What is wrong with a misconception, a variant or a check is said where it is written."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from autograder import calibrate, misconceptions, mutations, proof, record, trials
from autograder.calibrate import Measurement, choose
from autograder.checks import load
from autograder.mutations import Mutation
from autograder.processes import Outcome
from autograder.trials import UnsoundError, identity
from autograder.wire import RemoteError


def test_a_changed_file_that_is_not_python_is_refused_with_the_mutations_name():
    body = "return (\n"
    with pytest.raises(ValueError, match=r"masking\.causal, open_bracket: .*never closed"):
        Mutation("open_bracket", "masking.causal", body=body).files()


@pytest.mark.parametrize(
    "entries, message",
    [
        (
            [Mutation("slip", "masking.casual")],
            r"slip in autograder/misconceptions/.*'masking\.casual'",
        ),
        (
            [Mutation("slip", "masking.causal"), Mutation("slip", "masking.causal")],
            r"two entries of autograder/misconceptions/ for masking\.causal are called 'slip'",
        ),
    ],
    ids=["unknown exercise", "one name twice"],
)
def test_entries_that_cannot_be_kept_apart_are_named(monkeypatch, entries, message):
    package = ModuleType("mistakes")
    package.__path__ = []
    part = SimpleNamespace(MISCONCEPTIONS=entries)
    monkeypatch.setitem(sys.modules, "mistakes.part1", part)
    monkeypatch.setattr(
        mutations.pkgutil, "iter_modules", lambda _: [SimpleNamespace(name="part1")]
    )
    with pytest.raises(ValueError, match=message):
        mutations.collect(package, "MISCONCEPTIONS")


def test_one_name_in_different_exercises_is_no_clash():
    assert len({m.id for m in misconceptions.load()}) < len(misconceptions.load())


def test_a_right_answer_that_strays_does_not_open_the_tolerance():
    wrong_variant = Measurement(25.0, "normalization.layer_norm/scaled", np.inf, "")
    with pytest.raises(ValueError, match=r"layer_norm/scaled.*strays .* by 25 times.*is it right"):
        choose(wrong_variant)


def test_a_misconception_too_near_to_the_noise_is_named():
    with pytest.raises(ValueError, match=r"separates xla .* from half_eps"):
        choose(Measurement(0.2, "xla", 0.25, "half_eps"))
    assert choose(Measurement(0.01, "xla", 0.5, "half_eps")) == 0.1


def test_a_check_that_gives_other_arrays_each_time_is_not_recorded(monkeypatch):
    check = load()["masking.causal/square"]
    runs = iter([0.0, 1.0])
    monkeypatch.setattr(
        trials,
        "run_mutations",
        lambda *_, **__: {("", check.key): Outcome(arrays={"mask": np.full(3, next(runs))})},
    )
    with pytest.raises(UnsoundError, match="square: its arrays are others when it runs again"):
        trials.run_solution(None, [check], seed=0)


def test_mistakes_that_no_check_tells_apart_are_named():
    checks = [load()["masking.causal/square"]]
    one, same, other, raises = (Mutation(name, "masking.causal") for name in "abcd")
    outcomes = {
        (identity(mutation), checks[0].key): outcome
        for mutation, outcome in {
            one: Outcome(arrays={"mask": np.ones(3)}),
            same: Outcome(arrays={"mask": np.ones(3)}),
            other: Outcome(arrays={"mask": np.zeros(3)}),
            raises: Outcome(error=RemoteError("ValueError", "no")),
        }.items()
    }
    assert proof.compute_the_same(one, same, checks, outcomes, {})
    assert proof.compute_the_same(raises, raises, checks, outcomes, {})
    assert not proof.compute_the_same(one, other, checks, outcomes, {})
    assert not proof.compute_the_same(one, raises, checks, outcomes, {})


def test_nothing_is_recorded_of_an_exercise_without_a_check(monkeypatch, tmp_path):
    monkeypatch.setattr(trials, "load", dict)
    with pytest.raises(UnsoundError, match=r"masking\.causal has no check yet"):
        record.record(tmp_path / "new", 0, ["masking.causal"])
    assert not (tmp_path / "new").exists()


def test_an_exercise_without_a_check_has_nothing_to_prove(monkeypatch):
    monkeypatch.setattr(trials, "load", dict)
    with pytest.raises(UnsoundError, match=r"masking\.causal has no check yet"):
        proof.prove("masking.causal")


def test_what_was_not_recorded_is_not_calibrated(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        calibrate.main(tmp_path, tmp_path / "tolerances.json", ("masking.causal",))
    assert ended.value.code == 2
    assert "run python -m autograder.record first" in capsys.readouterr().err
    assert not (tmp_path / "tolerances.json").exists()
