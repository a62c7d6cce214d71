"""Reinforce what solves problems: python -m assignment.grpo

Group relative policy optimisation (Shao et al. 2024): several responses to each problem, rewarded
by rule and compared with one another. Starts from a run of python -m assignment.sft, and writes a
run directory of its own.
"""

from assignment import command_line
from assignment.config import GRPOConfig
from assignment.quiet_start import import_tensorflow


def grpo(config: GRPOConfig) -> None:
    """The whole stage: sample, reward, compare, update."""
    config = config.resolve()
    import_tensorflow()

    import tensorflow as tf

    from assignment.alignment.group_relative import group_advantages
    from assignment.alignment.rollouts import Prompts, RolloutSampler
    from assignment.alignment.solving import (
        Problems,
        SolvingObserver,
        describe_groups,
        rewards_by_rule,
    )
    from assignment.alignment.updates import minibatches, take_rows
    from assignment.text.batches import batch_indices
    from assignment.text.datasets import load_dataset
    from assignment.text.records import Problem
    from assignment.training.stage import Stage

    stage = Stage(config)
    data = load_dataset(config.data, Problem)
    longest = stage.model_config.max_sequence_length - config.max_new_tokens
    problems = Problems(data, stage.tokenizer, longest)
    if problems.left_out:
        print(f"{problems.left_out} problems are left out: longer than {longest} tokens.")

    policy, reference = stage.load_source(), stage.load_source()
    optimizer = stage.make_optimizer(policy.trainable_variables, config.updates_per_step)
    stage.start(policy, optimizer)
    sampler = RolloutSampler(
        policy,
        stage.tokenizer,
        problems.prompts,
        config.group_size,
        config.max_new_tokens,
        config.temperature,
    )
    measure, update_policy = compile_steps(policy, reference, optimizer, config)
    observer = SolvingObserver(stage, policy, reference, problems, sampler)

    def batch(step: int):
        indices = batch_indices(config.seed, step, config.batch_size, len(problems.train))
        indices = problems.train[indices]
        return *problems.prompts.rows(indices), indices, step

    def improve(ids, lengths, indices, step):
        rollout = sampler(Prompts(ids, lengths), (config.seed, step))
        rewards = rewards_by_rule(
            sampler.texts(rollout), rollout.ended, observer.answers(indices), config.format_reward
        )
        advantages = group_advantages(
            rewards["reward"], config.group_size, normalize_by_std=config.normalize_by_std
        )
        responses = (rollout, advantages, measure(rollout))
        updates = [
            update_policy(*take_rows(responses, rows))
            for rows in minibatches(
                config.seed, step, len(advantages), config.epochs, config.minibatches
            )
        ]
        means = {name: tf.reduce_mean([u[name] for u in updates]) for name in updates[0]}
        return means | describe_groups(rewards, rollout, config.group_size)

    seconds = stage.run(
        improve,
        batch,
        observer.evaluate,
        unit="responses",
        units_per_step=config.batch_size * config.group_size,
        decisive="pass_at_1",
        higher_is_better=True,
    )
    observer.print_summary(seconds)


def compile_steps(policy, reference, optimizer, config: GRPOConfig):
    """The two compiled functions of a step.

    Returns:
        `measure(rollout) -> known`, before the updates: the `old_log_probs`, unless the only update
        sees them itself, and the `ref_log_probs`, if there is a KL penalty; and
        `update_policy(rollout, advantages, known) -> metrics`.
    """
    import tensorflow as tf

    from assignment.alignment.arrays import masked_mean
    from assignment.alignment.group_relative import grpo_loss, kl_estimate
    from assignment.alignment.log_probs import entropy, token_log_probs
    from assignment.alignment.rollouts import response_log_probs, response_logits
    from assignment.alignment.updates import describe_ratio, token_weights
    from assignment.training.update import update

    # The loss has k3 inside; another estimator is added to it.
    has_k3 = config.kl_kind == "k3"

    models = {}
    if config.updates_per_step > 1:
        models["old_log_probs"] = policy
    if config.kl_coefficient:
        models["ref_log_probs"] = reference

    @tf.function(jit_compile=True)
    def measure(rollout):
        return {
            name: response_log_probs(model, rollout, config.temperature)
            for name, model in models.items()
        }

    @tf.function(jit_compile=True)
    def update_policy(rollout, advantages, known):
        def loss():
            logits = response_logits(policy, rollout, config.temperature)
            log_probs = token_log_probs(logits, rollout.targets)
            old_log_probs = known.get("old_log_probs", tf.stop_gradient(log_probs))
            ref_log_probs = known.get("ref_log_probs", old_log_probs)
            value = grpo_loss(
                log_probs,
                old_log_probs,
                ref_log_probs,
                advantages,
                rollout.mask,
                config.epsilon,
                config.kl_coefficient if has_k3 else 0.0,
                config.aggregation,
                config.epsilon_high,
            )
            if config.kl_coefficient and not has_k3:
                penalty = kl_estimate(log_probs, ref_log_probs, config.kl_kind)
                weights = token_weights(rollout.mask, config.aggregation)
                value += config.kl_coefficient * tf.reduce_sum(weights * penalty)
            metrics = {"entropy": masked_mean(entropy(logits), rollout.mask)}
            if config.kl_coefficient:
                metrics["kl_per_token"] = masked_mean(log_probs - ref_log_probs, rollout.mask)
            return value, metrics | describe_ratio(
                log_probs, old_log_probs, rollout.mask, config.epsilon, config.epsilon_high
            )

        return update(policy, optimizer, loss, config.max_norm)

    return measure, update_policy


if __name__ == "__main__":
    command_line.run(grpo, GRPOConfig)
