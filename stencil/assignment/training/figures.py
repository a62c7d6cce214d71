"""Pictures for TensorBoard."""

import matplotlib.figure
import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg

GAP = 3  # cells between two heat maps; a title fits in


def attention_heat_maps(weights: list, tokens: list[str]) -> np.ndarray:
    """Who attends to whom: a row of heat maps for each block, one for each head.

    Args:
        weights: `(1, H, T, T)` for each block.
        tokens: The T tokens, as text.

    Returns:
        The picture, `(height, width, 3)` bytes.
    """
    num_blocks, num_heads, length = len(weights), weights[0].shape[1], len(tokens)
    figure = matplotlib.figure.Figure(
        figsize=(3.2 * num_heads, 3.2 * num_blocks), layout="constrained", dpi=100
    )
    # One image with gaps: a system of axes for each head takes three times as long to draw.
    axis = figure.subplots()
    pitch = length + GAP
    mosaic = np.full((num_blocks * pitch - GAP, num_heads * pitch - GAP), np.nan)
    for block, block_weights in enumerate(weights):
        for head in range(num_heads):
            top, left = block * pitch, head * pitch
            mosaic[top : top + length, left : left + length] = block_weights[0, head]
            title = f"block {block}, head {head}"
            axis.text(left + length / 2, top - 1, title, ha="center", fontsize=9)
    axis.imshow(mosaic, cmap="viridis", vmin=0, vmax=1)
    axis.spines[:].set_visible(False)
    labels = [repr(token)[1:-1] if token.strip() else "⏎" for token in tokens]
    columns, rows = (
        (pitch * np.arange(count)[:, None] + np.arange(length)).ravel()
        for count in (num_heads, num_blocks)
    )
    axis.set_xticks(columns, labels * num_heads, fontsize=6, rotation=90)
    axis.set_yticks(rows, labels * num_blocks, fontsize=6)
    axis.set(xlabel="key: what is looked at", ylabel="query: what looks")
    return picture(figure)


def reliability_diagram(confidence, accuracy, counts) -> np.ndarray:
    """How often a reward model is right, against how sure it says it is: on the diagonal, as often.

    Args:
        confidence: The mean predicted probability of each bin.
        accuracy: The share of right predictions of each bin.
        counts: How many predictions are in each.
    """
    figure = matplotlib.figure.Figure(figsize=(4.5, 4.5), layout="constrained", dpi=80)
    axis = figure.subplots()
    axis.plot([0.5, 1], [0.5, 1], color="grey", linestyle="--", label="calibrated")
    axis.plot(confidence, accuracy, marker="o", label="reward model")
    for x, y, n in zip(confidence, accuracy, counts, strict=True):
        axis.annotate(str(n), (x, y), textcoords="offset points", xytext=(4, -10), fontsize=8)
    axis.set(
        xlabel="predicted: sigmoid of the difference of rewards",
        ylabel="observed: share of pairs labelled so",
        ylim=(0, 1.02),
    )
    axis.legend()
    return picture(figure)


def scatter(x, y, x_label: str, y_label: str) -> np.ndarray:
    """A cloud of points."""
    figure = matplotlib.figure.Figure(figsize=(4.5, 4.5), layout="constrained", dpi=80)
    axis = figure.subplots()
    axis.plot(x, y, marker="o", linestyle="", alpha=0.5)
    axis.set(xlabel=x_label, ylabel=y_label)
    return picture(figure)


def picture(figure: matplotlib.figure.Figure) -> np.ndarray:
    """A drawn figure as `(height, width, 3)` bytes."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return tf.constant(np.asarray(canvas.buffer_rgba())[..., :3])
