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
    import tensorflow as tf

    from assignment.alignment.gold_judge import judge_stories, story_requests, story_responder
    from assignment.alignment.rankings import ranked_preferences
    from assignment.alignment.reward_observer import RewardObserver
    from assignment.alignment.rewards import bradley_terry_loss
    from assignment.models.building import build_reward_model
    from assignment.text.batches import batch_indices, concatenate, pack_pairs
    from assignment.text.datasets import load_dataset
    from assignment.text.records import Preference
    from assignment.training.stage import Stage, update

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

    @tf.function(jit_compile=True)
    def step(token_ids, lengths):
        """Both responses of each pair: (2B, T), the chosen ones first."""

        def loss_fn():
            chosen_rewards, rejected_rewards = tf.split(model.rewards(token_ids, lengths), 2)
            margins = chosen_rewards - rejected_rewards
            return bradley_terry_loss(chosen_rewards, rejected_rewards), {
                "accuracy": tf.reduce_mean(tf.cast(margins > 0, tf.float32)),
                "margin": tf.reduce_mean(margins),
                "chosen_reward": tf.reduce_mean(chosen_rewards),
                "rejected_reward": tf.reduce_mean(rejected_rewards),
            }

        return update(model, stage.optimizer, loss_fn, config.max_norm)

    def batch(step: int):
        indices = batch_indices(config.seed, step, config.batch_size, len(pairs))
        both = concatenate(chosen.rows(indices), rejected.rows(indices))
        return both.token_ids, both.lengths

    judged = None
    if data.is_bundled:
        requests = [request for request in story_requests(JUDGED) for _ in range(STORIES_EACH)]
        judged = judge_stories(responder, requests, config.seed)
    observer = RewardObserver(
        stage, model, data.validation, chosen_held_out, rejected_held_out, judged, STORIES_EACH
    )
    seconds = stage.run(step, batch, observer.evaluate, unit="pairs")
    observer.print_summary(seconds)


if __name__ == "__main__":
    command_line.run(reward_model, RewardTrainingConfig)
