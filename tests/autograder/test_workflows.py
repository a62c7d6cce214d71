"""The workflow templates: well-formed, without rights to spare, and of commands that exist."""

import re
from pathlib import Path

import pytest
import tyro
import yaml

from autograder import __main__ as grader
from autograder import kit, record
from autograder.batch import __main__ as batch

TEMPLATES = {path.name: path.read_text() for path in (kit.AUTOGRADER / "workflows").glob("*.yml")}
TEMPLATES["handout"] = (
    kit.AUTOGRADER / "handout_files" / ".github" / "workflows" / "checks.yml"
).read_text()
COMMANDS = {"autograder": grader, "autograder.batch": batch, "autograder.record": record}


@pytest.fixture(params=sorted(TEMPLATES))
def text(request) -> str:
    return TEMPLATES[request.param]


def steps(text: str) -> list[dict]:
    return yaml.safe_load(text)["jobs"]["grade"]["steps"]


def test_a_template_may_write_nothing_into_the_repository(text):
    assert yaml.safe_load(text)["permissions"]["contents"] == "read"
    job = yaml.safe_load(text)["jobs"]["grade"]
    assert job["timeout-minutes"] <= 60


def test_every_command_of_a_template_exists_with_its_flags(text, capsys):
    seen = 0
    for step in steps(text):
        for module, rest in re.findall(r"python -m (autograder[.\w]*)(.*)", step.get("run", "")):
            with pytest.raises(SystemExit):
                tyro.cli(COMMANDS[module].main, args=["--help"])
            known = capsys.readouterr().out
            for flag in re.findall(r"--[a-z-]+", rest):
                assert flag in known, f"{module} knows no {flag}"
            seen += 1
    assert seen


def test_no_expression_that_a_student_could_fill_stands_in_a_shell_command(text):
    for step in steps(text):
        assert "${{" not in step.get("run", "")


def test_the_token_that_reads_submissions_does_not_stay_beside_them():
    checkout = steps(TEMPLATES["official.yml"])[1]["with"]
    assert checkout["persist-credentials"] is False


def test_the_reporter_gets_the_result_of_the_step_that_it_names():
    text = TEMPLATES["classroom.yml"]
    reporter = next(s for s in steps(text) if "grading-reporter" in s.get("uses", ""))
    (runner,) = reporter["with"]["runners"].split(",")
    assert set(reporter["env"]) == {f"{runner.upper()}_RESULTS"}
    ids = {step.get("id") for step in steps(text)}
    assert (
        re.search(r"steps\.(\w+)\.outputs\.result", reporter["env"]["AUTOGRADER_RESULTS"])[1] in ids
    )


def test_templates_lie_where_the_guide_says():
    guide = (kit.ROOT / "docs" / "instructor-grading.md").read_text()
    for path in re.findall(r"`(autograder/workflows/\w+\.yml)`", guide):
        assert Path(kit.ROOT / path).is_file()
