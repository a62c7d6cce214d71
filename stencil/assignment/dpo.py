"""Learn from preferences without a reward model: python -m assignment.dpo --loss dpo

DPO, IPO, KTO, ORPO, R-DPO or SimPO. Starts from a run of python -m assignment.sft, which is the
reference as well, and writes a run directory of its own.
"""

from assignment import command_line
from assignment.config import DPOConfig
from assignment.quiet_start import import_tensorflow


def dpo(config: DPOConfig) -> None:
    """The whole stage: source, pairs and their reference log-probabilities, loop, summary."""
    config = config.resolve()
    import_tensorflow()

    from assignment.alignment.preference_observer import PreferenceObserver
    from assignment.alignment.preference_pairs import PreferencePairs, SequenceScorer
    from assignment.text.batches import batch_indices, seen_indices
    from assignment.text.datasets import load_dataset
    from assignment.text.records import Preference
    from assignment.training.stage import Stage

    stage = Stage(config)
    data = load_dataset(config.data, Preference)
    context = stage.model_config.max_sequence_length
    pairs, held_out = (
        PreferencePairs(records, stage.tokenizer, context, mismatched=config.loss == "kto")
        for records in (data.train, data.validation)
    )
    if pairs.num_cut:
        print(f"{pairs.num_cut} conversations were cut to the context of {context}.")

    policy, reference = stage.load_source(), stage.load_source()
    stage.start(policy, stage.make_optimizer(policy.trainable_variables))
    seen = seen_indices(config.seed, config.steps, config.batch_size, pairs.size)
    print(f"The reference's log-probabilities of {len(seen):,} pairs, once ...", flush=True)
    score_reference = SequenceScorer(reference)
    pairs.add_reference(score_reference, seen, stage.run_directory.reference_log_probs)
    held_out.add_reference(score_reference)

    def batch(step: int):
        return pairs.batch(batch_indices(config.seed, step, config.batch_size, pairs.size))

    step = compile_step(policy, stage.optimizer, config)
    observer = PreferenceObserver(stage, policy, reference, held_out, data.is_bundled)
    seconds = stage.run(step, batch, observer.evaluate, unit="pairs")
    observer.print_summary(seconds)


def compile_step(policy, optimizer, config: DPOConfig):
    """A compiled step of the loss that the configuration names.

    Returns:
        `step(inputs, targets, response_mask, ref_log_probs) -> metrics`; its arguments are those of
        `PreferencePairs.batch`.
    """
    import tensorflow as tf

    from assignment.alignment.log_probs import sequence_log_probs
    from assignment.alignment.preference_objective import preference_objective
    from assignment.models.last_logits import LastLogits
    from assignment.training.update import compile_update

    def loss_fn(*pairs):
        *conversations, ref_log_probs = pairs
        inputs, targets, mask = (tf.reshape(x, [-1, x.shape[-1]]) for x in conversations)
        logits = LastLogits(policy, targets.shape[1])(inputs)
        log_probs = sequence_log_probs(logits, targets, mask)
        lengths = tf.reduce_sum(tf.cast(mask, tf.float32), axis=-1)
        log_probs, lengths = (tf.reshape(x, ref_log_probs.shape) for x in (log_probs, lengths))
        return preference_objective(config, log_probs, ref_log_probs, lengths)

    # KTO's estimate of the distance is a mean over the batch, inside of its loss.
    return compile_update(
        policy, optimizer, loss_fn, config.max_norm, mean_of_rows=config.loss != "kto"
    )


if __name__ == "__main__":
    command_line.run(dpo, DPOConfig)
