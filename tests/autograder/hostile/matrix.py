"""Every attack at every isolation level of this machine, as a table:

    PYTHONPATH=.:tests/autograder python -m hostile.matrix

writes it into docs/instructor-security.md. The attacks are real. Those that would harm the machine
at a low level are left out there.
"""

import platform
import time

from autograder import isolation, kit
from autograder.verdicts import LIMIT
from hostile.arena import Arena, Result, is_worth_nothing
from hostile.corpus import GROUPS

PAGE = kit.ROOT / "docs" / "instructor-security.md"
BEGIN, END = "<!-- BEGIN TABLE -->\n", "<!-- END TABLE -->\n"

Results = dict[str, dict[int, Result]]


def run() -> Results:
    """The results by attack and level."""
    results: Results = {}
    for level in range(1, isolation.available().level + 1):
        begun = time.monotonic()
        with Arena(level) as arena:
            for attacks in GROUPS.values():
                for attack in attacks:
                    if level >= attack.lowest:
                        result = arena.fight(attack)
                        results.setdefault(attack.name, {})[level] = result
                        print(f"L{level} {attack.name}: {cell(result)}", flush=True)
        print(f"L{level} took {time.monotonic() - begun:.0f} s", flush=True)
    return results


def table(results: Results) -> str:
    """The part of the page that is generated."""
    levels = sorted({level for found in results.values() for level in found})
    lines = [
        f"Run on Linux {platform.release().split('-')[0]}, {platform.machine()}; "
        f"isolation there: {isolation.available()}.",
        "",
        "| Attack | What it tries |" + "".join(f" L{level} |" for level in levels),
        "|---|---|" + "---|" * len(levels),
    ]
    for group, attacks in GROUPS.items():
        lines.append(f"| **{group}** | |" + " |" * len(levels))
        for attack in attacks:
            found = results[attack.name]
            cells = [cell(found[level]) if level in found else "-" for level in levels]
            name = attack.name.replace("_", " ")
            lines.append(f"| {name} | {attack.aim} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def cell(result: Result) -> str:
    """A result in a few words; what went wrong stands in bold."""
    status = result.verdict.status
    if status == LIMIT:
        status = result.verdict.message.removeprefix("over the limit of ").split(" of ")[0]
    words = [status] if is_worth_nothing(result) else ["**points**"]
    return ", ".join([*words, *(f"**{damage}**" for damage in result.damage)])


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + table(run()) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
