"""How each command of the pages is run in the tests: as it is shown, or the same one made small."""

import re
from dataclasses import dataclass

FEW_STEPS = " --steps 2 --batch-size 4 --evaluate-every 2"
SMALL_MODEL = " --preset smoke" + FEW_STEPS
CAUSAL = " --exercise masking.causal"

TRAIN = "python -m assignment.train"
SFT = "python -m assignment.sft"
WORKED_SFT = "python -m assignment.sft --data arithmetic --noise 0.4"
REWARD_MODEL = "python -m assignment.reward_model"
PPO = "python -m assignment.ppo"
BATCH = "python -m autograder.batch submissions --out results --jobs 4"
HANDOUT = "python -m autograder.handout ../student-repository"
HIDDEN = (
    'python -m autograder.record --seed "a secret of 12 characters or more" '
    "--out ../hidden --variants 4"
)
MKDOCS = ("python -m venv .docs-venv", ".docs-venv/bin/pip install -r docs/requirements.txt")


@dataclass(frozen=True)
class Rule:
    """What is done with the commands that a pattern matches.

    Attributes:
        pattern: Of the whole command.
        run: What is run: a template for the match. `\\g<0>` is the command as it is shown.
        says: A pattern of what it prints.
        needs: Commands of the pages that have to be run before.
        code: The exit code.
        typed: What is typed into it.
        serves: It is a server: it is stopped when it has answered.
        exhaustive: It takes a minute or more, or the network.
    """

    pattern: str
    run: str = r"\g<0>"
    says: str = ""
    needs: tuple[str, ...] = ()
    code: int = 0
    typed: str = ""
    serves: bool = False
    exhaustive: bool = False


ENVIRONMENT = [
    Rule(r"python3 -m venv \.venv", r"\g<0> --without-pip"),
    Rule(r"source \.venv/bin/activate", needs=("python3 -m venv .venv",)),
    Rule(
        r"pip install -r requirements\.txt",
        r"python -m \g<0> --dry-run",
        says="already satisfied: tensorflow==",
    ),
    Rule(r"python --version", says=r"Python 3\."),
    Rule(
        r"(python3 -m venv \.venv) && \S*(pip install -q -r \S+) && \S*python -m (pytest|\S+train)",
        r"\1 --without-pip && python -m \2 --dry-run && python -m pytest --version",
        says="pytest",
        needs=(TRAIN,),
    ),
    Rule(
        r"(?:\.venv/bin/)?(?:python -m )?(pytest.*tests/autograder.*|pytest -m exhaustive)",
        r"python -m \1 --collect-only",
        says=r"tests/autograder/test_\w+\.py",
    ),
    Rule(r"tensorboard --logdir runs(/pipeline)?", r"\g<0> --port 0", serves=True),
]

STAGES = [
    Rule(
        TRAIN,
        r"\g<0> --run-dir runs/transformer-tiny-stories" + SMALL_MODEL,
        says="validation loss",
    ),
    Rule(
        r"python -m assignment\.train --model lstm",
        r"\g<0> --run-dir runs/lstm-tiny-stories" + SMALL_MODEL,
        says="validation loss",
    ),
    Rule(
        r"python -m assignment\.train( --model lstm)? --preset smoke",
        r"\g<0>" + FEW_STEPS,
        says="validation loss",
    ),
    Rule(
        r"(python -m assignment\.train --corpus) PATH_OR_NAME",
        r"\1 data/stories/validation.txt --vocabulary-size 400" + SMALL_MODEL,
        says="validation loss",
    ),
    Rule(
        r"cd stencil && python -m assignment\.train --preset smoke",
        says="The exercise text.tokenizer is still blank",
        code=3,
    ),
    Rule(
        r"python -m assignment\.sft( --lora-rank .*| --data arithmetic --noise .*)?",
        r"\g<0>" + FEW_STEPS,
        says="weights are trained",
        needs=(TRAIN,),
    ),
    Rule(REWARD_MODEL, r"\g<0> --ranked-prompts 4" + FEW_STEPS, "ranked as labelled", (SFT,)),
    Rule(r"python -m assignment\.dpo( .*)?", r"\g<0>" + FEW_STEPS, "positive margin", (SFT,)),
    Rule(PPO + "( .*)?", r"\g<0>" + FEW_STEPS, "gold reward", (REWARD_MODEL,)),
    Rule(r"python -m assignment\.grpo( .*)?", r"\g<0>" + FEW_STEPS, "pass", (WORKED_SFT,)),
    Rule(
        r"(python -m assignment\.pipeline)(?: --preset smoke)?",
        r"\1 --preset smoke --effort 0.02",
        says="The report card: ",
        exhaustive=True,
    ),
]

