"""The ledger: every part and every exercise of the course, in teaching order.

The stencil, the grader, the reports and the handout read it; nothing else says what an exercise
is worth or in which file it stands. It imports nothing but the standard library.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One chapter of the course; `page` is its handout, below the repository's root."""

    number: int
    title: str
    page: str


@dataclass(frozen=True)
class Exercise:
    """One blank of the stencil.

    Args:
        id: `area.name`, as written in the fences of the solution.
        title: what it is called in tables.
        points: what it earns when every one of its checks passes.
        file: the file that holds it, below `assignment/`.
        symbols: the functions and classes that a check may call.
        minutes: the time that a student should expect to need.
        task: what the blank asks for, in one short sentence without a full stop.
        prerequisites: the exercises whose code this one calls or builds on.
    """

    id: str
    title: str
    points: int
    file: str
    symbols: tuple[str, ...]
    minutes: int
    task: str
    prerequisites: tuple[str, ...] = ()

    @property
    def part(self) -> Part:
        return _PART_OF[self.id]

    @property
    def anchor(self) -> str:
        return self.id.replace(".", "-").replace("_", "-")

    @property
    def page(self) -> str:
        """The section of the handout, as a link below the repository's root."""
        return f"{self.part.page}#{self.anchor}"


_LEDGER: dict[Part, tuple[Exercise, ...]] = {
    Part(1, "Text", "docs/part1-text.md"): (
        Exercise(
            "text.tokenizer",
            "Train a subword tokenizer",
            3,
            "text/tokenizer.py",
            ("train_tokenizer",),
            40,
            "train a SentencePiece BPE model and return its bytes",
        ),
        Exercise(
            "text.windows",
            "Cut windows of next-token prediction",
            2,
            "text/windows.py",
            ("next_token_windows",),
            20,
            "gather inputs, and targets one token later",
        ),
        Exercise(
            "text.sampling_plan",
            "Draw the windows of a step",
            3,
            "text/windows.py",
            ("window_starts",),
            30,
            "draw the starts from (seed, step) alone",
        ),
    ),
    Part(2, "Recurrent baselines", "docs/part2-recurrent.md"): (
        Exercise(
            "recurrent.rnn_cell",
            "One step of a simple recurrent network",
            2,
            "layers/recurrent.py",
            ("rnn_step",),
            15,
            "compute the next hidden state",
        ),
        Exercise(
            "recurrent.lstm_cell",
            "One step of an LSTM",
            3,
            "layers/recurrent.py",
            ("lstm_step",),
            35,
            "compute the gates, the cell and the hidden state",
        ),
        Exercise(
            "recurrent.unroll",
            "Unroll a recurrence over time",
            3,
            "layers/recurrent.py",
            ("SimpleRNN", "LSTM"),
            45,
            "carry the state through the sequence",
            ("recurrent.rnn_cell", "recurrent.lstm_cell"),
        ),
        Exercise(
            "recurrent.bahdanau",
            "Additive attention",
            2,
            "layers/recurrent.py",
            ("additive_attention",),
            30,
            "score each key, weigh the values",
        ),
    ),
    Part(3, "Training", "docs/part3-training.md"): (
        Exercise(
            "training.loss",
            "The loss of next-token prediction",
            2,
            "training/losses.py",
            ("next_token_loss",),
            20,
            "average the cross-entropy over the tokens that count",
        ),
        Exercise(
            "training.schedule",
            "Learning-rate warm-up and cosine decay",
            2,
            "training/optimizers.py",
            ("warmup_cosine",),
            20,
            "compute the learning rate of this step",
        ),
        Exercise(
            "training.adamw",
            "Adam with decoupled weight decay",
            3,
            "training/optimizers.py",
            ("AdamW",),
            45,
            "update the moments, then the weights",
        ),
        Exercise(
            "training.clip",
            "Clip gradients by their global norm",
            1,
            "training/optimizers.py",
            ("clip_by_global_norm",),
            15,
            "scale all gradients by one factor",
        ),
        Exercise(
            "training.step",
            "One step of training",
            3,
            "training/loop.py",
            ("train_step",),
            35,
            "record, differentiate, clip and apply",
            ("training.loss", "training.clip"),
        ),
        Exercise(
            "training.checkpoint",
            "Checkpoints that resume exactly",
            2,
            "training/checkpoints.py",
            ("Checkpointer",),
            40,
            "save and restore all that training depends on",
        ),
        Exercise(
            "training.tracking",
            "Follow a run in TensorBoard",
            1,
            "training/tracking.py",
            ("log_metrics",),
            10,
            "write one scalar per metric",
        ),
    ),
    Part(4, "Sampling", "docs/part4-sampling.md"): (
        Exercise(
            "sampling.temperature",
            "Greedy choice and temperature",
            1,
            "generation/sampling.py",
            ("greedy", "apply_temperature"),
            10,
            "choose the best token, and scale logits by temperature",
        ),
        Exercise(
            "sampling.top_k",
            "Top-k filtering",
            3,
            "generation/sampling.py",
            ("top_k_filter",),
            25,
            "keep the k largest logits of each row",
        ),
        Exercise(
            "sampling.top_p",
            "Nucleus (top-p) filtering",
            3,
            "generation/sampling.py",
            ("top_p_filter",),
            40,
            "keep the smallest set whose probability reaches p",
        ),
        Exercise(
            "decoding.generate",
            "The decoding loop",
            3,
            "generation/decoding.py",
            ("generate",),
            60,
            "feed the prompts, then sample token after token",
            ("sampling.temperature",),
        ),
    ),
    Part(5, "Transformer", "docs/part5-transformer.md"): (
        Exercise(
            "masking.causal",
            "The causal mask",
            2,
            "layers/masking.py",
            ("causal_mask",),
            15,
            "let each query see the keys up to its own position",
        ),
        Exercise(
            "masking.padding",
            "Padding masks, and masks combined",
            1,
            "layers/masking.py",
            ("padding_mask", "combine_masks"),
            15,
            "mark the tokens that count, and join masks",
        ),
        Exercise(
            "attention.scaled_dot_product",
            "Scaled dot-product attention",
            4,
            "layers/attention.py",
            ("scaled_dot_product_attention",),
            40,
            "compute the weights, then the weighted values",
        ),
        Exercise(
            "attention.multi_head",
            "Multi-head attention",
            5,
            "layers/attention.py",
            ("MultiHeadAttention",),
            75,
            "split into heads, attend, and join them",
            ("attention.scaled_dot_product",),
        ),
        Exercise(
            "positional.sinusoidal",
            "Sinusoidal positions",
            3,
            "layers/positional.py",
            ("sinusoidal_encoding",),
            30,
            "interleave the sines and cosines of each position",
        ),
        Exercise(
            "normalization.layer_norm",
            "Layer normalisation",
            3,
            "layers/normalization.py",
            ("LayerNorm",),
            25,
            "normalise the last axis, then scale and shift",
        ),
        Exercise(
            "feed_forward.gelu",
            "GELU and the feed-forward layer",
            2,
            "layers/feed_forward.py",
            ("gelu", "FeedForward"),
            20,
            "widen, apply GELU, and project back",
        ),
        Exercise(
            "blocks.decoder",
            "The decoder block",
            3,
            "layers/blocks.py",
            ("DecoderBlock",),
            40,
            "connect the sub-layers by residuals",
            ("attention.multi_head", "normalization.layer_norm", "feed_forward.gelu"),
        ),
        Exercise(
            "models.transformer_lm",
            "The transformer language model",
            3,
            "models/transformer_lm.py",
            ("TransformerLM",),
            45,
            "embed, run the blocks, and project to logits",
            (
                "masking.causal",
                "masking.padding",
                "positional.sinusoidal",
                "blocks.decoder",
            ),
        ),
    ),
    Part(6, "Supervised fine-tuning", "docs/part6-sft.md"): (
        Exercise(
            "sft.response_mask",
            "Pack a conversation, mask its response",
            3,
            "text/conversations.py",
            ("pack",),
            40,
            "lay out one example, and mark the response's targets",
        ),
        Exercise(
            "sft.loss",
            "The loss on responses",
            3,
            "training/losses.py",
            ("response_loss",),
            25,
            "average over response tokens, or over sequences",
        ),
        Exercise(
            "sft.lora",
            "Low-rank adapters",
            2,
            "layers/lora.py",
            ("LoRADense", "apply_lora", "merge_lora"),
            45,
            "add the low-rank update, and merge it back",
        ),
    ),
    Part(7, "RLHF", "docs/part7-rlhf.md"): (
        Exercise(
            "rlhf.log_probs",
            "Token log-probabilities and entropy",
            1,
            "alignment/log_probs.py",
            ("token_log_probs", "entropy"),
            20,
            "compute log-probabilities and entropies from logits",
        ),
        Exercise(
            "rlhf.bradley_terry",
            "The reward model's loss",
            2,
            "alignment/rewards.py",
            ("bradley_terry_loss", "ranking_to_pairs"),
            25,
            "compare pairs of rewards, and pair up a ranking",
        ),
        Exercise(
            "rlhf.token_rewards",
            "Rewards with a KL penalty",
            2,
            "alignment/rewards.py",
            ("kl_shaped_rewards",),
            30,
            "penalise each token, reward the last valid one",
        ),
        Exercise(
            "rlhf.gae",
            "Generalised advantage estimation",
            2,
            "alignment/policy_gradient.py",
            ("generalized_advantage_estimation",),
            45,
            "sum the discounted errors from the last token back",
        ),
        Exercise(
            "rlhf.ppo",
            "The PPO losses",
            3,
            "alignment/policy_gradient.py",
            ("ppo_policy_loss", "ppo_value_loss"),
            45,
            "clip the ratio and the value, and average over tokens",
        ),
    ),
    Part(8, "Direct preference optimisation", "docs/part8-dpo.md"): (
        Exercise(
            "preference.sequence_log_prob",
            "The log-probability of a response",
            1,
            "alignment/log_probs.py",
            ("sequence_log_probs",),
            15,
            "sum the response's log-probabilities",
            ("rlhf.log_probs",),
        ),
        Exercise(
            "preference.dpo",
            "The DPO loss",
            2,
            "alignment/preference_losses.py",
            ("dpo_loss",),
            25,
            "compare the log-ratios of the two responses",
        ),
        Exercise(
            "preference.family",
            "Relatives of DPO",
            3,
            "alignment/preference_losses.py",
            ("ipo_loss", "kto_loss", "orpo_loss", "r_dpo_loss", "simpo_loss"),
            60,
            "write the loss of the handout's table",
        ),
    ),
    Part(9, "Group relative policy optimisation", "docs/part9-grpo.md"): (
        Exercise(
            "grpo.advantages",
            "Advantages within a group",
            2,
            "alignment/group_relative.py",
            ("group_advantages",),
            20,
            "compare each reward with its group",
        ),
        Exercise(
            "grpo.kl",
            "Estimators of the KL divergence",
            2,
            "alignment/group_relative.py",
            ("kl_estimate",),
            25,
            "estimate the divergence of each token",
        ),
        Exercise(
            "grpo.loss",
            "The GRPO loss",
            3,
            "alignment/group_relative.py",
            ("grpo_loss",),
            45,
            "clip the ratio, add the KL term, and aggregate",
            ("grpo.kl",),
        ),
        Exercise(
            "grpo.reward",
            "A reward that can be verified",
            1,
            "alignment/rewards.py",
            ("extract_answer", "exact_answer_reward"),
            15,
            "read the last answer, and compare it",
        ),
    ),
}

