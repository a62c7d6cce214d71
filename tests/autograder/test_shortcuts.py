import pytest

from autograder import kit, shortcuts, submission, syllabus
from autograder.checks import load
from autograder.forbidden import FORBIDDEN
from autograder.processes import Job

RNN = syllabus.find("recurrent.rnn_cell")


@pytest.mark.parametrize(
    "text",
    [
        "import keras\nkeras.layers.LSTM(3)",
        "import keras as k\nk.layers.LSTM(3)",
        "from keras import layers\nlayers.LSTM(3)",
        "from keras.layers import LSTM as L\nL(3)",
        "import tensorflow as tf\ntf.keras.layers.LSTM(3)",
        "from tensorflow import keras\nkeras.layers.LSTM",
        "from tensorflow.keras.layers import LSTM",
        "import keras\ngetattr(keras.layers, 'LSTM')(3)",
        "import keras\nlayers = keras.layers\nlayers.LSTM(3)",
        "import importlib\nimportlib.import_module('keras_nlp')",
        "__import__('keras_hub')",
        "import keras_nlp.layers as n",
        "from keras_hub.layers import TransformerDecoder",
        "import importlib\nm = importlib.import_module('keras')\nm.layers.LSTM(3)",
        "from autograder.checks.tools import causal",
        "import autograder.checks as c",
    ],
)
def test_the_ways_to_a_library_layer_are_found(text):
    findings = shortcuts.find(text, RNN)
    assert findings and findings[-1].line >= 1


@pytest.mark.parametrize(
    "text",
    [
        "import keras\nkeras.layers.Dense(3)\nkeras.layers.Layer",
        "# keras.layers.LSTM\nname = 'keras.layers.LSTM'",
        "class LSTM: pass\nLSTM()",
        "import tensorflow as tf\ntf.nn.softmax(1)\ntf.keras.activations.tanh(2)",
        "def broken(:",
    ],
)
def test_what_is_allowed_is_not_found(text):
    assert shortcuts.find(text, RNN) == []


def test_a_use_within_another_exercise_of_the_file_is_left_to_that_one():
    text = "import tensorflow as tf\n\n\ndef warmup_cosine():\n    tf.clip_by_global_norm(1, 2)\n"
    assert shortcuts.find(text, syllabus.find("training.clip")) == []
    text = text.replace("warmup_cosine", "clip_by_global_norm")
    assert [f.line for f in shortcuts.find(text, syllabus.find("training.clip"))] == [5, 5][:1]


@pytest.mark.parametrize("call", ['Dense(3, activation="gelu")', 'Activation("gelu")'])
def test_gelu_by_name_is_found(call):
    text = f"import keras\nkeras.layers.{call}\n"
    assert shortcuts.find(text, syllabus.find("feed_forward.gelu"))


def test_ones_own_gelu_in_a_table_is_allowed():
    text = 'def gelu(x):\n    return x\n\n\n{"gelu": gelu}.get("gelu")(1.0)\n'
    assert shortcuts.find(text, syllabus.find("feed_forward.gelu")) == []


@pytest.mark.parametrize("symbols", FORBIDDEN.values(), ids=FORBIDDEN)
def test_every_forbidden_symbol_exists_and_can_be_closed(symbols):
    for symbol in symbols:
        target = shortcuts._resolve(symbol)
        assert target is not None, symbol
        assert isinstance(target, type) or list(shortcuts._functions(target)), symbol


