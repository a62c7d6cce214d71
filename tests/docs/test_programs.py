"""The programs that the pages show run, and what an instructor's page quotes is in the code."""

import pytest
from shown_commands import PAGES, ROOT, frames

# What a page's program takes for granted: a model.
BEFORE = {
    "docs/part4-sampling.md": """
import numpy as np
from assignment.config import TrainConfig
from assignment.models.building import build_model
model = build_model(TrainConfig(preset="smoke").resolve()[1])
batch_size, max_length, index, token_ids = 2, 7, 0, np.ones((2, 3), "int32")
""",
}
PRINTED = {"docs/part1-text.md": "characters per token", "docs/part2-recurrent.md": r"\de-0[678]\n"}
QUOTES = ROOT / "docs" / "instructor.md"


def programs() -> dict[str, str]:
    """The Python frames of a page, as one program, by page."""
    pages = {page.relative_to(ROOT).as_posix(): frames(page, "python") for page in PAGES}
    return {name: "\n".join(shown) for name, shown in pages.items() if shown}


@pytest.mark.exhaustive
@pytest.mark.parametrize("page", [p for p in programs() if ROOT / p != QUOTES])
def test_the_program_runs(page, workshop):
    failure = workshop.run_program(BEFORE.get(page, "") + programs()[page], PRINTED.get(page, ""))
    assert not failure, failure


def test_the_instructors_guide_quotes_the_code():
    code = {
        line
        for folder in ("assignment", "autograder")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    quoted = "\n".join(frames(QUOTES, "python")).splitlines()
    assert [line for line in quoted if line not in code and line.strip() != "..."] == []
