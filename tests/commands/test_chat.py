"""python -m assignment.chat: from a pipe, and in a terminal with its keys."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tiny_runs import ENVIRONMENT, command

CONTEXT = 2048
CTRL_C, CTRL_D = b"\x03", b"\x04"


@pytest.fixture(scope="module")
def runs(story_tokenizer, tmp_path_factory) -> Path:
    """Runs of three stages, of models that were not trained: they write, and do not stop."""
    from assignment.config import RewardModelConfig, TransformerConfig
    from assignment.models.building import build_model
    from assignment.training.checkpoints import Checkpointer
    from assignment.training.optimizers import AdamW
    from assignment.training.runs import RunDirectory

    directory = tmp_path_factory.mktemp("runs")
    shape = dict(
        vocabulary_size=400,
        hidden_dim=8,
        num_layers=1,
        num_heads=1,
        intermediate_dim=8,
        max_sequence_length=CONTEXT,
    )
    parent = None
    for stage, config_class in (
        ("train", TransformerConfig),
        ("sft", TransformerConfig),
        ("reward_model", RewardModelConfig),
    ):
        config = config_class(**shape)
        run = RunDirectory(directory / f"my-{stage}")
        run.create(stage, config, {}, story_tokenizer, parent)
        model, optimizer = build_model(config), AdamW(1e-3)
        optimizer.build(model.trainable_variables)
        Checkpointer(model, optimizer, run.checkpoints).save(1)
        parent = parent or run
    return directory


def talk(runs: Path, messages: bytes, *flags) -> subprocess.CompletedProcess:
    """What comes out of a chat whose messages come from a pipe."""
    arguments = command("chat", "--run-dir", runs / "my-sft", *flags)
    return subprocess.run(
        arguments, input=messages, env=ENVIRONMENT, capture_output=True, timeout=300
    )


def test_a_pipe_gets_the_answers_and_what_the_commands_say_and_nothing_else(runs):
    lines = [
        b"/temperature 0", b"Hello", b"", b"/reset", b"Hello", b"/stage", b"/stage my-train",
        b"Hello", b"/help", b"/quit", b"never read",
    ]  # fmt: skip
    (runs / "my-damaged").mkdir()
    (runs / "my-damaged" / "config.json").write_text("{")
    finished = talk(runs, b"\n".join(lines))
    assert finished.returncode == 0, finished.stderr
    out = finished.stdout.decode()
    first, rest = out.removeprefix("Temperature 0.\n").split("The conversation is forgotten.\n")
    second, rest = rest.split("my-sft\nmy-train\nYou talk to ")
    assert first == second != ""
    assert rest.startswith(f"{runs / 'my-train'}, stage train, which goes on with what you write.")
    assert "/temperature X" in rest
    assert "never read" not in out
    assert "you>" not in out


def test_a_mistake_is_answered_by_a_line_and_the_chat_goes_on(runs):
    too_long = b"word " * CONTEXT
    lines = [
        b"/stage other", b"/stage my-reward_model", b"/temperature warm", b"/temperature -1",
        b"/nonsense", too_long, b"/reset now", b"caf\xe9 \xff", b"/temperature 2",
    ]  # fmt: skip
    finished = talk(runs, b"\n".join(lines))
    assert finished.returncode == 0, finished.stderr
    errors = re.findall(r"^error: .*", finished.stderr.decode(), re.MULTILINE)
    expected = [
        "No stage 'other'. There are: my-sft, my-train",
        "No stage 'my-reward_model'",
        "from 0 upwards. Received: warm",
        "from 0 upwards. Received: -1",
        "Unknown command '/nonsense'",
        "of which a message may take 1536: shorten it",
        "Unknown command '/reset now'",
    ]
    assert len(errors) == len(expected)
    for error, words in zip(errors, expected, strict=True):
        assert words in error
    assert finished.stdout.decode().endswith("Temperature 2.\n")
    assert "Traceback" not in finished.stderr.decode()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--temperature", "-1"], "--temperature must be 0 or more, and finite. Received: -1"),
        (["--temperature", "inf"], "--temperature must be 0 or more, and finite. Received: inf"),
        (["--top-p", "0"], "--top-p must be above 0 and at most 1"),
        (["--run-dir", "nowhere"], "nowhere is not a run directory"),
        (["--run-dir", "my-reward_model"], "is a reward model"),
    ],
)
def test_what_cannot_be_talked_to_is_refused(flags, words, runs):
    arguments = command("chat", "--run-dir", runs / "my-sft", *flags)
    finished = subprocess.run(
        arguments, input=b"", cwd=runs, env=ENVIRONMENT, capture_output=True, timeout=300
    )
    assert finished.returncode == 2
    (line,) = re.findall(r"^error: .*", finished.stderr.decode(), re.MULTILINE)
    assert words in line


class Terminal:
    """A chat in a pseudo-terminal."""

    def __init__(self, runs: Path):
        self.seen = ""
        process, self.file = pty.fork()
        if not process:
            arguments = command("chat", "--run-dir", runs / "my-sft")
            os.execvpe(arguments[0], arguments, ENVIRONMENT)
        self.process = process

    def type(self, keys: bytes) -> None:
        os.write(self.file, keys)

    def read_until(self, pattern: str, seconds: float = 120) -> str:
        """What appears up to a pattern; each call goes on behind the one before."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.file], [], [], deadline - time.monotonic())
            assert ready, f"{pattern!r} does not appear: {self.seen}"
            try:
                self.seen += os.read(self.file, 1024).decode(errors="replace")
            except OSError:  # the other side is closed
                raise AssertionError(f"the chat ended: {self.seen}") from None
        shown, self.seen = self.seen[: match.end()], self.seen[match.end() :]
        return shown

    def exit_code(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
    reason="the tests run in the background, where Ctrl-C is ignored, and processes inherit that",
)
def test_in_a_terminal_it_says_who_it_is_streams_and_obeys_its_keys(runs):
    terminal = Terminal(runs)
    greeting = terminal.read_until("you> ")
    assert "my-sft, stage sft. /help lists" in greeting
    time.sleep(1)  # `input` writes its prompt some time before it waits for keys and signals
    terminal.type(CTRL_C)
    assert "Ctrl-D leaves" in terminal.read_until("you> ")

    terminal.type(b"Hello\r")
    terminal.read_until(r"my-sft> (?s:.{3})")  # an answer begins to appear long before its end
    terminal.type(CTRL_C)
    assert "(stopped)" in terminal.read_until("you> ")
    terminal.type(b"/stage my-train\r")
    terminal.read_until("stage train, which goes on with what you write")
    terminal.read_until("you> ")
    terminal.type(CTRL_D)
    assert terminal.exit_code() == 0