TRAINED = [
    Rule(
        r"python -m assignment\.sample --run-dir runs/lstm-smoke-stories( .*)?",
        says="---",
        needs=(f"{TRAIN} --model lstm --preset smoke",),
    ),
    Rule(
        r"python -m assignment\.sample --run-dir runs/transformer-smoke-stories",
        says="---",
        needs=(f"{TRAIN} --preset smoke",),
    ),
    Rule(
        r"python -m assignment\.sample --run-dir runs/transformer-tiny-stories --prompt .*",
        says="Once there was a fox",
        needs=(TRAIN,),
    ),
    Rule(
        r"python -m assignment\.evaluate(?: --run-dir runs/transformer-tiny-stories)?",
        says="nats per character",
        needs=(TRAIN,),
    ),
    Rule(
        r"(python -m assignment\.(?:evaluate|chat) --run-dir runs)/pipeline/ppo",
        r"\1/ppo-transformer-tiny-stories",
        needs=(PPO,),
        typed="Tell me a story.\n",
    ),
    Rule(
        r"python -m assignment\.evaluate --run-dir runs/(sft|dpo|ppo)-transformer-tiny-stories",
        says="gold reward",
        needs=(SFT, "python -m assignment.dpo", PPO),
    ),
    Rule(
        r"python -m assignment\.evaluate --run-dir runs/grpo-transformer-tiny-stories",
        says="pass",
        needs=("python -m assignment.grpo",),
    ),
    Rule(
        r"python -m assignment\.chat(?: --run-dir runs/sft-transformer-tiny-stories)?",
        needs=(SFT,),
        typed="/stage\nTell me a story.\n/quit\n",
        says="sft-transformer-tiny-stories",
    ),
]

# What the solution earns, what the stencil does.
GRADING = [
    Rule(r"python -m autograder(?: \.)?(?: --status)?", r"\g<0>" + CAUSAL, says=r"2 of 2|1 done"),
    Rule(
        r"python -m autograder --exercise (text\.tokenizer|masking\.causal)",
        says=r"(\d) of \1 points",
    ),
    Rule(r"python -m autograder --exercise \w+\.\w+", says=r"(\d) of \1 points", exhaustive=True),
    Rule(r"python -m autograder --exercise ID", "python -m autograder" + CAUSAL),
    Rule(r"(python -m autograder --explain) ID", r"\1 masking.causal", says="caught by"),
    Rule(
        r"(python -m autograder) (?:stencil|\[SUBMISSION\])( --status)?(?:" + CAUSAL + ")?",
        r"\1 stencil\2" + CAUSAL,
        says=r"0 of 2 points",
        code=1,
    ),
    Rule(
        r"(python -m autograder) SUBMISSION( --require-sandbox .*)",
        r"\1 stencil\2" + CAUSAL,
        says=r"0 of 2 points",
        code=1,
    ),
    Rule(
        r"(pytest autograder --submission) DIR",
        r"\1 stencil -k masking.causal",
        says="not written yet",
        code=1,
    ),
    Rule(
        r"python -m autograder\.batch submissions --out results"
        r"( --jobs 4| --exercise masking\.causal)",
        r"\g<0>" + CAUSAL,
        says="gradebook: results/gradebook.csv",
    ),
    Rule(
        r"(python -m autograder\.batch) SUBMISSIONS --out DIR",
        r"\1 submissions --out other-results" + CAUSAL,
        says="gradebook: other-results/gradebook.csv",
    ),
    Rule(
        r"python -m autograder\.batch submissions --out results --regrade alice",
        r"\g<0>" + CAUSAL,
        says="1 submissions, 0 of them graded",
        needs=(BATCH,),
    ),
    Rule(
        r"python -m autograder results/students/alice/submission --html alice\.html",
        r"\g<0>" + CAUSAL,
        says="0 of 2 points",
        code=1,
        needs=(BATCH,),
    ),
    Rule(HIDDEN, says="variant 4 in", exhaustive=True),
    Rule(
        r"(python -m autograder\.record --seed) SECRET --out DIR",
        r'\1 "another secret of so many characters" --out ../others --variants 1',
        says="variant 1 in",
        exhaustive=True,
    ),
    Rule(
        r"python -m autograder\.batch submissions --out results --hidden \.\./hidden",
        r"\g<0>" + CAUSAL,
        needs=(HIDDEN,),
        exhaustive=True,
    ),
    Rule(
        r"python -m autograder results/students/alice/submission --outputs \.\./hidden/variant-2",
        r"\g<0>" + CAUSAL,
        says="0 of 2 points",
        code=1,
        needs=(BATCH, HIDDEN),
        exhaustive=True,
    ),
    Rule(r"python -c .*hidden\.variant_of.*", says="variant-", needs=(HIDDEN,), exhaustive=True),
    Rule(
        r"python -m autograder\.gradescope grader\.zip --hidden .*",
        says="wrote grader.zip",
        needs=(HIDDEN,),
        exhaustive=True,
    ),
    Rule(r"python -m autograder\.gradescope OUT\.zip", says="wrote OUT.zip"),
    Rule(r"PYTHONPATH=\S+ python -m hostile\.matrix", exhaustive=True),
]

