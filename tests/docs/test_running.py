"""Every command of the pages runs, in a copy of the repository or in a student's, with the result
that the page promises. `rules.py` says how. `-m "exhaustive and slow"` leaves out those that take
a minute or more each.
"""

import pytest
from rules import RULES, STUDENTS_RULES, Rule, rule_for
from shown_commands import HANDOUT, ROOT, Shown, frames, shown_commands

from autograder import isolation


def is_students(shown: Shown) -> bool:
    return shown.page.startswith(HANDOUT.relative_to(ROOT).as_posix())


def rules_of(shown: Shown) -> list[Rule]:
    return STUDENTS_RULES if is_students(shown) else RULES


def cases() -> list:
    """Every command, each once in the repository and once in the handout."""
    found = {(shown.text, is_students(shown)): shown for shown in shown_commands()}
    marked = []
    for (text, of_student), shown in found.items():
        rule = rule_for(text, rules_of(shown))
        mark = () if rule and rule[0].exhaustive else pytest.mark.slow
        name = f"{'handout' if of_student else 'repository'}: {text}"
        marked.append(pytest.param(text, of_student, marks=mark, id=name))
    return marked


def test_every_command_of_the_pages_has_a_rule():
    without = [shown for shown in shown_commands() if not rule_for(shown.text, rules_of(shown))]
    assert not without


def test_every_rule_is_of_a_command_that_is_shown():
    used = {rule_for(shown.text, rules_of(shown))[0] for shown in shown_commands()}
    used |= {rule_for(text, RULES)[0] for rule in used for text in rule.needs}
    unused = [rule.pattern for rule in RULES + STUDENTS_RULES if rule not in used]
    assert not unused


# All of them together take minutes; the suite holds the rules and parses the commands.
@pytest.mark.exhaustive
@pytest.mark.parametrize(("text", "of_student"), cases())
def test_the_command_runs(text, of_student, workshop):
    if "autograder.batch sub" in text.lower() or "--require-sandbox" in text:
        try:
            isolation.require(isolation.OFFICIAL)
        except isolation.IsolationError as error:
            pytest.skip(str(error))
    workshop.do(text, of_student)


def test_ci_runs_the_test_command_of_the_readme():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] in frames(ROOT / "README.md", "sh")[1].splitlines()
