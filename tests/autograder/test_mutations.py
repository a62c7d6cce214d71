"""What is wrong with a misconception, a variant or a check is said where it is written."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from autograder import calibrate, mutations, proof
from autograder.mutations import Mutation
from autograder.trials import UnsoundError


def test_a_changed_file_that_is_not_python_is_refused_with_the_mutations_name():
    body = "return (\n"
    with pytest.raises(ValueError, match=r"masking\.causal, open_bracket: .*never closed"):
        Mutation("open_bracket", "masking.causal", body=body).files()


def test_an_exercise_that_is_not_in_the_syllabus_is_named(monkeypatch):
    package = ModuleType("mistakes")
    package.__path__ = []
    part = SimpleNamespace(MISCONCEPTIONS=[Mutation("slip", "masking.casual")])
    monkeypatch.setitem(sys.modules, "mistakes.part1", part)
    monkeypatch.setattr(
        mutations.pkgutil, "iter_modules", lambda _: [SimpleNamespace(name="part1")]
    )
    with pytest.raises(ValueError, match=r"slip in autograder/misconceptions/.*'masking\.casual'"):
        mutations.collect(package, "MISCONCEPTIONS")


def test_an_exercise_without_a_check_has_nothing_to_prove(monkeypatch):
    monkeypatch.setattr(proof, "load", dict)
    with pytest.raises(UnsoundError, match=r"masking\.causal has no check yet"):
        proof.prove("masking.causal")


def test_what_was_not_recorded_is_not_calibrated(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        calibrate.main(tmp_path, tmp_path / "tolerances.json", ("masking.causal",))
    assert ended.value.code == 1
    assert "run python -m autograder.record first" in capsys.readouterr().err
    assert not (tmp_path / "tolerances.json").exists()
