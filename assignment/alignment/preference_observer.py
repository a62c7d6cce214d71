"""What is looked at while a policy learns from preferences: margins, gold reward, distance."""

import tensorflow as tf

from assignment.alignment.gold_judge import judge_stories, story_requests, story_responder, win_rate
from assignment.alignment.preference_objective import preference_objective
from assignment.alignment.preference_pairs import PreferencePairs, SequenceScorer
from assignment.training.stage import Stage
from assignment.training.summary import print_stage_summary

REQUESTS = 50
FINAL_REQUESTS = 300
SHOWN = 3


class PreferenceObserver:
    """Measures a policy before, while and after it learns from preferences.

    Args:
        stage: The run.
        policy: Its model.
        reference: The model that it started from.
        held_out: Preferences that are not learned from, with the reference's log-probabilities.
        has_gold: Whether the prompts are requests that the gold reward can judge.
    """

    def __init__(self, stage: Stage, policy, reference, held_out: PreferencePairs, has_gold: bool):
        self.stage = stage
        self.policy, self.reference = policy, reference
        self.held_out = held_out
        self.has_gold = has_gold
        self.score, self.score_reference = SequenceScorer(policy), SequenceScorer(reference)
        self.prompts = story_requests(REQUESTS) if has_gold else held_out.prompts[:SHOWN]
        self.responder = story_responder(policy, stage.tokenizer)

    def evaluate(self, step: int) -> dict[str, float]:
        """Validate, let the policy write, and log; returns the validation metrics.

        `kl` is the mean of log π(y|x) − log π_ref(y|x) over what the policy has written.
        """
        packed, reference = self.held_out.packed, self.held_out.ref_log_probs
        arrays = self.score(packed), reference, packed.response_mask.sum(axis=1)
        by_pair = (tf.constant(array.reshape(reference.shape).T) for array in arrays)
        loss, metrics = preference_objective(self.stage.config, *by_pair)
        metrics = {"loss": float(loss)} | {name: float(value) for name, value in metrics.items()}
        judged = judge_stories(self.responder, self.prompts, self.stage.config.seed)
        log_ratios = self.score(judged.packed) - self.score_reference(judged.packed)
        metrics |= {"kl": float(log_ratios.mean())} | judged.metrics()
        if not self.has_gold:
            del metrics["gold_reward"]
        shown = zip(self.prompts, judged.responses[:SHOWN], strict=False)
        self.stage.show(step, "\n".join(f"> {prompt}\n{r.text}" for prompt, r in shown))
        return metrics

    def print_summary(self, seconds: float) -> None:
        """Print what has changed: under the reference, and with the best weights."""
        before, after = self.stage.first_and_last()
        names = {
            "loss": ("held-out loss", ".3f"),
            "accuracy": ("pairs with a positive margin", ".1%"),
            "margin": ("margin", ".2f"),
            "kl": ("distance to the source, nats per response", ".2f"),
            "gold_reward": ("gold reward", ".2f"),
            "response_length": ("tokens per response", ".1f"),
        }
        rows = [
            (title, f"{before[name]:{form}}", f"{after[name]:{form}}")
            for name, (title, form) in names.items()
            if name in after
        ]
        if self.has_gold:
            rows.append(("wins against the source", "", self._win_rate()))
        path = self.stage.run_directory.path
        print_stage_summary(
            f"{path}: best step {after['step']} of {self.stage.config.steps}",
            rows,
            seconds,
            {
                "talk to it": f"python -m assignment.chat --run-dir {path}",
                "compare": f"python -m assignment.evaluate --run-dir {path}",
            },
        )

    def _win_rate(self) -> str:
        """By the gold reward, on new responses of both to the same requests."""
        requests, seed = story_requests(FINAL_REQUESTS), self.stage.config.seed + 1
        responders = self.responder, story_responder(self.reference, self.stage.tokenizer)
        ours, theirs = (judge_stories(one, requests, seed).golds for one in responders)
        rate, lower, upper = win_rate(ours, theirs)
        return f"{rate:.0%} ({lower:.0%} to {upper:.0%})"
