"""The checks are proved by wrong versions that fail and by other right ones that pass."""

import json
from collections import defaultdict

import pytest

from autograder import judge, kit, misconceptions, mutations, submission, variants
from autograder.checks import load
from autograder.processes import Runner
from autograder.record import answered_by_the_public
from autograder.recordings import Recording, save
from autograder.trials import catching_checks, identity, run_mutations
from autograder.verdicts import PASSED

MUTATIONS = [*misconceptions.load(), *variants.load()]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.exercise}-{m.id}")
def test_every_edit_applies_exactly_once_and_gives_python(mutation):
    assert mutation.files()


# Hidden inputs come from other seeds: what is right on the public ones must be right there too, and
# what was recorded for the public ones must not.
@pytest.mark.parametrize(
    "seed",
    [pytest.param(1, marks=pytest.mark.slow)]
    + [pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (0, 2, 3, 4, 5)],
)
def test_every_variant_passes_every_check(seed):
    checks = list(load().values())
    with Runner() as runner:
        solution = run_mutations(runner, checks, [None], seed)
        outcomes = run_mutations(runner, checks, variants.load(), seed)
    assert catching_checks(checks, solution, variants.load(), outcomes) == {}
    if seed != Recording(kit.OUTPUTS).seed:
        assert answered_by_the_public(checks, solution) == set()


# A table that NumPy makes needs a length that is known while tracing, and this embedding asks for
# one that is not: each is right, with another of the other exercise.
APART = {"positional.sinusoidal/numpy", "models.transformer_lm/everything_in_place"}


@pytest.mark.parametrize(
    "number",
    [pytest.param(0, marks=pytest.mark.slow)]
    + [pytest.param(number, marks=pytest.mark.exhaustive) for number in range(1, 6)],
)
def test_variants_of_all_exercises_work_together(number, tmp_path):
    by_exercise = defaultdict(list)
    for variant in variants.load():
        by_exercise[variant.exercise].append(variant)
    chosen = [group[number % len(group)] for group in by_exercise.values()]
    if {identity(variant) for variant in chosen} >= APART:
        chosen = [variant for variant in chosen if identity(variant) not in APART]
    submission.assemble(kit.ROOT, tmp_path, mutations.together(chosen), base=kit.ROOT)
    report = judge.grade(tmp_path)
    assert [f"{v.check.key}: {v.message}" for v in report.verdicts if v.status != PASSED] == []


def test_every_misconception_is_recorded_with_the_checks_that_catch_it():
    recorded = Recording(kit.OUTPUTS).misconceptions()
    as_recorded = {(m.exercise, m.id, m.hint) for m in recorded}
    as_written = {(m.exercise, m.id, " ".join(m.hint.split())) for m in misconceptions.load()}
    stale = sorted({exercise for exercise, *_ in as_recorded ^ as_written})
    assert not stale, f"python -m autograder.record --exercises {' '.join(stale)}"
    assert all(m.caught_by for m in recorded)


def test_every_check_is_recorded():
    recording = Recording(kit.OUTPUTS)
    assert [c.key for c in load().values() if not recording.expected(c)] == []


def test_recorded_files_are_small():
    sizes = [path.stat().st_size for path in kit.OUTPUTS.rglob("*") if path.is_file()]
    assert sum(sizes) < 2 * 2**20


@pytest.mark.parametrize("suffix", ["npz", "npz.gz"])
def test_a_recorded_file_depends_on_its_arrays_alone(tmp_path, suffix):
    arrays = Recording(kit.OUTPUTS).expected(load()["attention.scaled_dot_product/masked"])
    first, second = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    save(first, arrays)
    save(second, dict(reversed(arrays.items())))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("key", list(load()))
def test_the_tolerance_stands_between_the_noise_and_the_nearest_misconception(key):
    entry = json.loads(kit.TOLERANCES.read_text(encoding="utf-8")).get(key)
    assert entry, f"python -m autograder.calibrate --exercises {key.split('/')[0]}"
    assert entry["noise"] < 0.5
    assert entry["nearest"] is None or entry["nearest"] > 2
