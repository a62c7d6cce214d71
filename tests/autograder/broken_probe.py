"""A probe whose barriers do nothing, for a test: run as `python -I`, as the real one is."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from autograder.sandbox import probe

if __name__ == "__main__":
    probe.enter = lambda *arguments: None
    probe.cover.enter = lambda *arguments: None
    print(json.dumps(probe.probe(json.load(sys.stdin))))
