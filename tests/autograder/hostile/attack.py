"""What a hostile submission is made of, and what the grader promises against it."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_MODULE = '''\
"""Attention masks."""

import ctypes, gc, json, mmap, os, signal, socket, struct, subprocess, sys, threading, time

import numpy as np
import tensorflow as tf

{top}

def causal_mask(query_length, key_length=None):
{body}
'''


@dataclass(frozen=True)
class Attack:
    """A small submission that is out for points or for damage.

    Args:
        name: a sentence in a few words, with underscores.
        aim: what it tries, for the table.
        body: the code of the function that the check calls.
        top: code of the module, run when it is imported.
        files: other files of the submission, by path.
        zero_from: the isolation level from which it is worth nothing where the grader's files
            cannot be covered; where they are, it is worth nothing at any level.
        contained_from: the level from which nothing outside its own directory changes.
        contained_by_cover: where the grader's files are covered, nothing changes at any level.
        lowest: the level below which it is not run, because it would harm this machine.
    """

    name: str
    aim: str
    body: str = "raise RuntimeError('the attack failed')"
    top: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    zero_from: int = 0
    contained_from: int = 0
    contained_by_cover: bool = False
    lowest: int = 1

    def write(self, directory: Path, places: Mapping[str, str]) -> None:
        """Writes the submission; `@NAME@` in its code becomes the place of that name."""
        body = textwrap.indent(textwrap.dedent(self.body).strip("\n"), "    ")
        module = _MODULE.format(top=textwrap.dedent(self.top), body=body)
        for name, text in {"assignment/layers/masking.py": module, **self.files}.items():
            for place, value in places.items():
                text = text.replace(f"@{place}@", value)
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