PARTS: tuple[Part, ...] = tuple(_LEDGER)
EXERCISES: dict[str, Exercise] = {}
for _exercise in (exercise for exercises in _LEDGER.values() for exercise in exercises):
    if _exercise.id in EXERCISES:
        raise ValueError(f"two exercises are called {_exercise.id!r} in autograder/syllabus.py")
    EXERCISES[_exercise.id] = _exercise
_PART_OF = {exercise.id: part for part, exercises in _LEDGER.items() for exercise in exercises}


def exercises_of(part: Part) -> tuple[Exercise, ...]:
    """The exercises of one part, in teaching order."""
    return _LEDGER[part]


def all_prerequisites(*exercise_ids: str) -> set[str]:
    """These exercises, what they build on, what that builds on, and so forth."""
    found: set[str] = set()
    for exercise_id in exercise_ids:
        found |= {exercise_id} | all_prerequisites(*EXERCISES[exercise_id].prerequisites)
    return found


def submitted_files() -> tuple[str, ...]:
    """The files taken from a submission, below `assignment/`; all others come from the kit."""
    return tuple(dict.fromkeys(exercise.file for exercise in EXERCISES.values()))


def find(exercise_id: str) -> Exercise:
    """The exercise of that id; raises KeyError with the known ids of its area otherwise."""
    if exercise_id in EXERCISES:
        return EXERCISES[exercise_id]
    area = exercise_id.split(".")[0]
    known = [known for known in EXERCISES if known.startswith(area + ".")] or list(EXERCISES)
    raise KeyError(f"no exercise {exercise_id!r}; known: {', '.join(known)}")
