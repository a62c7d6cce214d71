"""What every post-training stage is made of: a source run, a run of its own, and the loop.

A stage script reads

    stage = Stage(config.resolve())      # opens --from; nothing is written yet
    data = …                             # bad records are refused here
    model = stage.load_source()          # the source's model with its weights
    reference = stage.load_source()      # once more, for what shall not move
    stage.start(model, stage.make_optimizer(model.trainable_variables))
    stage.run(step, batch, evaluate, unit="pairs")

where `step(*batch) -> metrics` is a compiled step (see `update.py`), `batch(step) -> arrays` a pure
function of (seed, step), and `evaluate(step) -> metrics` what is measured on the way. `run` resumes
to the bit, saves, stops at signals. What a resumed run needs besides weights and optimizer slots
must be a function of the step, or a Keras variable of a `Together`.
"""

import sys
import time
from collections.abc import Callable

import keras
from tqdm import tqdm

from assignment import command_line
from assignment.config import RewardModelConfig, StageConfig
from assignment.training.checkpoints import Checkpointer
from assignment.training.loop import Interrupted, Plan, run_loop
from assignment.training.optimizers import AdamW, WarmupCosine
from assignment.training.reference import load_reference
from assignment.training.runs import RunDirectory
from assignment.training.tracking import Tracker, read_metrics


