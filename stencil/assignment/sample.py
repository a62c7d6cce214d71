"""Let a trained model write: python -m assignment.sample --run-dir runs/NAME"""

from assignment import command_line
from assignment.config import SampleConfig


def sample(config: SampleConfig) -> None:
    """Print texts that begin with the prompt."""
    check(config)

    from assignment.generation.sampling import make_sampler
    from assignment.generation.text import TextGenerator
    from assignment.training.runs import RunDirectory

    run = RunDirectory(config.run_dir)
    model, tokenizer = run.load_model(config.checkpoint), run.tokenizer()
    generator = TextGenerator(
        model,
        tokenizer,
        make_sampler(config.temperature, config.top_k, config.top_p),
        new_tokens(config, len(tokenizer.encode(config.prompt)), model.config.max_sequence_length),
        tokenizer.newline_id if config.stop_at_newline else None,
    )
    for text in generator([config.prompt] * config.samples, config.seed):
        if config.stop_at_newline:
            # A line break can also be written as its byte, which is a token of its own.
            text = text.partition("\n")[0]
        print((config.prompt + text).strip("\n"), end="\n---\n")


def check(config: SampleConfig) -> None:
    """Raise ValueError for a value that no model can do anything with."""
    if config.samples < 1:
        raise ValueError(f"--samples must be at least 1. Received: {config.samples}")
    if config.temperature < 0:
        raise ValueError(f"--temperature must not be negative. Received: {config.temperature}")
    if config.top_k < 0:
        raise ValueError(f"--top-k must not be negative. Received: {config.top_k}")
    if not 0 < config.top_p <= 1:
        raise ValueError(f"--top-p must be in (0, 1]. Received: {config.top_p}")
    if not config.prompt:
        raise ValueError('--prompt is empty. For a text without a given beginning use "\\n".')


def new_tokens(config: SampleConfig, prompt_tokens: int, context: int) -> int:
    """How many tokens to write: what was asked for, if the model's context has room for it."""
    room = context - prompt_tokens
    if room < 1:
        raise ValueError(
            f"The prompt takes {prompt_tokens} tokens, and the model's context has {context}: "
            "there is no room to go on. Use a shorter --prompt."
        )
    wanted = room if config.max_new_tokens is None else config.max_new_tokens
    if not 1 <= wanted <= room:
        raise ValueError(
            f"The model's context has {context} tokens, and the prompt takes {prompt_tokens}: "
            f"--max-new-tokens can be from 1 to {room}. Received: {wanted}"
        )
    return wanted


if __name__ == "__main__":
    command_line.run(sample, SampleConfig)
