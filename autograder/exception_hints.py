"""What an exception of Python, TensorFlow or NumPy usually means in a student's code."""

import re

# A pattern of "type: message", and the hint; the first that matches counts. The messages are the
# libraries' own, so they are matched by the words that least depend on the version.
_HINTS = [
    (
        r"^TypeError: .*NoneType|Attempt to convert a value \(None\)|`target` .* received None",
        "A function returned None: does it end with a return statement?",
    ),
    (
        r"^ModuleNotFoundError: No module named",
        "Only the packages of requirements.txt are there, and of a submission only the files that "
        "hold exercises: a helper of your own belongs into one of them.",
    ),
    (
        r"^RecursionError: ",
        "A function calls itself without end.",
    ),
    (
        r"Incompatible shapes|Matrix size-incompatible|operands could not be broadcast"
        r"|must be broadcastable|Dimensions must be equal|in both shapes must be equal",
        "Print the shapes of both operands, and compare them with the docstring.",
    ),
    (
        r"cannot compute .* expected to be a|must have the same dtype",
        "Two tensors of different dtypes meet: convert one with tf.cast.",
    ),
    (
        r"of bool is not in the list of allowed|Tensor of dtype bool|Expected bool, but got",
        "Booleans such as a mask's cannot be added, averaged or taken from 1: tf.cast(mask, "
        "tf.float32) makes numbers of them, and ~mask is the opposite mask.",
    ),
    (
        r"of u?int\d+ is not in the list of allowed",
        "This function takes real numbers and got integers: tf.cast(…, tf.float32) before it.",
    ),
    (
        r"too many values to unpack|not enough values to unpack",
        "A function returns more or fewer things than are taken from it: the docstring says how "
        "many, and in which order.",
    ),
    (
        r"Cannot convert the argument `type_value`"
        r"|'(?:float|int)' object has no attribute '(?:dtype|_id)'",
        "A Python number was returned or taken: keep the tensor, so that gradients can flow.",
    ),
    (
        r"has no attribute '_unique_id'",
        "An optimizer takes pairs (gradient, variable), in this order.",
    ),
    (
        r"Input to reshape is a tensor with",
        "A reshape must keep the number of entries: multiply out both shapes.",
    ),
    (
        r"Need minval < maxval",
        "There is no number between the bounds. The upper one is excluded: is it too small?",
    ),
    (
        r"No gradients provided for any variable",
        "No gradient reaches a weight: is the loss computed inside `with tf.GradientTape()`, from "
        "tensors that were never turned into NumPy arrays?",
    ),
    (
        r"does not support item assignment",
        "Tensors cannot be written into: use tf.where, tf.tensor_scatter_nd_update or tf.concat.",
    ),
    (
        r"SymbolicTensor' object has no attribute 'numpy'"
        r"|Cannot convert a symbolic tf\.Tensor .* to a numpy array",
        "This runs inside a compiled function, whose tensors hold no values yet: use TensorFlow's "
        "operations instead of NumPy's.",
    ),
    (
        r"argument must be .*'SymbolicTensor'|'SymbolicTensor' object cannot",
        "This runs inside a compiled function, whose tensors hold no values yet, so int(), float() "
        "and range() of one fail: use tf.cast and tf.range, or a static size such as x.shape[-1].",
    ),
    (
        r"symbolic `tf\.Tensor` as a Python `bool`|Iterating over a symbolic `tf\.Tensor`",
        "This runs inside a compiled function, whose tensors hold no values yet: use tf.where or "
        "tf.cond in place of `if`, and operations on whole tensors in place of `for`.",
    ),
    (
        r"the (main|else) branch\b|main and else branches",
        "In a compiled function both branches of an `if` must leave the same variables behind, of "
        "the same kind: use tf.where or tf.minimum, or give them a tensor's value before it.",
    ),
    (
        r"^AttributeError: .*Tensor' object has no attribute '"
        r"(view|size|dim|unsqueeze|squeeze|transpose|permute|T|sum|mean|masked_fill|item|softmax)'",
        "That is a method of PyTorch's or NumPy's arrays: TensorFlow has a function for it.",
    ),
]


def hint_for_exception(type_name: str, message: str) -> str:
    """What an exception usually means here, or an empty text."""
    text = f"{type_name}: {message}"
    return next((hint for pattern, hint in _HINTS if re.search(pattern, text, re.DOTALL)), "")