class Stage:
    """One post-training run.

    Args:
        config: Its resolved configuration.

    Attributes:
        source: The run that it starts from.
        run: Its own.
        tokenizer: The source's.
        start_step: How many steps were made already; set by `start`, as the next two.
        tracker: Takes metrics, texts and pictures.
        checkpointer: Saves and restores the state.

    Raises:
        ValueError: The source is no run, or its model is no language model, or the run's directory
            holds another run.
    """

    def __init__(self, config: StageConfig):
        self.config = config
        self.source = RunDirectory(config.source)
        if not config.from_run and not self.source.path.exists():
            raise ValueError(
                f"{config.source} does not exist: there is no run to start from. Train one with "
                f"{config.source_command}, or give --from another run."
            )
        self.model_config = self.source.model_config()
        if isinstance(self.model_config, RewardModelConfig):
            raise ValueError(
                f"{config.source} holds a reward model. --from needs a language model, such as a "
                "run of python -m assignment.train or python -m assignment.sft"
            )
        self.tokenizer = self.source.tokenizer()
        self.run_directory = RunDirectory(config.directory())
        if self.run_directory.exists() and not config.resume:
            raise ValueError(
                f"{self.run_directory.path} already holds a run. Choose another --run-dir."
            )

    def load_source(self):
        """The source's model with its trained weights; its dropout is off for good.

        After supervised fine-tuning, policies of one step and the next are compared token by token,
        and dropout would make them differ by chance.
        """
        model = self.source.load_model()
        if self.config.stage != "sft":
            for layer in model._flatten_layers(include_self=False):
                if isinstance(layer, keras.layers.Dropout):
                    layer.rate = 0.0
        return model

    def make_optimizer(
        self, variables, updates_per_step: int = 1, learning_rate: float | None = None
    ) -> AdamW:
        """AdamW without decay under the configuration's schedule, built for these variables.

        Args:
            variables: What it trains.
            updates_per_step: How often it is applied in one step of the loop.
            learning_rate: The peak, if it is not the configuration's.
        """
        config = self.config
        schedule = WarmupCosine(
            learning_rate or config.learning_rate,
            config.warmup_steps * updates_per_step,
            config.steps * updates_per_step,
            config.final_rate,
        )
        optimizer = AdamW(schedule, beta_1=0.9, beta_2=0.99, weight_decay=0.0)
        optimizer.build(variables)
        return optimizer

    def start(self, model, optimizer, model_config=None) -> None:
        """Create the run's directory, or go on with the run that is there.

        Args:
            model: What is trained: a model, or a `Together` whose first model is the run's.
            optimizer: An optimizer, or a `Together` of several.
            model_config: The shape of the run's model, if it is not the source's.

        Raises:
            ValueError: The directory holds a run of another configuration.
        """
        config, run = self.config, self.run_directory
        described = (
            config.stage,
            model_config or self.model_config,
            config.settings(),
            self.tokenizer,
            self.source,
        )
        if run.exists() and run.has_begun():
            run.check_same(*described[:3], self.source)
        else:
            run.create(*described)
        self.model, self.optimizer = model, optimizer
        self.checkpointer = Checkpointer(model, optimizer, run.checkpoints)
        self.start_step = self.checkpointer.restore_latest() or 0
        self.checkpointer.remove_unfinished()
        run.forget_after(self.start_step)
        self.tracker = Tracker(run.path, self.start_step)
        self.tracker.log_hyperparameters({"stage": config.stage, **config.settings()})
        self.reference = load_reference(*described[:3])
        print(f"{run.path}, from {self.source.path}; tensorboard --logdir runs")
        if self.start_step:
            print(f"Resuming behind step {self.start_step} of {config.steps}.")

    def show(self, step: int, text: str) -> None:
        """Show what the model writes now: in the terminal, in samples.txt, and in TensorBoard."""
        with self.run_directory.samples.open("a") as file:
            file.write(f"--- step {step}\n{text}\n")
        self.tracker.log_text(step, "samples", text.replace("\n", "\n\n"))
        tqdm.write(f"step {step}\n{text}\n")

    def first_and_last(self) -> tuple[dict, dict]:
        """The validation metrics of the source, and those of the best step."""
        lines = read_metrics(self.run_directory.metrics)
        lines = [line for line in lines if line["prefix"] == "validation"]
        best = int(self.checkpointer.step)
        return lines[0], next(line for line in lines if line["step"] == best)

    def run(
        self,
        step_fn: Callable,
        batch_fn: Callable[[int], tuple],
        evaluate_fn: Callable[[int], dict[str, float]],
        unit: str = "examples",
        units_per_step: int | None = None,
        decisive: str = "loss",
        higher_is_better: bool = False,
    ) -> float:
        """Run the loop to its end (see `loop.run_loop`), and leave the model with its best weights.

        Before the first step the source is evaluated, as step 0. An interrupted run ends the
        process with a line that says how to go on.

        Args:
            step_fn: See `run_loop`.
            batch_fn: See `run_loop`.
            evaluate_fn: See `run_loop`.
            unit: What the throughput counts.
            units_per_step: How many of them a step has; `batch_size` when None.
            decisive: The metric of `evaluate_fn` that decides the best checkpoint.
            higher_is_better: Whether its largest value is the best.

        Returns:
            How long it took, in seconds.
        """
        config = self.config
        started = time.monotonic()

        def evaluate(step: int) -> dict[str, float]:
            band = self.reference and self.reference.at(step)
            if band:
                self.tracker.log(step, band, "reference")
            return evaluate_fn(step)

        try:
            if not self.start_step:
                self.tracker.log(0, evaluate(0), "validation")
            run_loop(
                step_fn,
                batch_fn,
                self.model,
                self.optimizer,
                self.checkpointer,
                self.tracker,
                Plan(
                    total_steps=config.steps,
                    log_every=config.log_every,
                    evaluate_every=config.evaluate_every,
                    save_minutes=config.checkpoint_minutes,
                    units_per_step=units_per_step or config.batch_size,
                    unit=unit,
                    decisive=decisive,
                    higher_is_better=higher_is_better,
                ),
                self.start_step,
                evaluate,
            )
        except Interrupted as interruption:
            hint = f"To go on: {command_line.this_command()}"
            print(f"\n{interruption}, saved. {hint}", file=sys.stderr)
            sys.exit(interruption.exit_code)
        finally:
            self.tracker.flush()
        self.checkpointer.restore_best()
        if self.reference:
            verdict = self.reference.verdict(read_metrics(self.run_directory.metrics))
            print(f"{self.reference.metric.replace('_', ' ')} against the reference: {verdict}")
        return time.monotonic() - started
