"""The results as JSON, for other programs."""

import json
from pathlib import Path

from autograder.verdicts import Report


def write(report: Report, path: Path) -> None:
    """Writes the report; the form is fixed, and holds nothing that the submission printed."""
    content = {
        "score": report.score,
        "max_score": report.max_score,
        "isolation": report.isolation.as_json(),
        "checks": [
            {
                "exercise": verdict.check.exercise,
                "name": verdict.check.title,
                "status": verdict.status,
                "points": round(verdict.points, 6),
                "max_points": round(verdict.max_points, 6),
                "message": verdict.message,
                "hint": verdict.hint,
            }
            for verdict in report.verdicts
        ],
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
