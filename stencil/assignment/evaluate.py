"""Measure a trained model: python -m assignment.evaluate --run-dir runs/NAME"""

import json
import math

from assignment import command_line
from assignment.config import EvaluateConfig


def evaluate(config: EvaluateConfig) -> None:
    """Print loss, perplexity, nats per character and the gap to the entropy floor."""
    from rich.console import Console
    from rich.table import Table

    from assignment.text.corpus import load_corpus
    from assignment.text.registry import resolve_corpus
    from assignment.training.evaluation import Evaluator
    from assignment.training.runs import RunDirectory

    run = RunDirectory(config.run_dir)
    model = run.load_model(config.checkpoint)
    name = config.corpus or run.settings()["corpus"]
    corpus = load_corpus(
        resolve_corpus(name), model.config.vocabulary_size, run.tokenizer(), show_progress=True
    )
    length = model.config.max_sequence_length
    if len(corpus.validation_tokens) < length + 1:
        raise ValueError(
            f"The validation part of {name} has {len(corpus.validation_tokens)} tokens, fewer than "
            f"the {length + 1} of one window of the model."
        )
    metrics = Evaluator(model, length).evaluate(corpus)
    metrics["uniform_loss"] = math.log(model.config.vocabulary_size)

    table = Table("quantity", "value", title=f"{config.run_dir} on {name}", title_justify="left")
    for quantity, value in metrics.items():
        table.add_row(quantity.replace("_", " "), f"{value:.4f}")
    Console().print(table)
    if config.json:
        config.json.write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    command_line.run(evaluate, EvaluateConfig)
