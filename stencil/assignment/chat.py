"""Talk to a trained model: python -m assignment.chat --run-dir runs/NAME

Works in a terminal, and from a pipe: one message a line. Ctrl-C ends an answer, Ctrl-D the chat.
"""

import contextlib
import importlib
import sys

from assignment import command_line
from assignment.config import ChatConfig
from assignment.quiet_start import import_tensorflow
from assignment.signals import interruptible

HELP = """\
/stage         list the stages: the runs beside this one, of the same pre-trained model
/stage NAME    talk to another one
/temperature X sample at temperature X; 0 takes the most probable token
/reset         begin anew: forget what was said, draw the same random numbers again
/help          show this list
/quit          leave, as Ctrl-D does; Ctrl-C ends an answer"""


def chat(config: ChatConfig) -> None:
    """Read messages until there are no more, and answer each."""
    config.check()
    import_tensorflow()
    sys.stdin.reconfigure(errors="replace")  # what is not UTF-8 is no reason to stop
    session = Session(config)
    interactive = sys.stdin.isatty()
    if interactive:
        # Gives `input` its line editing and history, where the system has it.
        with contextlib.suppress(ImportError):
            importlib.import_module("readline")
        print(f"You talk to {session.description}. /help lists what else you can do.")
    while True:
        try:
            with interruptible():
                line = input("you> " if interactive else "")
        except EOFError:
            break
        except KeyboardInterrupt:
            print("\n(/quit or Ctrl-D leaves)")
            continue
        try:
            if line.strip() == "/quit":
                break
            if line.startswith("/"):
                print(session.command(*line.split()))
            elif line.strip():
                answer(session, line.strip(), interactive)
        except ValueError as error:
            if not command_line.is_about_input(error):
                raise
            print(f"error: {error}", file=sys.stderr, flush=True)


def answer(session: "Session", message: str, interactive: bool) -> None:
    """Print the answer while it is written."""
    pieces = session.answer(message)
    try:
        for number, piece in enumerate(pieces):
            if number == 0 and interactive:
                print(f"{session.name}> ", end="")
            print(piece, end="", flush=True)
        print()
    except KeyboardInterrupt:
        print(" (stopped)")


class Session:
    """The model that is talked to, and how it is sampled.

    Args:
        config: The settings of the chat.
    """

    def __init__(self, config: ChatConfig):
        from assignment.training.runs import RunDirectory

        self.config = config
        self.temperature = config.temperature
        self.open(RunDirectory(config.run_dir))

    @property
    def name(self) -> str:
        return self.run.path.resolve().name

    @property
    def description(self) -> str:
        turns = "" if self.conversation.knows_turns else ", which goes on with what you write"
        return f"{self.run.path}, stage {self.run.stage()}{turns}"

    def open(self, run) -> None:
        """Talk to the model of another run."""
        from assignment.generation.conversation import Conversation

        stage = run.stage()
        if stage == "reward_model":
            raise ValueError(f"{run.path} is a reward model: it scores answers and writes none.")
        self.conversation = Conversation(
            run.load_model(self.config.checkpoint),
            run.tokenizer(),
            knows_turns=stage != "train",
            remember=self.config.remember,
        )
        self.messages = 0
        self.run = run

    def answer(self, message: str):
        """The pieces of the answer to a message."""
        from assignment.generation.sampling import make_sampler

        self.messages += 1
        sampler = make_sampler(self.temperature, self.config.top_k, self.config.top_p)
        return self.conversation.answer(message, sampler, self.config.seed + self.messages)

    def command(self, name: str, *arguments: str) -> str:
        """Carry out a line that begins with a slash; returns what to print."""
        match name, arguments:
            case "/help", ():
                return HELP
            case "/reset", ():
                self.conversation.reset()
                self.messages = 0
                return "The conversation is forgotten."
            case "/temperature", (value,):
                self.temperature = temperature(value)
                return f"Temperature {self.temperature:g}."
            case "/stage", ():
                return "\n".join(self.stages())
            case "/stage", (stage,):
                stages = self.stages()
                if stage not in stages:
                    raise ValueError(f"No stage {stage!r}. There are: {', '.join(stages)}")
                self.open(stages[stage])
                return f"You talk to {self.description}."
        raise ValueError(f"Unknown command {' '.join([name, *arguments])!r}.\n{HELP}")

    def stages(self) -> dict:
        """The runs of language models that began with the same pre-training run, by name."""
        from assignment.training.runs import RunDirectory

        root = self.run.pre_training().path.resolve()
        found = {}
        for path in sorted(self.run.path.resolve().parent.iterdir()):
            run = RunDirectory(path)
            with contextlib.suppress(ValueError):  # damaged, or without the run that it began with
                if run.stage() != "reward_model" and run.pre_training().path.resolve() == root:
                    found[path.name] = run
        return found


def temperature(value) -> float:
    """A temperature, from what somebody wrote."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(f"A temperature is a number from 0 upwards. Received: {value}")
    return number


if __name__ == "__main__":
    command_line.run(chat, ChatConfig)
