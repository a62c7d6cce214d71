import pytest

from autograder import kit, shortcuts, syllabus

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


@pytest.mark.parametrize("exercise", list(syllabus.EXERCISES.values()), ids=lambda e: e.id)
def test_the_solution_takes_no_shortcut(exercise):
    text = (kit.SOLUTION / exercise.file).read_text(encoding="utf-8")
    assert shortcuts.find(text, exercise) == []
