"""Checks of Part 3: a run that is interrupted and resumed is the run without the interruption.

Every stage runs in a process of its own.
"""

from pathlib import Path

import numpy as np

from autograder.checks import check
from autograder.checks.checkpoint_tools import DIRECTORY, Run


def _number(step):
    """A step as an array; -1 stands for None."""
    if hasattr(step, "assign"):
        raise TypeError(
            "a step was returned as a variable, which changes at the next restore: int(…) of it"
        )
    return np.array(-1 if step is None else int(step), np.int64)


def _interrupted(assignment, rng):
    run = Run(assignment, rng)
    run.train(1, 3)
    run.checkpointer.save(3)
    run.train(4, 4)  # lost with the process


@check("training.checkpoint", before=(_interrupted,))
def resumed_run(assignment, rng):
    """Three steps, saved; a new process restores, and goes on like a run without interruption."""
    run = Run(assignment, rng, start=-0.5)
    step = run.checkpointer.restore_latest()
    restored = {f"restored {name}": value for name, value in run.state().items()}
    losses = run.train(4, 6)
    return {"step": _number(step), **restored, "losses": losses, **run.state()}


@check("training.checkpoint", before=(_interrupted,))
def resumed_twice(assignment, rng):
    """What a resumed run saves can be resumed again."""
    run = Run(assignment, rng, start=-0.5)
    run.checkpointer.restore_latest()
    run.train(4, 5)
    run.checkpointer.save(5, 0.7)
    again = Run(assignment, rng, start=2.0)
    step = again.checkpointer.restore_latest()
    losses = again.train(6, 6)
    return {"step": _number(step), "losses": losses, **again.state()}


@check("training.checkpoint", tolerance="exact")
def empty_directory(assignment, rng):
    """Without a checkpoint both restores return None, and change nothing."""
    run = Run(assignment, rng)
    run.mark(4.0)
    first = run.checkpointer.restore_latest(), run.checkpointer.restore_best()
    untouched = run.marks()
    run.checkpointer.save(12)
    run.mark(5.0)
    steps = (*first, run.checkpointer.restore_latest(), run.checkpointer.restore_best())
    return {
        "steps before and after the first save": np.array([_number(step) for step in steps]),
        "weights": untouched,
        "weights of step 12": run.marks(),
    }


@check("training.checkpoint", tolerance="exact")
def step_zero(assignment, rng):
    """A checkpoint of step 0 is a checkpoint."""
    Run(assignment, rng).save_marked(0, 1.0)
    run = Run(assignment, rng, start=-0.5)
    steps = [run.checkpointer.restore_latest(), run.checkpointer.restore_best()]
    run.save_marked(7)
    steps += [run.checkpointer.restore_best(), run.checkpointer.restore_latest()]
    return {"steps": np.array([_number(step) for step in steps])}


def _many_saves(assignment, rng):
    run = Run(assignment, rng, keep=2)
    for step, metric in ((10, 3.0), (20, 1.5), (30, 2.0), (40, None), (50, 1.53)):
        run.save_marked(step, metric)


@check("training.checkpoint", tolerance="exact", before=(_many_saves,))
def best_checkpoint(assignment, rng):
    """restore_best goes to the smallest metric, however many checkpoints came after it."""
    run = Run(assignment, rng, keep=2)
    steps = [run.checkpointer.restore_best()]
    marks = [run.marks()]
    steps.append(run.checkpointer.restore_latest())
    marks.append(run.marks())
    again = Run(assignment, rng, start=2.0, keep=2)  # goes on from the best one, with its metric
    again.checkpointer.restore_best()
    again.save_marked(60, 2.9)
    steps.append(again.checkpointer.restore_best())
    marks.append(again.marks())
    return {"steps": np.array([_number(step) for step in steps]), "weights": np.stack(marks)}


@check("training.checkpoint", tolerance="exact", before=(_many_saves,))
def best_of_both_processes(assignment, rng):
    """A resumed run remembers the best metric of the run before it."""
    run = Run(assignment, rng, keep=2)
    run.checkpointer.restore_latest()
    results = {}
    for step, metric in ((60, 1.8), (70, None), (80, 1.49998)):
        run.save_marked(step, metric)
        fresh = Run(assignment, rng, start=-0.5, keep=2)
        results[f"best after {step}"] = _number(fresh.checkpointer.restore_best())
        results[f"weights after {step}"] = fresh.marks()
    return results


