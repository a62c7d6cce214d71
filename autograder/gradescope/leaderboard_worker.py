"""Measures a run in a process of its own: the solution's code on a submission's data.

Reads its order as JSON on standard input, and answers on standard output in one line.
"""

import json
import os
import sys
from pathlib import Path


def measure(run_directory: Path, text: str) -> dict[str, object]:
    """The nats per character of a text, or why there are none."""
    import numpy as np

    from assignment.config import RecurrentConfig, TransformerConfig
    from assignment.training.evaluation import Evaluator
    from assignment.training.runs import RunDirectory

    run = RunDirectory(run_directory)
    config = run.model_config()
    if type(config) not in (TransformerConfig, RecurrentConfig):
        return {"refused": "its model is no language model"}
    tokenizer = run.tokenizer()
    tokens = np.array(tokenizer.encode(text), np.int32)
    if tokenizer.decode(tokens.tolist()) != text:
        return {"refused": "its tokenizer does not give a text back as it was"}
    if tokens.max() >= config.vocabulary_size:
        return {"refused": "its tokenizer has more tokens than its model"}
    if len(tokens) <= config.max_sequence_length + 1:
        return {"refused": "its context is longer than the text"}
    loss = Evaluator(run.load_model(), config.max_sequence_length).mean_loss(tokens)
    return {"nats_per_character": float(loss) * len(tokens) / len(text)}


def main() -> None:
    order = json.loads(sys.stdin.buffer.read())
    work = Path(order["work"])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    sys.path.insert(0, str(work / "code"))
    from autograder.sandbox.limits import Limits
    from autograder.sandbox.plan import Plan, enter

    private = work / "private"
    private.mkdir()
    enter(Plan.from_json(order["plan"]), Limits(**order["limits"]), str(private))
    try:
        answer = measure(work / "run", (work / "held_out.txt").read_text(encoding="utf-8"))
    except Exception as error:
        answer = {"refused": f"the run cannot be loaded ({type(error).__name__})"}
        print(error, file=sys.stderr)
    print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
