"""Paired timings. All sides of a comparison take turns in one run, so that what the machine does
beside them hits all alike; ratios are taken turn by turn, and their median is reported.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).with_name("results")


def take_turns(sides: dict[str, Callable], rounds: int) -> dict[str, list[float]]:
    """The seconds that each side took in each round, after two rounds that compile and warm up."""
    for _ in range(2):
        for side in sides.values():
            side()
    seconds = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            started = time.perf_counter()
            side()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def comparison(seconds: dict[str, list[float]], ours: str = "ours") -> dict:
    """Median seconds of each side, and how many times faster ours is than each of the others."""
    ratios = {
        name: statistics.median(t / o for t, o in zip(times, seconds[ours], strict=True))
        for name, times in seconds.items()
        if name != ours
    }
    return {
        "seconds": {name: _digits(statistics.median(times)) for name, times in seconds.items()},
        "times_faster": {name: _digits(ratio) for name, ratio in ratios.items()},
        "rounds": len(seconds[ours]),
    }


def write_results(name: str, results: dict) -> None:
    """Write what was measured, with the machine it was measured on, and show it.

    What was measured on other machines stays.
    """
    from importlib.metadata import version

    measured = {
        "machine": machine(),
        "versions": {package: version(package) for package in ("tensorflow", "keras", "numpy")},
        "results": results,
    }
    others = [other for other in read_results(name) if other["machine"] != measured["machine"]]
    RESULTS.mkdir(exist_ok=True)
    _path(name).write_text(json.dumps([*others, measured], indent=2) + "\n")
    print(json.dumps(measured, indent=2))


def read_results(name: str) -> list[dict]:
    """What was written of a benchmark, one entry for each machine, the latest one last."""
    return json.loads(_path(name).read_text()) if _path(name).exists() else []


def _path(name: str) -> Path:
    return RESULTS / f"{name}.json"


def machine() -> str:
    """The processor, in words: a hosted one's name may not say which generation it is of."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line.partition(":") for line in cpuinfo.read_text().splitlines()]
        known = {name.strip(): value.strip() for name, _, value in lines}
        model = known.get("model name", model)
        if "avx512f" in known.get("flags", "").split():
            model += " with AVX-512"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores used, no GPU, {platform.system()}"


def _digits(number: float) -> float:
    """Three digits: there is no more in a timing."""
    return float(f"{number:.3g}")
