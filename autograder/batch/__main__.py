"""Grade a class: python -m autograder.batch SUBMISSIONS --out DIR

Each directory or archive in SUBMISSIONS is one student's. In DIR stand a gradebook, pass rates, a
report on similar submissions, a page for each student, and an index of them. The run may be stopped
anywhere, and goes on when it is started again; what did not change is not graded again.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Annotated

import tyro
from tqdm import tqdm
from tyro.conf import Positional, UseAppendAction, arg

from autograder import isolation, official
from autograder.batch import files, gradebook, grading, late, pages, records, roster, similarity
from autograder.batch.digests import Kit
from autograder.batch.journal import Journal
from autograder.batch.late import Policy
from autograder.checks import load
from autograder.reports.github import in_log
from autograder.selection import select
from autograder.syllabus import EXERCISES
from autograder.workers import worker_count


def main(
    submissions: Positional[Path],
    out: Path,
    jobs: int | None = None,
    k: Annotated[str, arg(aliases=["-k"])] = "",
    exercise: UseAppendAction[tuple[str, ...]] = (),
    hidden: Path | None = None,
    late_policy: Path | None = None,
    regrade: UseAppendAction[tuple[str, ...]] = (),
) -> None:
    """Grades a class.

    The exit code is 0 when every submission has a grade or is refused, 1 when the grader failed in
    some check, 2 when nothing could be graded, and 130 when it was stopped.

    Args:
        submissions: a directory with a directory or archive for each student.
        out: the directory of results; an earlier run's is gone on with.
        jobs: how many checks run at once; as many as there are processors by default.
        k: run only checks whose exercise, name or title contains this text.
        exercise: run only the checks of this exercise; may be given several times.
        hidden: a directory of hidden recordings; see python -m autograder.record.
        late_policy: a TOML file; see docs/instructor-grading.md.
        regrade: grade this student again; may be given several times.
    """
    try:
        code = _run(submissions, out, jobs, select(k, exercise), hidden, late_policy, regrade)
    except (KeyError, ValueError, OSError) as error:
        print(error.args[0] if isinstance(error, KeyError) else error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
    sys.exit(code)


def _run(submissions, out, jobs, checks, hidden, late_policy, regrade) -> int:
    isolation.require(isolation.OFFICIAL)
    policy = late.load(late_policy) if late_policy else None
    entries = roster.find(submissions)
    if out.resolve().is_relative_to(submissions.resolve()):
        raise ValueError(
            f"--out {out} lies in {submissions}, and would be taken for a submission next time; "
            "choose a directory outside of it"
        )
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out} is no directory, which the results need")
    if unknown := set(regrade) - {entry.student for entry in entries}:
        raise ValueError(f"{submissions} holds no submission of {sorted(unknown)[0]}")
    workers = worker_count(jobs)
    kit = Kit(checks, official.recordings(hidden))
    for name in roster.overlooked(submissions):
        print(in_log(f"no submission, neither a directory nor an archive: {name}"))
    named = policy.students if policy else set()
    for name in sorted(named - {entry.student for entry in entries}):
        print(in_log(f"the late policy names {name}, of whom there is no submission"))
    out.mkdir(parents=True, exist_ok=True)
    with Journal(out / "journal.jsonl") as journal:
        for line in _changed(out / "flags.json", hidden, late_policy, checks):
            print(line)
        work = grading.plan(entries, journal, checks, kit, regrade)
        print(f"{len(entries)} submissions, {len(entries) - len(work)} of them graded already")
        _grade(work, journal, grading.Grader(out, kit, workers, hidden, submissions))
        return _write(out, entries, journal, kit, policy)


def _changed(path: Path, hidden, late_policy, checks) -> list[str]:
    """How this run differs from the last one into the same directory; remembers this one."""
    exercises = dict.fromkeys(check.exercise for check in checks)
    flags = {
        "hidden inputs": str(hidden.resolve()) if hidden else "none",
        "late policy": str(late_policy.resolve()) if late_policy else "none",
        "checks": f"{len(checks)} of {len(load())}",
        "exercises": "all" if len(exercises) == len(EXERCISES) else ", ".join(exercises),
    }
    before = {}
    with contextlib.suppress(OSError, ValueError):  # there is none, or somebody has written in it
        before = json.loads(path.read_text(encoding="utf-8"))
    files.write(path, json.dumps(flags, indent=2) + "\n")
    return [
        f"{name}: {before[name]} in the last run, {now} in this one; "
        "the gradebook is written from this run's flags"
        for name, now in flags.items()
        if isinstance(before, dict) and before.get(name, now) != now
    ]


def _grade(work, journal, grader: grading.Grader) -> None:
    shown = sys.stderr.isatty()
    with (
        grader,
        tqdm(
            total=len(work), unit="submission", mininterval=0.5 if shown else 30, disable=not work
        ) as bar,
    ):
        for item in work:
            student = item.entry.student

            def progress(done: int, total: int, student: str = student) -> None:
                text = in_log(f"{student}: {done} of {total} checks")
                bar.set_postfix_str(text, refresh=shown)

            journal.append(grader.grade(item, journal.latest().get(student), progress))
            bar.update()


def _write(
    out: Path, entries: list[roster.Entry], journal: Journal, kit: Kit, policy: Policy | None
) -> int:
    """Writes everything from the journal alone, and says what stands where."""
    known = journal.latest()
    rows = [gradebook.row(entry, known[entry.student], kit, policy) for entry in entries]
    graded = {row.folder: row for row in rows if row.status != records.REFUSED}
    reports = [records.report(known[row.student], kit) for row in graded.values()]
    gradebook.write(out / "gradebook.csv", rows, kit)
    checks = gradebook.check_rows(reports)
    gradebook.write_checks(out / "checks.csv", checks)
    for row in rows:
        pages.write_student(out, row, known[row.student], kit)
    copies = {
        row.student: out / "students" / folder / "submission" for folder, row in graded.items()
    }
    similar = similarity.pairs(copies)
    similarity.write(out / "similarity.csv", similar)
    pages.write_index(out, rows, checks, similar)
    troubled = [row for row in rows if row.status not in (records.GRADED, records.REFUSED)]
    for row in rows:
        if row.status != records.GRADED:
            print(in_log(f"{row.student}: {row.status}: {row.note}"))
    print(f"gradebook: {out / 'gradebook.csv'}\npages: {out / 'index.html'}")
    return 1 if troubled else 0


if __name__ == "__main__":
    tyro.cli(main, prog="python -m autograder.batch", description=__doc__)
