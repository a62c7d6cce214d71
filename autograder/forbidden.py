"""The library symbols that would do an exercise's work, by exercise: to be written, not called."""

_RECURRENT = tuple(
    f"keras.layers.{name}"
    for name in (
        *("RNN", "SimpleRNN", "SimpleRNNCell", "LSTM", "LSTMCell", "GRU", "GRUCell"),
        *("StackedRNNCells", "Bidirectional"),
    )
)
_ATTENTION = (
    "keras.layers.Attention",
    "keras.layers.AdditiveAttention",
    "keras.layers.MultiHeadAttention",
    "keras.layers.GroupQueryAttention",
    "keras.ops.dot_product_attention",
    "keras.ops.nn.dot_product_attention",
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
    "tensorflow.nn.batch_normalization",
)
_OPTIMIZERS = tuple(
    f"keras.optimizers.{name}"
    for name in ("Adam", "AdamW", "Adamax", "Nadam", "Adafactor", "Lamb", "Lion", "SGD", "RMSprop")
)
_SCHEDULES = tuple(
    f"keras.optimizers.schedules.{name}"
    for name in ("CosineDecay", "CosineDecayRestarts", "PolynomialDecay")
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
    "training.clip": ("tensorflow.clip_by_global_norm",),
    "attention.scaled_dot_product": _ATTENTION,
    "attention.multi_head": _ATTENTION,
    "normalization.layer_norm": _NORMALIZATION,
    "feed_forward.gelu": _GELU,
    "blocks.decoder": (*_ATTENTION, *_NORMALIZATION),
    "models.transformer_lm": (*_ATTENTION, *_NORMALIZATION),
}
# Whole packages that hold models, samplers and layers of the course.
FORBIDDEN_PACKAGES = ("keras_nlp", "keras_hub", "transformers", "torch", "jax", "flax")
# The tokenizer's layer for tf.data is given code.
PACKAGES_ALLOWED_IN = ("text/tokenizer.py",)

# Keras finds these by name: Dense(activation="gelu").
FORBIDDEN_ACTIVATIONS = {"feed_forward.gelu": ("gelu",)}
