import json
import subprocess
import sys

import pytest

# Two logical devices have to be made before TensorFlow starts, so in a process of their own.
SCRIPT = """
import json
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

import keras
from assignment.config import TransformerConfig
from assignment.layers.dropout import Dropout
from assignment.training.distribution import compile_step, is_chief
from assignment.training.losses import next_token_loss
from assignment.training.optimizers import AdamW, WarmupCosine
from assignment.models.building import build_model

TOKENS = np.random.default_rng(0).integers(0, 11, (5, 4, 7)).astype(np.int32)

def prepare(strategy):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = build_model(TransformerConfig(11, 6, 1, 2, 8, 8))
        optimizer = AdamW(WarmupCosine(0.05, 2, 9), weight_decay=0.1)
        optimizer.build(model.trainable_variables)
    return model, compile_step(model, optimizer, next_token_loss, 0.5, strategy)

def train(strategy):
    model, step = prepare(strategy)
    metrics = [step(tf.constant(t[:, :-1]), tf.constant(t[:, 1:])) for t in TOKENS]
    return {
        "loss": [float(m["loss"]) for m in metrics],
        "norm": [float(m["gradient_norm"]) for m in metrics],
        # Softmax does not see the keys' bias: its gradient is rounding noise, which Adam scales up.
        "weights": [
            float(x)
            for v in model.trainable_variables
            if "key_dense/bias" not in v.path
            for x in np.ravel(v)
        ],
    }

mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
result = {
    "replicas": mirrored.num_replicas_in_sync,
    "chief": is_chief(mirrored),
    "single": train(tf.distribute.get_strategy()),
    "mirrored": train(mirrored),
}

with mirrored.scope():
    dropout = Dropout(0.5, seed=1)
    dropout.build((None,))
draw = tf.function(lambda: mirrored.run(lambda: dropout(tf.ones([50]), training=True)))
result["dropout"] = [
    [mask.numpy().tolist() for mask in mirrored.experimental_local_results(draw())]
    for _ in range(2)
]

try:
    prepare(mirrored)[1](tf.zeros([3, 6], tf.int32), tf.zeros([3, 6], tf.int32))
except ValueError as error:
    result["uneven"] = str(error)
print("RESULT" + json.dumps(result))
"""


@pytest.fixture(scope="module")
def result():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.split("RESULT")[1])


def test_two_replicas_train_as_one_device_does(result):
    assert result["replicas"] == 2
    for name in ("loss", "norm", "weights"):
        assert result["mirrored"][name] == pytest.approx(result["single"][name], abs=1e-5)
    assert max(result["single"]["norm"]) > 0.5  # some gradients were clipped


def test_every_replica_drops_units_of_its_own(result):
    masks = [tuple(mask) for call in result["dropout"] for mask in call]
    assert len(masks) == 4
    assert len(set(masks)) == 4


def test_a_batch_that_cannot_be_shared_is_refused(result):
    assert "A batch of 3 rows cannot be shared by 2 replicas" in result["uneven"]
    assert "--batch-size" in result["uneven"]


def test_a_single_machine_writes_its_run_directory(result):
    assert result["chief"]