GENERATING = [
    Rule(r"(python -m autograder\.(?:stencil|table))(?: \[(--check)\])?", r"\1 \2"),
    Rule(r"python -m (docs\.pictures|data\.generate)"),
    Rule(r"python -m docs\.screenshot", says="KiB", needs=(TRAIN,), exhaustive=True),
    Rule(r"python -m data\.statistics", says="entropy, nats per story"),
    Rule(
        r"(python -m autograder\.record)(?: --exercises \S+)?",
        r"\1 --exercises masking.causal",
        says="misconceptions; ",
        exhaustive=True,
    ),
    Rule(
        r"(python -m autograder\.record --prove-exercise) (ID|masking\.causal|attention\S+)",
        r"\1 masking.causal",
        says="passes",
        exhaustive=True,
    ),
    Rule(
        r"python -m autograder\.calibrate(?: --exercises .*)?",
        "python -m autograder.calibrate --exercises masking.causal",
        says="checks calibrated",
        exhaustive=True,
    ),
    Rule(
        r"(python -m autograder) DIRECTORY --exercise ID",
        r"\1 stencil --exercise masking.causal",
        says="not written yet",
        code=1,
    ),
    Rule(r"(python -m autograder\.handout) OUT", r"\1 ../out", says="wrote"),
    Rule(HANDOUT, says="wrote"),
    Rule(r"cd \.\./student-repository && git init .*", says="Start", needs=(HANDOUT,)),
    # Hours, or a machine of their own; tests/docs/test_performance.py holds what they measured.
    Rule(r"(python -m benchmarks\.\w+)(?: --peer-python \S+)?", r"\1 --help", says="usage: "),
    # Named in a sentence, without what it needs.
    Rule(r"python -m autograder\.(batch|handout)", r"\g<0> --help", says="usage: "),
    Rule(MKDOCS[0], exhaustive=True),
    Rule(MKDOCS[1], needs=MKDOCS[:1], exhaustive=True),
    Rule(r"\S+mkdocs build .*", needs=MKDOCS, says="Documentation built", exhaustive=True),
    Rule(r"(\S+mkdocs) serve .*", needs=MKDOCS, serves=True, exhaustive=True),
]

# In a student's repository, where everything is blank.
STUDENTS = [
    Rule(r"python -m autograder( --status)?", r"\g<0>" + CAUSAL, says="0 of 2 points", code=1),
    Rule(r"python -m autograder --exercise \S+", says="not written yet|0 of \d points", code=1),
    Rule(
        TRAIN + "( --model lstm --preset smoke)?",
        says="The exercise text.tokenizer is still blank",
        code=3,
    ),
    Rule(
        r"python -m assignment\.sample( --run-dir .*)?",
        says="error: .* is not a run directory",
        code=2,
    ),
]

RULES = ENVIRONMENT + STAGES + TRAINED + GRADING + GENERATING
STUDENTS_RULES = ENVIRONMENT + STUDENTS


def rule_for(text: str, rules: list[Rule]) -> tuple[Rule, str] | None:
    """The first rule that is about a command, and what it says to run."""
    for rule in rules:
        if match := re.fullmatch(rule.pattern, text):
            return rule, match.expand(rule.run)
    return None
