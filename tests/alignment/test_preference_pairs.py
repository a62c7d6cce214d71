import numpy as np
import pytest

from assignment.alignment.preference_pairs import BATCH_SIZE, PreferencePairs, SequenceScorer
from assignment.config import TransformerConfig
from assignment.models.building import build_model
from assignment.text.records import Preference

RECORDS = [
    Preference(prompt, chosen, rejected)
    for prompt, chosen, rejected in (("ab", "c", "de"), ("b", "ddd", "a"), ("c", "ea", "bb"))
]


@pytest.fixture
def pairs(story_tokenizer):
    return lambda mismatched: PreferencePairs(RECORDS, story_tokenizer, 12, mismatched)


@pytest.fixture(scope="module")
def scorer():
    return SequenceScorer(build_model(TransformerConfig(400, 8, 1, 2, 16, 12)))


@pytest.mark.parametrize("mismatched", [False, True])
def test_only_the_pairs_that_are_seen_are_scored(pairs, scorer, mismatched):
    whole, some, scored = pairs(mismatched), pairs(mismatched), []

    def counting(packed):
        scored.append(len(packed.inputs))
        return scorer(packed)

    whole.add_reference(scorer)
    some.add_reference(counting, seen=np.array([0, 2]))
    blocks = 2 + mismatched
    assert whole.ref_log_probs.shape == (blocks, 3)
    assert scored == [2 * blocks]
    np.testing.assert_allclose(
        some.ref_log_probs[:, [0, 2]], whole.ref_log_probs[:, [0, 2]], rtol=1e-5
    )
    assert np.isnan(some.ref_log_probs[:, 1]).all()
    *_, log_probs = some.batch(np.array([2, 0]))
    np.testing.assert_allclose(log_probs, whole.ref_log_probs[:, [2, 0]].T, rtol=1e-5)


def test_what_was_computed_is_read_when_a_run_goes_on(pairs, scorer, tmp_path):
    path = tmp_path / "reference.npy"
    first, second = pairs(False), pairs(False)
    first.add_reference(scorer, seen=np.array([1]), path=path)
    second.add_reference(None, seen=np.array([1]), path=path)
    np.testing.assert_array_equal(first.ref_log_probs, second.ref_log_probs)
    assert list(tmp_path.iterdir()) == [path]


def test_a_score_does_not_depend_on_the_batches(pairs, scorer):
    packed = pairs(True).packed
    many = packed.rows(np.resize(np.arange(len(packed.inputs)), BATCH_SIZE + 7))
    scores = scorer(many)
    assert scores.shape == (BATCH_SIZE + 7,)
    np.testing.assert_allclose(scores[: len(packed.inputs)], scorer(packed), rtol=1e-5)
