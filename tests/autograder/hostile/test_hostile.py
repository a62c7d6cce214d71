"""Hostile submissions: worth nothing, harmless, and always with a report."""

import pytest

from autograder import isolation, kit
from autograder.verdicts import PASSED
from hostile.arena import Arena, is_worth_nothing
from hostile.corpus import ATTACKS
from hostile.matrix import BEGIN, END, PAGE

TOP = isolation.available().level
# One of each kind, at the levels below the highest.
AT_EVERY_LEVEL = (
    *("fork_bomb", "shared_memory_bomb", "endless_sleep_that_ignores_every_signal"),
    *("closed_directories", "exit_code_zero", "forged_array", "wire_replaced", "daemon"),
    *("memory_of_the_parent", "replaced_modules", "links_for_the_cleaner", "kit_poisoned"),
)

pytestmark = pytest.mark.skipif(TOP < 2, reason="no barrier of this machine would hold them")


@pytest.fixture(scope="module")
def arenas():
    """Arenas by level, each with its warm interpreter, made when first asked for."""
    made: dict[int, Arena] = {}

    def arena(level: int) -> Arena:
        if level not in made:
            made[level] = Arena(level)
        return made[level]

    yield arena
    for one in made.values():
        one.__exit__(None, None, None)


def require_nothing_gained(arena: Arena, name: str, level: int) -> None:
    attack = ATTACKS[name]
    result = arena.fight(attack)
    if level >= attack.zero_from or arena.covered:
        assert is_worth_nothing(result), result.verdict.message
    if level >= attack.contained_from or (attack.contained_by_cover and arena.covered):
        assert not result.damage, (result.damage, result.verdict.message, result.verdict.printed)


def test_the_corpus_is_large():
    assert len(ATTACKS) >= 40


@pytest.mark.parametrize("name", ATTACKS)
def test_at_the_highest_level_no_attack_gains_or_harms_anything(arenas, name):
    attack = ATTACKS[name]
    assert max(attack.zero_from, attack.contained_from, attack.lowest) <= 3
    if attack.lowest > TOP:
        pytest.skip(f"needs L{attack.lowest}")
    require_nothing_gained(arenas(TOP), name, TOP)


@pytest.mark.parametrize("level", range(1, TOP))
def test_below_it_each_kind_is_stopped_as_promised(arenas, level):
    for name in AT_EVERY_LEVEL:
        require_nothing_gained(arenas(level), name, level)


def test_after_all_attacks_a_correct_submission_still_passes(arenas):
    report = arenas(TOP).grade(kit.ROOT)
    assert [verdict.status for verdict in report.verdicts] == [PASSED]


@pytest.mark.exhaustive
@pytest.mark.parametrize("level", range(1, TOP))
def test_at_every_level_every_attack_is_stopped_as_promised(arenas, level):
    for name, attack in ATTACKS.items():
        if level >= attack.lowest:
            require_nothing_gained(arenas(level), name, level)


def test_the_table_of_the_instructors_page_names_every_attack():
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = {line.split(" | ")[0].removeprefix("| ") for line in text.splitlines()}
    assert {name.replace("_", " ") for name in ATTACKS} <= rows
