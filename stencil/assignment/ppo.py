"""Optimise a policy against a reward model: python -m assignment.ppo

Proximal policy optimisation (Schulman et al. 2017; Ouyang et al. 2022) with an actor, a critic, a
frozen reward model and a frozen reference. Starts from a run of python -m assignment.sft and one of
python -m assignment.reward_model, and writes a run directory of its own.
"""

from assignment import command_line
from assignment.config import PPOConfig
from assignment.quiet_start import import_tensorflow


def ppo(config: PPOConfig) -> None:
    """The whole stage: sample, score, estimate advantages, update actor and critic."""
    config = config.resolve()
    import_tensorflow()

    import keras
    import tensorflow as tf

    from assignment.alignment.policy_observer import PolicyObserver, Requests, gold_terms
    from assignment.alignment.ppo_steps import (
        PreTrainingText,
        adapt_coefficient,
        compile_scoring,
        compile_update,
        load_reward_model,
    )
    from assignment.alignment.rollouts import Prompts, RolloutSampler
    from assignment.alignment.updates import minibatches, take_rows
    from assignment.models.building import build_reward_model, copy_model
    from assignment.text.batches import batch_indices
    from assignment.text.datasets import load_dataset
    from assignment.text.records import Preference
    from assignment.training.stage import Stage
    from assignment.training.together import Together

    stage = Stage(config)
    data = load_dataset(config.data, Preference)
    longest = stage.model_config.max_sequence_length - config.max_new_tokens
    requests = Requests(data, stage.tokenizer, longest)
    if requests.left_out:
        print(f"{requests.left_out} prompts are left out: longer than {longest} tokens.")
    reward_model = load_reward_model(config, stage)

    actor, reference = stage.load_source(), stage.load_source()
    keras.utils.set_random_seed(config.seed)
    from_policy = config.critic == "policy"
    critic = build_reward_model(reference) if from_policy else copy_model(reward_model)
    kl_coefficient = keras.Variable(config.kl_coefficient, trainable=False, name="kl_coefficient")
    updates = config.updates_per_step
    optimizers = Together(
        stage.make_optimizer(actor.trainable_variables, updates),
        stage.make_optimizer(critic.trainable_variables, updates, config.critic_rate),
    )
    stage.start(Together(actor, critic, kl_coefficient), optimizers)

    sampler = RolloutSampler(
        actor, stage.tokenizer, requests.prompts, 1, config.max_new_tokens, config.temperature
    )
    score = compile_scoring(actor, critic, reference, reward_model, config)
    update_models = compile_update(actor, critic, optimizers.parts, config)
    pre_training = PreTrainingText(stage) if config.ptx_coefficient else None
    observer = PolicyObserver(
        stage, actor, reference, reward_model, requests, sampler, data.is_bundled
    )

    def batch(step: int):
        indices = batch_indices(config.seed, step, config.batch_size, len(requests.train))
        indices = requests.train[indices]
        return *requests.prompts.rows(indices), indices, step

    def improve(ids, lengths, indices, step):
        rollout = sampler(Prompts(ids, lengths), (config.seed, step))
        experience, measured = score(rollout, kl_coefficient.value)
        metrics = []
        rows_of_updates = minibatches(
            config.seed, step, config.batch_size, config.epochs, config.minibatches
        )
        for number, rows in enumerate(rows_of_updates):
            windows = pre_training.windows(step, number) if pre_training else ()
            part, known = take_rows((rollout, experience), rows)
            metrics.append(update_models(part, *known, *windows))
        if config.kl_target:
            kl_coefficient.assign(adapt_coefficient(kl_coefficient, measured["kl"], config))
        if data.is_bundled:  # never seen by the policy, only by us
            prompts = [requests.texts[index] for index in indices]
            golds = gold_terms(prompts, sampler.texts(rollout))["gold_reward"]
            measured["gold_reward"] = golds.mean()
        return {name: tf.reduce_mean([m[name] for m in metrics]) for name in metrics[0]} | measured

    seconds = stage.run(
        improve, batch, observer.evaluate, "responses", decisive="objective", higher_is_better=True
    )
    observer.print_summary(seconds)


if __name__ == "__main__":
    command_line.run(ppo, PPOConfig)
