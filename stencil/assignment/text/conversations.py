"""From a conversation to training arrays: the chat format, and which tokens are to be learned.

A conversation is one row of tokens:

    bos  user  prompt …  assistant  response …  eos

`tokenizer` stands for any object with the ids `pad_id bos_id eos_id user_id assistant_id`.
"""

import numpy as np


def format_prompt(prompt_ids, tokenizer) -> list[int]:
    """The tokens up to where the model begins to answer: bos, user, prompt …, assistant."""
    prompt_ids = np.asarray(prompt_ids, np.int32).tolist()
    return [tokenizer.bos_id, tokenizer.user_id, *prompt_ids, tokenizer.assistant_id]


def pack(
    prompt_ids, response_ids, length: int, tokenizer
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn one conversation into inputs, targets and the mask of what is to be learned.

    The targets are the inputs shifted by one, so a conversation of n tokens fills n − 1 places; the
    rest is `pad_id`. The mask is True exactly where the *target* is a response token or its eos:
    the first of them is predicted at the place where the input is `assistant`.

    A conversation that is too long loses the beginning of its prompt first, then the end of its
    response. An eos behind a response that was cut short would teach the model to stop in the
    middle, so the eos is the first token to go.

    Args:
        prompt_ids: The prompt's token ids, without special tokens.
        response_ids: The response's token ids, without special tokens.
        length: T, the length of the arrays.
        tokenizer: See above.

    Returns:
        Inputs and targets, int32, and the response mask, bool; each `(T,)`.

    Raises:
        ValueError: No response token is left to learn: the response is empty, or `length` is too
            small even without a prompt.
    """
    prompt_ids = np.asarray(prompt_ids, np.int32).tolist()
    response_ids = np.asarray(response_ids, np.int32).tolist()
    # TODO format, cut to fit, shift by one, pad; then mark the targets that are to be learned.
    raise NotImplementedError(
        "sft.response_mask: lay out one example, and mark the response's targets"
    )
