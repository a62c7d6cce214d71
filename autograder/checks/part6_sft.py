"""Checks of Part 6: packing a conversation, and the loss on its response."""

from types import SimpleNamespace

import numpy as np

from autograder.checks import check
from autograder.checks.losses_tools import rows, value_and_gradients
from autograder.checks.tools import normal, tensor


def _tokenizer(rng):
    """Special ids that are not those of the kit's tokenizer: none may be written into the code."""
    ids = rng.permutation(np.arange(1, 9))[:5]
    names = ("pad_id", "bos_id", "eos_id", "user_id", "assistant_id")
    return SimpleNamespace(**{name: int(i) for name, i in zip(names, ids, strict=True)})


def _tokens(rng, count):
    return rng.integers(20, 90, count).astype(np.int32)


def _packed(assignment, prompt, response, lengths, tokenizer):
    """The arrays of one conversation at several lengths."""
    arrays = {}
    for length in lengths:
        inputs, targets, mask = assignment.text.conversations.pack(
            prompt, response, length, tokenizer
        )
        inputs, end = np.array(inputs), len(prompt) + len(response) + 3
        # No target follows the eos, so whether it stands among the inputs is free.
        if end < min(length, len(inputs)) and inputs[end] == tokenizer.eos_id:
            inputs[end] = tokenizer.pad_id
        arrays[f"inputs at length {length}"] = inputs
        arrays[f"targets at length {length}"] = targets
        arrays[f"response mask at length {length}"] = mask
    return arrays


def _raises(function, *arguments):
    try:
        function(*arguments)
    except ValueError:
        return True
    return False


@check("sft.response_mask", tolerance="exact")
def room_to_spare(assignment, rng):
    """A conversation that fits, with padding behind it."""
    prompt, response = _tokens(rng, 4), _tokens(rng, 3)
    return _packed(assignment, prompt, response, (13,), _tokenizer(rng))


@check("sft.response_mask", tolerance="exact")
def exact_fit(assignment, rng):
    """A conversation of n tokens fills n - 1 places exactly."""
    prompt, response = _tokens(rng, 3), _tokens(rng, 5)
    return _packed(assignment, prompt, response, (11,), _tokenizer(rng))


@check("sft.response_mask", tolerance="exact")
def special_ids_in_the_text(assignment, rng):
    """The mask depends on places, not on values: the text holds special ids too."""
    tokenizer = _tokenizer(rng)
    special = (tokenizer.assistant_id, tokenizer.bos_id, tokenizer.pad_id, tokenizer.eos_id)
    prompt = np.array([*_tokens(rng, 2), *special], np.int32)
    special = (tokenizer.pad_id, tokenizer.eos_id, tokenizer.user_id, tokenizer.assistant_id)
    response = np.array([*special, *_tokens(rng, 3), tokenizer.eos_id], np.int32)
    # With room to spare; without the prompt's beginning; without the response's end.
    return _packed(assignment, prompt, response, (20, 14, 8), tokenizer)


@check("sft.response_mask", tolerance="exact")
def shortest(assignment, rng):
    """A response of one token, and a prompt of none."""
    prompt, response, tokenizer = _tokens(rng, 2), _tokens(rng, 1), _tokenizer(rng)
    alone = _packed(assignment, prompt[:0], response, (6,), tokenizer)
    return _packed(assignment, prompt, response, (8, 5), tokenizer) | alone


@check("sft.response_mask", tolerance="exact")
def long_prompt(assignment, rng):
    """A prompt that is too long loses its beginning, down to nothing."""
    prompt, response = _tokens(rng, 5), _tokens(rng, 3)
    return _packed(assignment, prompt, response, (10, 9, 7, 6), _tokenizer(rng))


@check("sft.response_mask", tolerance="exact")
def long_response(assignment, rng):
    """Once the prompt is gone, the response loses its end."""
    prompt, response = _tokens(rng, 2), _tokens(rng, 6)
    return _packed(assignment, prompt, response, (8, 7, 5, 3), _tokenizer(rng))


