"""The shipped curves are those that the command records."""

import json

import pytest

from assignment.text.registry import find_data_directory
from benchmarks.reference_curves import PIPELINE_SEEDS, SEEDS

CURVES = sorted((find_data_directory() / "reference_curves").glob("*.json"))


@pytest.mark.parametrize("path", CURVES, ids=lambda path: path.stem)
def test_a_curve_has_all_its_seeds(path):
    stage, _, model = path.stem.split("-")[:3]
    expected = SEEDS[model] if stage == "train" else len(PIPELINE_SEEDS)
    curve = json.loads(path.read_text())
    assert len(curve["values"]) == expected
    assert {len(values) for values in curve["values"]} == {len(curve["steps"])}
