"""The library symbols that would do an exercise's work, by exercise: to be written, not called.

Beside the public ones stand private functions that have code of their own; those that only pass on
to a public one need no mention.
"""

_OLD_KERAS = "tensorflow.python.keras"  # a copy of Keras 2 that TensorFlow brings with it
_CELLS = ("SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells")
_RECURRENT = (
    *(f"keras.layers.{name}" for name in ("RNN", "SimpleRNN", "LSTM", "GRU", *_CELLS)),
    "keras.layers.Bidirectional",
    *(f"{_OLD_KERAS}.layers.recurrent.{name}" for name in ("RNN", "GRU", "LSTM", *_CELLS)),
    *(
        f"{_OLD_KERAS}.layers.legacy_rnn.rnn_cell_impl.{name}"
        for name in ("BasicRNNCell", "BasicLSTMCell", "LSTMCell", "GRUCell", "MultiRNNCell")
    ),
    *(f"{module}.backend.rnn" for module in (_OLD_KERAS, "keras.src.legacy")),
    *(
        f"tensorflow.python.ops.rnn.{name}"
        for name in ("dynamic_rnn", "bidirectional_dynamic_rnn", "raw_rnn", "static_rnn")
    ),
    f"{_OLD_KERAS}.layers.convolutional_recurrent.ConvLSTM2DCell",
    *(f"keras.src.backend.tensorflow.{name}" for name in ("rnn", "lstm", "gru")),
    *(f"tensorflow.raw_ops.{name}" for name in ("LSTMBlockCell", "BlockLSTM", "BlockLSTMV2")),
    "tensorflow.raw_ops.GRUBlockCell",
    *(f"keras.src.layers.rnn.conv_lstm.{name}" for name in ("ConvLSTM", "ConvLSTMCell")),
)
_ATTENTION = (
    "keras.layers.Attention",
    "keras.layers.AdditiveAttention",
    "keras.layers.MultiHeadAttention",
    "keras.layers.GroupQueryAttention",
    "keras.ops.dot_product_attention",
    "keras.ops.nn.dot_product_attention",
    "keras.src.backend.tensorflow.nn.dot_product_attention",
    "keras.src.backend.tensorflow.nn._dot_product_attention_xla",
    *(
        f"{_OLD_KERAS}.layers.dense_attention.{name}"
        for name in ("BaseDenseAttention", "Attention", "AdditiveAttention")
    ),
)
_GELU = (
    "keras.activations.gelu",
    "keras.ops.gelu",
    "keras.ops.nn.gelu",
    "tensorflow.nn.gelu",
)
_NORMALIZATION = (
    "keras.layers.LayerNormalization",
    "keras.layers.BatchNormalization",
    "keras.layers.GroupNormalization",
    "keras.layers.RMSNormalization",
    "keras.layers.UnitNormalization",
    "keras.ops.layer_normalization",
    "keras.ops.rms_normalization",
    "keras.ops.batch_normalization",
    "keras.src.ops.nn._layer_normalization",
    "keras.src.ops.nn._rms_normalization",
    "keras.src.backend.tensorflow.nn.batch_normalization",
    "tensorflow.nn.batch_normalization",
    "tensorflow.compat.v1.nn.fused_batch_norm",
    *(f"tensorflow.raw_ops.FusedBatchNorm{version}" for version in ("", "V2", "V3")),
    "tensorflow.raw_ops.BatchNormWithGlobalNormalization",
)
_OPTIMIZERS = (
    *(f"keras.optimizers.{name}" for name in ("Adam", "AdamW", "Adamax", "Nadam", "Adafactor")),
    *(f"keras.optimizers.{name}" for name in ("Lamb", "Lion", "SGD", "RMSprop", "Muon")),
    "keras.optimizers.ScheduleFreeAdamW",
    *(
        f"{_OLD_KERAS}.optimizer_v2.{name}"
        for name in ("adam.Adam", "adam.NonFusedAdam", "gradient_descent.SGD")
    ),
    "tensorflow.compat.v1.train.AdamOptimizer",
    "tensorflow.raw_ops.ResourceApplyAdam",
    "tensorflow.raw_ops.ResourceApplyAdamWithAmsgrad",
)
_DECAYS = ("CosineDecay", "CosineDecayRestarts", "PolynomialDecay")
_OLD_DECAYS = (*_DECAYS, "LinearCosineDecay", "NoisyLinearCosineDecay")
_SCHEDULES = (
    *(f"keras.optimizers.schedules.{name}" for name in _DECAYS),
    *(f"{_OLD_KERAS}.optimizer_v2.learning_rate_schedule.{name}" for name in _OLD_DECAYS),
)

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "text.windows": (
        "tensorflow.keras.utils.timeseries_dataset_from_array",
        "keras.utils.timeseries_dataset_from_array",
        "tensorflow.signal.frame",
    ),
    "recurrent.rnn_cell": _RECURRENT,
    "recurrent.lstm_cell": _RECURRENT,
    "recurrent.unroll": _RECURRENT,
    "recurrent.bahdanau": _ATTENTION,
    "training.schedule": _SCHEDULES,
    "training.adamw": _OPTIMIZERS,
    "training.clip": (
        "tensorflow.clip_by_global_norm",
        "keras.src.optimizers.base_optimizer.clip_by_global_norm",
    ),
    "attention.scaled_dot_product": _ATTENTION,
    "attention.multi_head": _ATTENTION,
    "normalization.layer_norm": _NORMALIZATION,
    "feed_forward.gelu": _GELU,
    "blocks.decoder": (*_ATTENTION, *_NORMALIZATION),
    "models.transformer_lm": (*_ATTENTION, *_NORMALIZATION),
    "sft.lora": ("keras.layers.Dense.enable_lora", "keras.layers.EinsumDense.enable_lora"),
}
# Whole packages that hold models, samplers and layers of the course.
FORBIDDEN_PACKAGES = ("keras_nlp", "keras_hub", "transformers", "torch", "jax", "flax")
# The same functions for other libraries than TensorFlow; nothing here imports them.
FORBIDDEN_MODULES = tuple(f"keras.src.backend.{name}" for name in ("numpy", "jax", "torch"))
# The grader computes masks and more for its checks. It must load in a worker, so that only the
# source is searched for it.
FORBIDDEN_IN_SOURCE = ("autograder",)
# The tokenizer's layer for tf.data is given code.
PACKAGES_ALLOWED_IN = ("text/tokenizer.py",)

# Keras finds these by name: Dense(activation="gelu").
FORBIDDEN_ACTIVATIONS = {"feed_forward.gelu": ("gelu",)}
