"""All hostile submissions."""

from hostile import escape, hidden, limits, verdict
from hostile.attack import Attack

ATTACKS: dict[str, Attack] = {
    attack.name: attack for module in (limits, verdict, hidden, escape) for attack in module.ATTACKS
}
GROUPS = {
    "Time, memory, disk, processes": limits.ATTACKS,
    "The verdict": verdict.ATTACKS,
    "What is hidden": hidden.ATTACKS,
    "What lies outside": escape.ATTACKS,
}
