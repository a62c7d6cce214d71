"""Misconceptions of Part 6: packing a conversation."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "mask_of_inputs",
        "sft.response_mask",
        edits=[
            (
                "response_mask[len(prompt) - 1 : len(tokens) - 1] = True",
                "response_mask[len(prompt) : len(tokens)] = True",
            )
        ],
        hint=(
            "The mask marks the places where the *input* is a response token. It belongs to the "
            "targets: the first response token is predicted where the input is `assistant`."
        ),
    ),
    Misconception(
        "first_token_missing",
        "sft.response_mask",
        edits=[
            ("[len(prompt) - 1 : len(tokens) - 1] = True", "[len(prompt) : len(tokens) - 1] = True")
        ],
        hint=(
            "The first response token is not learned. The place that predicts it holds `assistant` "
            "as its input."
        ),
    ),
    Misconception(
        "eos_masked",
        "sft.response_mask",
        edits=[
            (
                "response_mask[len(prompt) - 1 : len(tokens) - 1] = True",
                "response_mask[len(prompt) - 1 : len(prompt) - 1 + len(response_ids)] = True\n"
                "    response_mask[targets == tokenizer.eos_id] = False",
            )
        ],
        hint="The eos behind the response is not learned, so the model would never stop.",
    ),
    Misconception(
        "prompt_learned",
        "sft.response_mask",
        edits=[
            ("response_mask[len(prompt) - 1 : len(tokens) - 1]", "response_mask[: len(tokens) - 1]")
        ],
        hint="The prompt's tokens are marked too. Only the response and its eos are to be learned.",
    ),
    Misconception(
        "padding_learned",
        "sft.response_mask",
        edits=[("[len(prompt) - 1 : len(tokens) - 1] = True", "[len(prompt) - 1 :] = True")],
        hint="Padding behind the eos is marked as something to learn.",
    ),
    Misconception(
        "one_place_too_many",
        "sft.response_mask",
        edits=[("len(prompt) - 1 : len(tokens) - 1]", "len(prompt) - 1 : len(tokens)]")],
        hint="The mask goes one place too far: behind the target eos there is padding.",
    ),
    Misconception(
        "short_prompts_cut",
        "sft.response_mask",
        edits=[("prompt_ids[max(excess, 0) :]", "prompt_ids[excess:]")],
        hint=(
            "A prompt that fits loses its beginning: with tokens to spare the surplus is negative, "
            "and a negative index counts from the end."
        ),
    ),
    Misconception(
        "mask_by_value",
        "sft.response_mask",
        edits=[
            (
                "response_mask[len(prompt) - 1 : len(tokens) - 1] = True",
                "response_mask[len(prompt) - 1 :] = targets[len(prompt) - 1 :] != tokenizer.pad_id",
            )
        ],
        hint=(
            "Padding is recognised by its id, so a response token of the same id is lost. Where "
            "padding begins follows from the number of tokens."
        ),
    ),
    Misconception(
        "assistant_searched",
        "sft.response_mask",
        edits=[
            (
                "response_mask[len(prompt) - 1 : len(tokens) - 1] = True",
                "start = tokens.index(tokenizer.assistant_id)\n"
                "    response_mask[start : len(tokens) - 1] = True",
            )
        ],
        hint=(
            "The response is taken to begin at the first `assistant` id, and a prompt may hold "
            "that id too. Where the response begins follows from the prompt's length."
        ),
    ),
    Misconception(
        "padded_with_zero",
        "sft.response_mask",
        edits=[("np.full(length, tokenizer.pad_id, np.int32)", "np.zeros(length, np.int32)")],
        hint="The padding is 0. Which id pads is for the tokenizer to say.",
    ),
    Misconception(
        "not_shifted",
        "sft.response_mask",
        edits=[
            ("targets[: len(tokens) - 1] = tokens[1:]", "targets[: len(tokens) - 1] = tokens[:-1]")
        ],
        hint="Inputs and targets are equal, so the model learns to copy. Targets are one token on.",
    ),
    Misconception(
        "no_eos",
        "sft.response_mask",
        edits=[
            ("+ len(response_ids) + 1 - room", "+ len(response_ids) - room"),
            ("*response_ids, tokenizer.eos_id]", "*response_ids]"),
        ],
        hint="The eos is missing: a model that never sees one in training never writes one.",
    ),
    Misconception(
        "eos_not_in_the_count",
        "sft.response_mask",
        edits=[("+ len(response_ids) + 1 - room", "+ len(response_ids) - room")],
        hint=(
            "When a conversation is one token too long, the eos goes instead of a prompt token. "
            "The eos takes a place as well: count it."
        ),
    ),
    Misconception(
        "one_place_too_few",
        "sft.response_mask",
        edits=[("room = length + 1 ", "room = length ")],
        hint=(
            "A token is cut although it would fit. The shift by one makes n tokens fill n - 1 "
            "places, so one more of them fits than there are places."
        ),
    ),
    Misconception(
        "prompt_loses_its_end",
        "sft.response_mask",
        edits=[
            (
                "prompt_ids[max(excess, 0) :]",
                "prompt_ids[: len(prompt_ids) - min(max(excess, 0), len(prompt_ids))]",
            )
        ],
        hint=(
            "A long prompt loses its end, where the question usually stands. It should lose its "
            "beginning."
        ),
    ),
    Misconception(
        "all_cut_at_the_end",
        "sft.response_mask",
        edits=[("prompt_ids[max(excess, 0) :]", "prompt_ids")],
        hint="A long conversation loses its response, and keeps its prompt. The prompt goes first.",
    ),
    Misconception(
        "last_of_nothing",
        "sft.response_mask",
        edits=[
            (
                "prompt_ids[max(excess, 0) :]",
                "prompt_ids if excess <= 0 else prompt_ids[-max(len(prompt_ids) - excess, 0) :]",
            )
        ],
        hint=(
            "When no prompt token fits, all of them come back: in Python `x[-0:]` is all of x. "
            "Count from the front what goes instead."
        ),
    ),
    Misconception(
        "eos_forced",
        "sft.response_mask",
        edits=[
            (
                "[*prompt, *response_ids, tokenizer.eos_id][:room]",
                "[*prompt, *response_ids[: max(room - 1 - len(prompt), 0)], "
                "tokenizer.eos_id][:room]",
            )
        ],
        hint=(
            "A response that is cut short still ends in eos, which teaches the model to stop in "
            "the middle. The end is what goes first, and that is the eos."
        ),
    ),
    Misconception(
        "no_error",
        "sft.response_mask",
        edits=[("if not response_ids or len(tokens) <= len(prompt):", "if False:")],
        hint=(
            "An example in which no response token is left passes in silence. It should raise a "
            "ValueError, since there is nothing to learn from it."
        ),
    ),
    Misconception(
        "empty_response_accepted",
        "sft.response_mask",
        edits=[("if not response_ids or len(tokens)", "if len(tokens)")],
        hint="An empty response is accepted. With nothing but an eos to learn it is an error too.",
    ),
    Misconception(
        "until_the_first_eos",
        "sft.response_mask",
        edits=[
            (
                "    response_mask[len(prompt) - 1 : len(tokens) - 1] = True",
                "    response_mask[len(prompt) - 1 : len(tokens) - 1] = True\n"
                "    ends = np.flatnonzero(response_mask & (targets == tokenizer.eos_id))\n"
                "    response_mask[ends[0] + 1 if len(ends) else length :] = False",
            )
        ],
        hint=(
            "The mask ends where an eos first stands in the response, and not at its own: what is "
            "learned depends on places, not on values."
        ),
    ),
]
