"""Corpora by name or by path: what is bundled, what is downloaded once, or your own text file.

`data/registry.toml` lists the known corpora; downloads are kept in `data/cache/downloads/`.
"""

import codecs
import dataclasses
import difflib
import json
import tomllib
from pathlib import Path
from typing import Any

from assignment.text.download import download, extract

CHUNK_BYTES = 1 << 18


@dataclasses.dataclass(frozen=True)
class EntropyFloor:
    """Exact -log p of each split under the process that wrote it, in nats over the whole file.

    No model has a smaller expected loss. Per token: divide by the number of tokens.
    """

    train_nats: float
    validation_nats: float


@dataclasses.dataclass(frozen=True)
class CorpusSource:
    """Where a corpus lies on this disk. Without a validation file the caller splits off its own."""

    name: str
    train_path: Path
    validation_path: Path | None = None
    floor: EntropyFloor | None = None
    later_path: Path | None = None
    """Conversations of later stages, whose words the vocabulary shall have as well."""
    description: str = ""
    licence: str = ""


def find_data_directory() -> Path:
    """The nearest `data/` with a `registry.toml`, upwards from this package, then from here.

    Raises:
        FileNotFoundError: there is none above either place.
    """
    for start in (Path(__file__).resolve().parent, Path.cwd()):
        for directory in (start, *start.parents):
            if (directory / "data" / "registry.toml").is_file():
                return directory / "data"
    raise FileNotFoundError(
        f"No data/registry.toml in {Path(__file__).resolve().parent}, in {Path.cwd()}, or above "
        "either. Run from the course repository, or give --corpus the path of a text file."
    )


def load_registry() -> dict[str, dict[str, Any]]:
    """The entries of `data/registry.toml`, by name."""
    return tomllib.loads((find_data_directory() / "registry.toml").read_text(encoding="utf-8"))


def resolve_corpus(name_or_path: str | Path) -> CorpusSource:
    """A registry name, downloaded if need be, or the path of a UTF-8 text file.

    Raises:
        ValueError: neither a known name nor a file, or a file that is empty or not UTF-8.
        DownloadError: the corpus has to be fetched and could not be.
    """
    path = Path(name_or_path).expanduser()
    try:
        registry = load_registry()
    except FileNotFoundError:
        if not path.is_file():
            raise
        registry = {}
    name = str(name_or_path)
    if name in registry:
        return _resolve_entry(name, registry[name], find_data_directory())
    if path.is_file():
        _check_utf8(path)
        return CorpusSource(name=path.stem, train_path=path)
    if path.is_dir():
        raise ValueError(f"The corpus {name} is a directory: give the path of one text file.")
    close = difflib.get_close_matches(name, registry, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"Unknown corpus {name!r}.{hint} Known: {', '.join(registry)}. "
        "The path of a UTF-8 text file works too."
    )


def _resolve_entry(name: str, entry: dict[str, Any], data: Path) -> CorpusSource:
    about = {"name": name, "description": entry["description"], "licence": entry["licence"]}
    if entry["kind"] == "bundled":
        entropy = json.loads((data / entry["entropy"]).read_text(encoding="utf-8"))
        return CorpusSource(
            train_path=data / entry["train"],
            validation_path=data / entry["validation"],
            floor=EntropyFloor(entropy["train"]["nats"], entropy["validation"]["nats"]),
            later_path=data / entry["later"],
            **about,
        )
    cache = data / "cache" / "downloads"
    paths = {}
    for split in {"train", "validation"} & entry.keys():
        url, size, sha256 = (entry[split][key] for key in ("url", "size", "sha256"))
        path = download(url, size, sha256, cache / f"{name}-{Path(url).name}")
        if "member" in entry[split]:
            path = extract(path, entry[split]["member"], cache / f"{name}-{split}.txt")
        paths[f"{split}_path"] = path
    return CorpusSource(**about, **paths)


def _check_utf8(path: Path) -> None:
    """Raises ValueError for an empty file or one that is not UTF-8, naming the byte."""
    if path.stat().st_size == 0:
        raise ValueError(f"The corpus {path} is empty.")
    decoder, start = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"The corpus {path} is not UTF-8 text: {error.reason} at byte "
                    f"{start - pending + error.start}. Convert it, or choose a text file."
                ) from error
            if not chunk:
                return
            start += len(chunk)
