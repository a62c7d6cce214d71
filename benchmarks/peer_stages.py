"""The peer's side of the stages after pre-training: the trainers of `trl`.

Imported by `peer_process` in the peers' environment.
"""

import functools
import queue
import tempfile
import threading

import numpy as np
import tokenizers
import transformers
from datasets import Dataset
from trl import DPOConfig, DPOTrainer, GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

# Of a set that is gone through again and again.
BATCHES = 4


class OneByOne(transformers.TrainerCallback):
    """Lets a trainer, which has a loop of its own, make one step for each call."""

    def __init__(self, trainer: transformers.Trainer):
        self.asked, self.done = queue.SimpleQueue(), queue.SimpleQueue()
        trainer.add_callback(self)
        threading.Thread(target=self._train, args=[trainer], daemon=True).start()

    def _train(self, trainer: transformers.Trainer) -> None:
        try:
            trainer.train()
        except Exception as error:  # a thread's exception reaches nobody else
            self.done.put(error)

    def on_step_begin(self, args, state, control, **_):
        self.asked.get()

    def on_step_end(self, args, state, control, **_):
        self.done.put(state.global_step)

    def __call__(self) -> int:
        self.asked.put(None)
        result = self.done.get()
        if isinstance(result, Exception):
            raise result
        return result


def word_tokenizer(vocabulary_size: int) -> transformers.PreTrainedTokenizerFast:
    """A tokenizer of the words w3, w4, …: a text of n words has n tokens."""
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
    words = [*special.values(), *(f"w{i}" for i in range(len(special), vocabulary_size))]
    model = tokenizers.models.WordLevel({word: i for i, word in enumerate(words)}, "<unk>")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def texts(shape: dict, words: int, seed: int) -> list[str]:
    """Random texts of so many words."""
    size = (BATCHES * shape["batch_size"], words)
    ids = np.random.default_rng(seed).integers(3, shape["vocabulary_size"], size)
    return [" ".join(f"w{i}" for i in row) for row in ids]


def prompts(shape: dict) -> list[str]:
    """Prompts of full length."""
    return texts(shape, shape["prompt_length"], 0)


def responses(shape: dict, seed: int) -> list[str]:
    """Responses behind them; the trainers put the end of the text behind each."""
    words = shape["length"] - shape["prompt_length"] - 1
    return [" " + text for text in texts(shape, words, seed)]


def steps_of(trainer_class, config_class, model, shape: dict, data: dict, **options) -> OneByOne:
    """The steps of a trainer on these columns of data; `options` are of its configuration."""
    with tempfile.TemporaryDirectory() as directory:  # nothing is saved
        config = config_class(
            output_dir=directory,
            max_steps=1_000_000,
            report_to="none",
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            optim="adamw_torch_fused",
            max_grad_norm=1.0,
            gradient_checkpointing=False,
            **options,
        )
        trainer = trainer_class(
            model,
            args=config,
            train_dataset=Dataset.from_dict(data),
            processing_class=word_tokenizer(shape["vocabulary_size"]),
        )
    return OneByOne(trainer)


def sft(shape: dict, model) -> OneByOne:
    """Steps of supervised fine-tuning."""
    data = {"prompt": prompts(shape), "completion": responses(shape, 1)}
    return steps_of(
        SFTTrainer,
        SFTConfig,
        model,
        shape,
        data,
        per_device_train_batch_size=shape["batch_size"],
        max_length=shape["length"],
        completion_only_loss=True,
    )


def dpo(shape: dict, model) -> OneByOne:
    """Steps of DPO; the reference's log-probabilities are computed before the first."""
    data = {
        "prompt": prompts(shape),
        "chosen": responses(shape, 1),
        "rejected": responses(shape, 2),
    }
    return steps_of(
        DPOTrainer,
        DPOConfig,
        model,
        shape,
        data,
        per_device_train_batch_size=shape["batch_size"],
        max_length=shape["length"],
        precompute_ref_log_probs=True,
    )


def grpo(shape: dict, model) -> OneByOne:
    """Steps of GRPO: responses of full length to each prompt, random rewards, one update."""
    random = np.random.default_rng(0)
    new_tokens = shape["length"] - shape["prompt_length"]

    def reward(completions, **_):
        return list(random.normal(size=len(completions)))

    return steps_of(
        functools.partial(GRPOTrainer, reward_funcs=reward),
        GRPOConfig,
        model,
        shape,
        {"prompt": prompts(shape)},
        per_device_train_batch_size=shape["batch_size"] * shape["group_size"],
        num_generations=shape["group_size"],
        max_completion_length=new_tokens,
        generation_kwargs={"min_new_tokens": new_tokens, "use_cache": True},
        beta=0.0,
    )


STAGES = {"SFT": sft, "DPO": dpo, "GRPO": grpo}
