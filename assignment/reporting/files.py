"""Files that are there as a whole or not at all, whenever a process is killed."""

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears only when it is complete."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
