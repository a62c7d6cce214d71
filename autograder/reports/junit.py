"""JUnit XML, the format that every CI system reads: a suite per exercise, a case per check."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from autograder import syllabus
from autograder.verdicts import BLOCKED, INFRASTRUCTURE, PASSED, Report, Verdict

# What XML 1.0 cannot hold, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report, path: Path) -> None:
    """Writes the report: wrong is a failure, the grader's own trouble an error, blocked skipped."""
    root = ElementTree.Element("testsuites", {"name": "autograder"} | _counts(report.verdicts))
    del root.attrib["skipped"]  # junit-10.xsd knows it in a suite only
    for exercise in syllabus.EXERCISES:
        if verdicts := report.of(exercise):
            suite = ElementTree.SubElement(root, "testsuite", {"name": exercise})
            suite.attrib |= _counts(verdicts)
            for verdict in verdicts:
                _add_case(suite, verdict)
    tree = ElementTree.ElementTree(root)
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _add_case(suite: ElementTree.Element, verdict: Verdict) -> None:
    attributes = {"classname": verdict.check.exercise, "name": verdict.check.title}
    attributes["time"] = f"{verdict.seconds:.3f}"
    case = ElementTree.SubElement(suite, "testcase", attributes)
    message = _legal(verdict.message)
    if verdict.status == BLOCKED:
        ElementTree.SubElement(case, "skipped", {"message": message})
    elif verdict.status != PASSED:
        kind = "error" if verdict.status == INFRASTRUCTURE else "failure"
        finding = ElementTree.SubElement(case, kind, {"message": message, "type": verdict.status})
        page = syllabus.EXERCISES[verdict.check.exercise].page
        finding.text = _legal("\n".join(filter(None, (message, verdict.hint, page))))
    if verdict.printed and verdict.status != PASSED:
        ElementTree.SubElement(case, "system-out").text = _legal(verdict.printed)


def _counts(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    statuses = [verdict.status for verdict in verdicts]
    skipped, errors = statuses.count(BLOCKED), statuses.count(INFRASTRUCTURE)
    failures = len(statuses) - statuses.count(PASSED) - skipped - errors
    return {
        "tests": str(len(statuses)),
        "failures": str(failures),
        "errors": str(errors),
        "skipped": str(skipped),
        "time": f"{sum(verdict.seconds for verdict in verdicts):.3f}",
    }


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)
