"""Files that are there as a whole or not at all, whenever a process is killed."""

from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that appears, or takes the place of the old one, only when it is complete."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
    unfinished.replace(path)
