"""What could not be measured because an exercise is blank, and what must not be taken for that."""

import pytest
import tensorflow as tf

from assignment.reporting.measured import Measured


def blank(x):
    raise NotImplementedError("sampling.top_k: keep the k largest logits")


def test_a_blank_in_compiled_code_is_named_as_well():
    measured = Measured({})
    for function in (blank, tf.function(blank)):
        with measured.as_far_as_possible():
            function(tf.constant(1.0))
    assert measured.blanks == ["sampling.top_k", "sampling.top_k"]


def test_what_a_library_has_not_implemented_is_no_blank():
    measured = Measured({})
    with pytest.raises(NotImplementedError, match="device"), measured.as_far_as_possible():
        raise NotImplementedError("no such device")
