"""What is looked at while a model trains: validation, samples, attention, weights, embeddings."""

import tqdm

from assignment import command_line
from assignment.generation.sampling import make_sampler
from assignment.generation.text import TextGenerator
from assignment.models.transformer_lm import TransformerLM
from assignment.training.figures import attention_heat_maps
from assignment.training.projector import write_projection

# Of long validation texts a part is enough on the way; the summary at the end takes all.
VALIDATION_TOKENS = 30_000
SAMPLE_TOKENS = 80
HEAT_MAP_TOKENS = 24


class Observer:
    """Evaluates a model on the way, and shows what it writes.

    Args:
        model: The model.
        corpus: What it is trained and validated on.
        evaluator: Measures the validation loss.
        tracker: Takes metrics, texts and pictures.
        samples: The file to which samples are appended.
        reference: The curve to draw beside the run's, or None.
        seed: Of the samples.
        settings: The run's hyper-parameters.
    """

    def __init__(self, model, corpus, evaluator, tracker, samples, reference, seed, settings):
        self.model = model
        self.corpus = corpus
        self.evaluator = evaluator
        self.tracker = tracker
        self.samples = samples
        self.reference = reference
        self.seed = seed
        length = min(SAMPLE_TOKENS, model.config.max_sequence_length - 1)
        self.generator = TextGenerator(
            model, corpus.tokenizer, make_sampler(temperature=0.8), max_new_tokens=length
        )
        tracker.log_hyperparameters(settings)
        tracker.log_layout(
            {
                "loss: training, validation, floor": [
                    "train/loss",
                    "validation/loss",
                    "validation/floor",
                ],
                "validation loss and reference band": [
                    "validation/loss",
                    "reference/mean",
                    "reference/lower",
                    "reference/upper",
                ],
            }
        )

    def evaluate(self, step: int) -> dict[str, float]:
        """Validate, sample and log; returns the validation metrics."""
        metrics = self.evaluator.evaluate(self.corpus, VALIDATION_TOKENS)
        band = self.reference and self.reference.at(step)
        if band:
            self.tracker.log(step, band, "reference")
        text = self._sample(step)
        with self.samples.open("a") as file:
            file.write(f"--- step {step}\n{text}\n")
        gap = f", {metrics['floor_gap']:.1%} above the floor" if "floor_gap" in metrics else ""
        tqdm.tqdm.write(f"step {step}: validation loss {metrics['loss']:.4f}{gap}\n  {text}\n")
        self.tracker.log_text(step, "samples", text)
        self.tracker.log_weights(step, self.model)
        table = self.model.token_embedding.embeddings.numpy()
        write_projection(self.tracker.directory, table, self.corpus.tokenizer)
        if isinstance(self.model, TransformerLM):
            self._log_attention(step)
        return metrics

    def _sample(self, step: int) -> str:
        """What the model writes now; a recurrent model trains before decoding is an exercise."""
        try:
            return self.generator(["\n"], seed=self.seed + step)[0].strip()
        except NotImplementedError as error:
            if (blank := command_line.blank_behind(error)) is None:
                raise
            return f"(no sample yet: the exercise {blank[0]} is still blank)"

    def _log_attention(self, step: int) -> None:
        tokens = self.corpus.validation_tokens[:HEAT_MAP_TOKENS].astype("int32")
        tokens = tokens[: self.model.config.max_sequence_length]
        weights = self.model.attention_weights(tokens[None])
        names = [self.corpus.tokenizer.decode([token]) for token in tokens]
        self.tracker.log_image(step, "attention", attention_heat_maps(weights, names))
