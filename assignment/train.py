"""Train a language model from scratch: python -m assignment.train

Writes a run directory that TensorBoard shows and every later stage reads. Run the same command
again to go on where it stopped.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from assignment import command_line
from assignment.config import TrainConfig
from assignment.quiet_start import import_tensorflow


def train(config: TrainConfig) -> None:
    """The whole run: corpus, model, loop, summary."""
    from assignment.text.registry import resolve_corpus

    # TensorFlow takes seconds to import, so a mistake in the flags is reported before.
    config, model_config = config.resolve()
    source = resolve_corpus(config.corpus)
    import_tensorflow()

    import keras

    from assignment.models.building import build_model
    from assignment.text.corpus import load_corpus
    from assignment.text.windows import next_token_windows, window_starts
    from assignment.training.checkpoints import Checkpointer
    from assignment.training.distribution import compile_step, is_chief, make_strategy
    from assignment.training.evaluation import Evaluator
    from assignment.training.loop import Interrupted, Plan, run_loop
    from assignment.training.losses import next_token_loss
    from assignment.training.observing import Observer
    from assignment.training.optimizers import AdamW, WarmupCosine
    from assignment.training.reference import load_reference
    from assignment.training.runs import RunDirectory
    from assignment.training.summary import print_summary
    from assignment.training.tracking import Tracker

    strategy = make_strategy(config.strategy)
    run = RunDirectory(config.directory())
    settings = config.settings()
    begun = run.exists() and run.has_begun()
    if run.exists():
        # The other workers may find the directory that the chief has made just now.
        if not config.resume and is_chief(strategy):
            raise ValueError(f"{run.path} already holds a run. Choose another --run-dir.")
        if begun:
            run.check_same("train", model_config, settings)

    tokenizer = run.tokenizer() if begun else config.vocabulary_size
    corpus = load_corpus(source, tokenizer, show_progress=True)
    check_long_enough(corpus, config)
    if is_chief(strategy) and not begun:
        run.create("train", model_config, settings, corpus.tokenizer)

    keras.utils.set_random_seed(config.seed)
    with strategy.scope():
        model = build_model(model_config)
        schedule = WarmupCosine(
            config.learning_rate, config.warmup_steps, config.steps, config.final_rate
        )
        optimizer = AdamW(
            schedule, beta_1=0.9, beta_2=config.beta_2, weight_decay=config.weight_decay
        )
        optimizer.build(model.trainable_variables)
    checkpointer = Checkpointer(model, optimizer, run.checkpoints)
    start_step = checkpointer.restore_latest() or 0

    directory = run.path
    if is_chief(strategy):
        checkpointer.remove_unfinished()
        run.forget_after(start_step)
    else:  # the other workers restore from the chief's directory and write to one of their own
        directory = Path(tempfile.mkdtemp(prefix="worker-"))
        checkpointer = Checkpointer(model, optimizer, directory)

    def batch(step: int):
        starts = window_starts(
            config.seed,
            step,
            config.batch_size,
            len(corpus.train_tokens),
            config.sequence_length,
        )
        return next_token_windows(corpus.train_tokens, starts, config.sequence_length)

    reference = load_reference("train", model_config, settings)
    tracker = Tracker(directory, start_step)
    evaluator = Evaluator(model, config.sequence_length)
    observer = Observer(
        model,
        corpus,
        evaluator,
        tracker,
        directory / run.samples.name,
        reference,
        config.seed,
        settings,
    )
    print(f"{model.count_params():,} parameters; {run.path}; tensorboard --logdir runs")
    if start_step:
        print(f"Resuming behind step {start_step} of {config.steps}.")
    started = time.monotonic()
    try:
        run_loop(
            compile_step(model, optimizer, next_token_loss, config.max_norm, strategy),
            batch,
            model,
            optimizer,
            checkpointer,
            tracker,
            Plan(
                total_steps=config.steps,
                log_every=config.log_every,
                evaluate_every=config.evaluate_every,
                save_minutes=config.checkpoint_minutes,
                units_per_step=config.batch_size * config.sequence_length,
            ),
            start_step,
            observer.evaluate,
        )
    except Interrupted as interruption:
        print(f"\n{interruption}, saved. To go on: {command_line.this_command()}", file=sys.stderr)
        sys.exit(interruption.exit_code)
    finally:
        tracker.close()
        if not is_chief(strategy):
            shutil.rmtree(directory)
    if is_chief(strategy):
        final = evaluator.evaluate(corpus)
        print_summary(run, config, final, reference, time.monotonic() - started)


def check_long_enough(corpus, config: TrainConfig) -> None:
    """Raise ValueError unless both parts of the corpus hold a window."""
    for part, tokens in (
        ("training", corpus.train_tokens),
        ("validation", corpus.validation_tokens),
    ):
        if len(tokens) < config.sequence_length + 1:
            raise ValueError(
                f"The {part} part of {config.corpus} has {len(tokens)} tokens, fewer than the "
                f"{config.sequence_length + 1} of one window. Use a longer text or a smaller "
                "--sequence-length."
            )


if __name__ == "__main__":
    command_line.run(train, TrainConfig)
