"""ppo and grpo as commands: what they refuse, each in one line and before anything is written."""

import pytest
from test_bad_input import assert_refused
from tiny_runs import run_command


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("grpo", ["--group-size", "1"], ["--group-size must be at least 2", "1"]),
        ("grpo", ["--minibatches", "3"], ["--minibatches must divide", "32 prompts of 8"]),
        ("grpo", ["--temperature", "0"], ["--temperature must be positive", "0"]),
        ("grpo", [], ["sft-arithmetic-transformer-tiny-stories", "assignment.sft --data arith"]),
        ("ppo", ["--gamma", "2"], ["--gamma must be from 0 to 1", "2"]),
        ("ppo", ["--minibatches", "5"], ["--minibatches must divide --batch-size", "5 and 64"]),
        ("ppo", ["--kl-target", "3", "--kl-coefficient", "0"], ["must not start at 0"]),
        ("ppo", ["--from", "."], ["is not a run directory"]),
    ],
)
def test_what_cannot_work_is_refused(name, arguments, words, tmp_path):
    finished = run_command(name, *arguments, directory=tmp_path)
    assert_refused(finished, *words)
    assert not (tmp_path / "runs").exists()
