"""Let a trained model write: python -m assignment.sample --run-dir runs/NAME"""

from assignment import command_line
from assignment.config import SampleConfig
from assignment.quiet_start import import_tensorflow


def sample(config: SampleConfig) -> None:
    """Print texts that begin with the prompt."""
    config.check()
    import_tensorflow()

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