# The exercise, and a way to the library's version of it that no reader of its source would see.
HIDDEN_WAYS = {
    "a module loaded again": (
        "recurrent.lstm_cell",
        "importlib.reload(sys.modules['keras.src.layers.rnn.lstm']).LSTMCell(3)",
    ),
    "a module's file run": (
        "recurrent.lstm_cell",
        "runpy.run_path(sys.modules['keras.src.layers.rnn.lstm'].__file__)['LSTMCell'](3)",
    ),
    "a method without its class": (
        "recurrent.rnn_cell",
        "k.layers.SimpleRNNCell.call(types.SimpleNamespace(), tf.ones((1, 2)), [])",
    ),
    "the loop of the backend": (
        "recurrent.unroll",
        "k.src.backend.rnn(lambda x, s: (x, s), tf.ones((1, 2, 3)), [tf.ones((1, 3))])",
    ),
    "a copy of an older Keras": (
        "attention.scaled_dot_product",
        "sys.modules['tensorflow.python.keras.layers.dense_attention'].Attention()",
    ),
    "the backend's function": (
        "attention.multi_head",
        "k.src.backend.nn.dot_product_attention(*[tf.ones((1, 2, 1, 3))] * 3)",
    ),
    "another backend": (
        "attention.multi_head",
        "importlib.import_module('keras.src.backend.numpy.nn')",
    ),
    "a private function": (
        "normalization.layer_norm",
        "k.src.ops.nn._layer_normalization(tf.ones((2, 3)))",
    ),
    "a registry": (
        "feed_forward.gelu",
        "sys.modules['keras.src.api_export'].get_symbol_from_name('keras.activations.gelu')(1.0)",
    ),
    "a set of functions": (
        "feed_forward.gelu",
        "[f for f in k.src.activations.ALL_OBJECTS if f.__name__ == 'gelu'][0](1.0)",
    ),
    "what a decorator wrapped": (
        "training.clip",
        "getattr(tf, 'clip_by_' + 'global_norm').__wrapped__([tf.ones(3)], 1.0)",
    ),
    "a constructor of the parent": (
        "training.adamw",
        "k.optimizers.AdamW.update_step(k.optimizers.Optimizer(0.1), 1, 2, 3)",
    ),
    "the original of a raw operation": (
        "training.adamw",
        "sys.modules['tensorflow.python.ops.gen_training_ops'].resource_apply_adam(*range(10))",
    ),
    "an operation run at once": (
        "normalization.layer_norm",
        "getattr(sys.modules['tensorflow.python.ops.gen_nn_ops'],"
        " 'fused_batch_norm_v3_eager_fallback')(*range(6))",
    ),
    "a package": ("decoding.generate", "__import__('keras_' + 'hub')"),
    "a package, imported in pure Python": (
        "decoding.generate",
        "importlib.__import__('keras_' + 'hub')",
    ),
    "the loop of an older Keras": (
        "recurrent.unroll",
        "sys.modules['tensorflow.python.keras.backend'].rnn(*range(3))",
    ),
    "what XLA would run": (
        "attention.scaled_dot_product",
        "k.src.backend.tensorflow.nn._dot_product_attention_xla(*range(7))",
    ),
    "a schedule of TensorFlow 1": (
        "training.schedule",
        "getattr(tf.compat.v1.train, 'linear_' + 'cosine_decay')(0.1, 2, 3)()",
    ),
    "another form of Adam": (
        "training.adamw",
        "sys.modules['tensorflow.python.ops.gen_training_ops']"
        ".resource_apply_adam_with_amsgrad(*range(11))",
    ),
}


@pytest.mark.parametrize("way", HIDDEN_WAYS)
def test_a_hidden_way_is_closed(way, runner, new_directory):
    exercise, code = HIDDEN_WAYS[way]
    file = syllabus.find(exercise).file
    text = (
        (kit.SOLUTION / file).read_text(encoding="utf-8")
        + f"""
import importlib, runpy, sys, types
k, tf = sys.modules["keras"], sys.modules["tensorflow"]
{code}
"""
    )
    assert shortcuts.find(text, syllabus.find(exercise)) == []
    directory = new_directory()
    submission.assemble(kit.ROOT, directory, {file: text}, base=kit.ROOT)
    check = next(check for check in load().values() if check.exercise == exercise)
    error = runner.run_one(Job(check, directory)).error
    assert "does the work of this exercise" in error.message, error


@pytest.mark.parametrize("exercise", list(syllabus.EXERCISES.values()), ids=lambda e: e.id)
def test_the_solution_takes_no_shortcut(exercise):
    text = (kit.SOLUTION / exercise.file).read_text(encoding="utf-8")
    assert shortcuts.find(text, exercise) == []
