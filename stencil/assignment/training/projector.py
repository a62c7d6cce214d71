"""The token embeddings as TensorBoard's projector shows them: points, one for each token."""

from pathlib import Path

import numpy as np
from tensorboard.plugins import projector

from assignment.text.tokenizer import Tokenizer

TABLE, TOKENS = "embeddings.bin", "tokens.tsv"


def write_projection(directory: Path, table: np.ndarray, tokenizer: Tokenizer) -> None:
    """Write a run's token embeddings where the projector looks for them.

    Args:
        directory: The run directory.
        table: The embedding matrix `(V, D)`.
        tokenizer: Whose tokens they are; a space is shown as ▁, as SentencePiece writes it.
    """
    names = (piece.replace("\n", "\\n").replace("\t", "\\t") for piece in tokenizer.pieces)
    (directory / TOKENS).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    np.asarray(table, np.float32).tofile(directory / TABLE)
    embedding = projector.EmbeddingInfo(
        tensor_name="token_embedding",
        tensor_shape=table.shape,
        tensor_path=TABLE,
        metadata_path=TOKENS,
    )
    config = projector.ProjectorConfig(embeddings=[embedding])
    projector.visualize_embeddings(str(directory), config)
