"""Pictures for TensorBoard."""

import matplotlib.figure
import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg


def attention_heat_maps(weights: list, tokens: list[str]) -> np.ndarray:
    """Who attends to whom: a row of heat maps for each block, one for each head.

    Args:
        weights: `(1, H, T, T)` for each block.
        tokens: The T tokens, as text.

    Returns:
        The picture, `(height, width, 3)` bytes.
    """
    num_heads = weights[0].shape[1]
    figure = matplotlib.figure.Figure(
        figsize=(3.2 * num_heads, 3.2 * len(weights)), layout="constrained", dpi=70
    )
    axes = figure.subplots(len(weights), num_heads, squeeze=False, sharex=True, sharey=True)
    labels = [repr(token)[1:-1] if token.strip() else "⏎" for token in tokens]
    for block, block_weights in enumerate(weights):
        for head in range(num_heads):
            axis = axes[block, head]
            axis.imshow(block_weights[0, head], cmap="viridis", vmin=0, vmax=1)
            axis.set_title(f"block {block}, head {head}", fontsize=9)
            axis.set_xticks(range(len(labels)), labels, fontsize=6, rotation=90)
            axis.set_yticks(range(len(labels)), labels, fontsize=6)
    figure.supxlabel("key: what is looked at")
    figure.supylabel("query: what looks")
    return picture(figure)


def picture(figure: matplotlib.figure.Figure) -> np.ndarray:
    """A drawn figure as `(height, width, 3)` bytes."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return tf.constant(np.asarray(canvas.buffer_rgba())[..., :3])