@check("sft.response_mask", tolerance="exact")
def nothing_to_learn(assignment, rng):
    """No room for a response token, or no response: a ValueError."""
    prompt, response, tokenizer = _tokens(rng, 4), _tokens(rng, 2), _tokenizer(rng)
    pack = assignment.text.conversations.pack
    arrays = _packed(assignment, prompt, response, (3,), tokenizer)
    cases = {
        "a length of 2": (prompt, response, 2),
        "a length of 1": (prompt, response, 1),
        "an empty response": (prompt, response[:0], 9),
        "an empty prompt and a length of 2": (prompt[:0], response, 2),
        "an empty prompt and a length of 3": (prompt[:0], response, 3),
    }
    for case, arguments in cases.items():
        arrays[f"a ValueError for {case}"] = np.bool_(_raises(pack, *arguments, tokenizer))
    return arrays


def _conversations(rng, batch=3, time=6, vocabulary=7):
    """Logits, targets and a mask whose rows begin late and have unequal lengths."""
    logits = normal(rng, batch, time, vocabulary, scale=2.0)
    targets = rng.integers(0, vocabulary, (batch, time)).astype(np.int32)
    mask = rows([(4, 1, 2, 3)[b % 4] for b in range(batch)], time, [b % 2 for b in range(batch)])
    return logits, targets, mask


def _response_loss(assignment, targets, mask, **options):
    loss = assignment.training.losses.response_loss
    return lambda logits: loss(logits, tensor(targets), tensor(mask), **options)


def _both_means(assignment, logits, targets, mask):
    """The loss and its gradient, for the mean over tokens and for that over sequences."""
    arrays = {}
    for name, per_sequence in (("token mean", False), ("sequence mean", True)):
        loss = _response_loss(assignment, targets, mask, per_sequence=per_sequence)
        found = value_and_gradients(loss, logits=logits)
        arrays |= {f"{key}, {name}": array for key, array in found.items()}
    return arrays


@check("sft.loss", needs=["training.loss"])
def token_mean(assignment, rng):
    """The mean over response tokens, and its gradient: none reaches the prompt."""
    logits, targets, mask = _conversations(rng)
    return value_and_gradients(_response_loss(assignment, targets, mask), logits=logits)


@check("sft.loss", needs=["training.loss"])
def sequence_mean(assignment, rng):
    """The mean over sequences of each one's mean, and its gradient."""
    logits, targets, mask = _conversations(rng)
    loss = _response_loss(assignment, targets, mask, per_sequence=True)
    return value_and_gradients(loss, logits=logits)


@check("sft.loss", needs=["training.loss"])
def square(assignment, rng):
    """As many examples as tokens, so that an exchanged axis does not show in a shape."""
    logits, targets, mask = _conversations(rng, batch=4, time=4, vocabulary=5)
    return _both_means(assignment, logits, targets, mask)


@check("sft.loss", needs=["training.loss"])
def more_padding(assignment, rng):
    """Padding behind the responses changes nothing, whatever the model says there."""
    logits, targets, mask = _conversations(rng)
    logits = np.concatenate([logits, normal(rng, 3, 4, 7, scale=300.0)], axis=1)
    targets = np.pad(targets, ((0, 0), (0, 4)))
    mask = np.pad(mask, ((0, 0), (0, 4)))
    loss, arrays = assignment.training.losses.response_loss, {}
    for name, per_sequence in (("token mean", False), ("sequence mean", True)):
        arrays[name] = loss(logits[:, :6], targets[:, :6], mask[:, :6], per_sequence)
        arrays[f"{name}, padded"] = loss(logits, targets, mask, per_sequence)
    return arrays


@check("sft.loss", needs=["training.loss"], tolerance="loose")
def improbable_targets(assignment, rng):
    """Large logits, and targets whose probability is 0 in single precision; both means."""
    logits, targets, mask = _conversations(rng)
    logits += np.float32(100)
    np.put_along_axis(logits[:2], targets[:2, :, None], -20, axis=-1)
    return _both_means(assignment, logits, targets, mask)
