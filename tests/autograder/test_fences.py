import ast
import re

import pytest

from autograder import fences

SOLUTION = '''\
def causal_mask(query_length):
    """Given."""
    # BEGIN SOLUTION masking.causal
    # TODO compare positions
    rows = query_length
    # TODO and nothing else
    return rows
    # END SOLUTION


class Layer:
    def call(self, x):
        # BEGIN SOLUTION masking.causal
        return x + 41
        # END SOLUTION

    def other(self):
        return self.call(1)
'''


def test_regions_are_found_in_order_with_their_bodies():
    first, second = fences.regions(SOLUTION)
    assert (first.exercise, first.indent, second.indent) == ("masking.causal", " " * 4, " " * 8)
    assert second.body == "        return x + 41"


def test_the_stencil_keeps_hints_and_raises_the_task():
    stencil = fences.strip(SOLUTION)
    assert "    # TODO compare positions\n    # TODO and nothing else\n    raise" in stencil
    assert len(re.findall(r'raise NotImplementedError\(\s*"masking.causal: let', stencil)) == 2
    assert "41" not in stencil and "SOLUTION" not in stencil
    ast.parse(stencil)


def test_kept_exercises_lose_only_their_fences():
    kept = fences.strip(SOLUTION, keep={"masking.causal"})
    lines = [line for line in SOLUTION.splitlines() if "SOLUTION" not in line]
    assert kept.splitlines() == lines


def test_a_long_task_is_broken_within_the_line_length():
    deep = "def f():\n" + "".join(f"{'    ' * i}if f:\n" for i in range(1, 8))
    indent = "    " * 8
    text = f"{deep}{indent}# BEGIN SOLUTION masking.causal\n{indent}f()\n{indent}# END SOLUTION\n"
    stencil = fences.strip(text)
    assert max(map(len, stencil.splitlines())) <= 100
    node = next(node for node in ast.walk(ast.parse(stencil)) if isinstance(node, ast.Raise))
    assert node.exc.args[0].value.startswith("masking.causal: let each query see the keys")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("def f():\n    # BEGIN SOLUTION masking.causal\n    pass\n", ":2: .* not closed"),
        ("def f():\n    pass\n    # END SOLUTION\n", ":3: END SOLUTION without"),
        ("def f():\n    # BEGIN SOLUTION no.such\n    # END SOLUTION\n", "no exercise 'no.such'"),
        (
            "def f():\n    # BEGIN SOLUTION masking.causal\n    # BEGIN SOLUTION training.loss\n",
            ":3: fence within the fence of line 2",
        ),
        (
            "def f():\n    # BEGIN SOLUTION masking.causal\n    pass\n# END SOLUTION\n",
            ":4: indented unlike",
        ),
        ("# BEGIN SOLUTION masking.causal\nx = 1\n# END SOLUTION\n", "not inside a function"),
        ("def f():\n    # begin solution masking.causal\n    pass\n", "Received: '# begin"),
        ("def f():\n    # BEGIN SOLUTION\n    pass\n", "Received: '# BEGIN SOLUTION'"),
    ],
)
def test_a_malformed_fence_is_reported_with_its_line(text, complaint):
    with pytest.raises(fences.FenceError, match=complaint):
        fences.regions(text, "file.py")
