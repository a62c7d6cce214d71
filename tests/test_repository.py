"""The repository itself: lint, formatting, and what stands at its top level."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOP_LEVEL = {
    "README.md", "LICENSE", "requirements.txt", "pyproject.toml", ".gitignore", ".ci",
    "assignment", "stencil", "autograder", "data", "docs", "tests", "benchmarks",
}  # fmt: skip


def tracked_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return listed.stdout.splitlines()


def test_the_top_level_holds_what_the_design_names_and_nothing_else():
    assert {path.split("/")[0] for path in tracked_files()} <= TOP_LEVEL


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_is_content(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_ci_script_runs_the_test_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text()
    readme = (ROOT / "README.md").read_text()
    command = script.strip().splitlines()[-1]
    assert command.endswith("-m pytest")
    assert command in readme


def test_every_requirement_is_pinned_exactly():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    requirements = [line.split("#")[0].strip() for line in lines]
    assert all("==" in requirement for requirement in requirements if requirement)


def test_imports_in_the_solution_run_downwards_only():
    layers = ["config", "signals", "files", "command_line", "text", "layers", "models"]
    rank = {name: level for level, name in enumerate(layers)}
    rank |= {"training": 7, "generation": 7, "evaluation": 7, "alignment": 8, "reporting": 9}
    for path in (ROOT / "assignment").glob("*/*.py"):
        own = path.parent.name
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] == ["from"] and words[1].startswith("assignment."):
                imported = words[1].split(".")[1]
                assert rank[imported] <= rank[own], f"{path.name}: {line.strip()}"
