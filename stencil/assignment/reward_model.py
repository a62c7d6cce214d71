"""Learn what is preferred: python -m assignment.reward_model

A reward model: the body of a fine-tuned model with one number in place of logits, trained so that
of two responses the preferred one gets the larger number (Bradley-Terry). Starts from a run of
python -m assignment.sft, and writes a run directory of its own.
"""

from assignment import command_line
from assignment.config import RewardTrainingConfig
from assignment.quiet_start import import_tensorflow

# Held-out requests that the source answers, so often each, to see how its stories are scored.
JUDGED, STORIES_EACH = 50, 4


def reward_model(config: RewardTrainingConfig) -> None:
    """The whole stage: source, pairs, loop, summary."""
    config = config.resolve()
    import_tensorflow()

    import keras
    import numpy as np
    import tensorflow as tf

    from assignment.alignment.gold_judge import judge_stories, story_requests, story_responder
    from assignment.alignment.rankings import ranked_preferences
    from assignment.alignment.reward_observer import RewardObserver
    from assignment.alignment.rewards import bradley_terry_loss
    from assignment.models.building import build_reward_model
    from assignment.text.batches import batch_indices, pack_pairs
    from assignment.text.datasets import load_dataset
    from assignment.text.records import Preference
    from assignment.training.stage import Stage
    from assignment.training.update import compile_update

    stage = Stage(config)
    data = load_dataset(config.data, Preference)
    # The whole conversation is read, its eos too: that is one token more than is predicted.
    longest = stage.model_config.max_sequence_length - 1
    chosen_held_out, rejected_held_out, _ = pack_pairs(data.validation, stage.tokenizer, longest)

    language_model = stage.load_source()
    keras.utils.set_random_seed(config.seed)
    model = build_reward_model(language_model)
    stage.start(model, stage.make_optimizer(model.trainable_variables), model.config)

    responder = story_responder(language_model, stage.tokenizer)
    pairs = data.train
    if data.is_bundled and config.ranked_prompts:
        pairs = pairs + ranked_preferences(
            responder,
            config.ranked_prompts,
            config.ranked_responses,
            config.seed,
            stage.run_directory.rankings,
        )
    chosen, rejected, cut = pack_pairs(pairs, stage.tokenizer, longest)
    if cut:
        print(f"{cut} of {2 * len(pairs)} conversations were cut to the context of {longest + 1}.")

    def loss_fn(token_ids, lengths):
        """Of both responses to each prompt, the chosen one first: (B, 2, T) and (B, 2)."""
        rewards = model.rewards(
            tf.reshape(token_ids, [-1, token_ids.shape[-1]]), tf.reshape(lengths, [-1])
        )
        chosen_rewards, rejected_rewards = tf.unstack(tf.reshape(rewards, [-1, 2]), axis=1)
        margins = chosen_rewards - rejected_rewards
        return bradley_terry_loss(chosen_rewards, rejected_rewards), {
            "accuracy": tf.reduce_mean(tf.cast(margins > 0, tf.float32)),
            "margin": tf.reduce_mean(margins),
            "chosen_reward": tf.reduce_mean(chosen_rewards),
            "rejected_reward": tf.reduce_mean(rejected_rewards),
        }

    def batch(step: int):
        indices = batch_indices(config.seed, step, config.batch_size, len(pairs))
        both = [side.rows(indices) for side in (chosen, rejected)]
        token_ids, lengths = [b.token_ids for b in both], [b.lengths for b in both]
        return np.stack(token_ids, axis=1), np.stack(lengths, axis=1)

    judged = None
    if data.is_bundled:
        requests = [request for request in story_requests(JUDGED) for _ in range(STORIES_EACH)]
        judged = judge_stories(responder, requests, config.seed)
    observer = RewardObserver(
        stage, model, data.validation, chosen_held_out, rejected_held_out, judged, STORIES_EACH
    )
    step = compile_update(model, stage.optimizer, loss_fn, config.max_norm)
    seconds = stage.run(step, batch, observer.evaluate, unit="pairs")
    observer.print_summary(seconds)


if __name__ == "__main__":
    command_line.run(reward_model, RewardTrainingConfig)