def _best_at_last(assignment, rng):
    run = Run(assignment, rng)
    for step, metric in ((10, 3.0), (20, 1.0)):
        run.save_marked(step, metric)


@check("training.checkpoint", tolerance="exact", before=(_best_at_last,))
def stopped_at_its_best(assignment, rng):
    """A run that was stopped behind its best save still remembers that metric."""
    run = Run(assignment, rng)
    steps, marks = [run.checkpointer.restore_latest()], []
    for step, metric in ((30, 2.0), (40, 0.5)):
        run.save_marked(step, metric)
        steps.append(run.checkpointer.restore_best())
        marks.append(run.marks())
    return {"steps": np.array([_number(step) for step in steps]), "weights": np.stack(marks)}


@check("training.checkpoint", tolerance="exact", before=(_many_saves,))
def number_kept(assignment, rng):
    """Only the last `keep` checkpoints stay, and the best."""
    files = [_count_files()]
    saves = ({"keep": 4}, (60, 70, 80, 90, 100)), ({}, (110, 120)), ({"keep": 1}, (130, 140))
    for options, steps in saves:
        run = Run(assignment, rng, **options)
        run.checkpointer.restore_latest()
        for step in steps:
            run.checkpointer.save(step)
        files.append(_count_files())
    return {"files with keep 2, 4, 3, 1": np.array(files)}


def _count_files():
    return len(list(Path(DIRECTORY).rglob("*.index")))


@check("training.checkpoint", tolerance="exact")
def metrics_of_zero_and_below(assignment, rng):
    """The smallest metric may be 0, or negative, as that of a reward is."""
    run = Run(assignment, rng)
    results, best = {}, []
    cases = {"zero": ((1, 2.0), (2, 0.0), (3, 1.0)), "below": ((4, -3.0), (5, -2.0))}
    for name, saves in cases.items():
        for step, metric in saves:
            run.save_marked(step, metric)
            best.append(_number(run.checkpointer.restore_best()))
        results[f"weights, {name}"] = run.marks()
    return results | {"best after each": np.array(best)}


def _three_saves(assignment, rng):
    run = Run(assignment, rng)
    for step in (8, 9, 10):
        run.save_marked(step)


def _damage(newest, suffix, share):
    """Cuts off the files of the newest checkpoints, as a full disk or a crash would."""
    paths = sorted(Path(DIRECTORY).rglob(f"*{suffix}"), key=lambda path: path.stat().st_mtime_ns)
    for path in paths[-newest:]:
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


@check("training.checkpoint", tolerance="exact", before=(_three_saves,))
def damaged_checkpoint(assignment, rng):
    """When the newest checkpoint is cut off, the one before it counts."""
    results = {}
    for case, suffix, share in (("data cut", ".data-*", 0.5), ("index also empty", ".index", 0.0)):
        _damage(1, suffix, share)
        run = Run(assignment, rng, start=-0.5)
        results[f"{case}, step"] = _number(run.checkpointer.restore_latest())
        results[f"{case}, weights"] = run.marks()
    _damage(2, ".data-*", 0.5)
    run = Run(assignment, rng, start=-0.5)
    results["two damaged, step"] = _number(run.checkpointer.restore_latest())
    results["two damaged, weights"] = run.marks()
    run.save_marked(9, 2.0)  # the run goes on, and comes by the damaged steps again
    run = Run(assignment, rng, start=-0.5)
    results["saved again, step"] = _number(run.checkpointer.restore_latest())
    return results


@check("training.checkpoint", tolerance="exact", before=(_three_saves,))
def all_damaged(assignment, rng):
    """When no checkpoint can be read, an error says so: starting over would overwrite the run."""
    run = Run(assignment, rng, start=-0.5)
    before = _number(run.checkpointer.restore_latest())
    _damage(3, ".data-*", 0.5)
    run = Run(assignment, rng, start=-0.5)
    try:
        run.checkpointer.restore_latest()
        raised = False
    except ValueError:
        raised = True
    return {"newest": before, "an error when all are damaged": np.bool_(raised)}
