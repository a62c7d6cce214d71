"""Takes the README's picture of TensorBoard: python -m docs.screenshot --logdir runs

Needs Chromium. A photograph, not a drawing: no two are the same to the byte.
"""

import sys
import time
from pathlib import Path

import tyro

from docs import browser
from docs.serving import serving

PICTURE = Path(__file__).resolve().parent / "pictures" / "tensorboard.png"
WIDTH, HEIGHT = 1080, 460
# TensorBoard fetches the curves after it has drawn their frames, and animates them.
SETTLING_SECONDS = 5


def main(logdir: Path = Path("runs")) -> None:
    """Takes the picture.

    Args:
        logdir: the runs to show.
    """
    program = browser.find()
    if program is None:
        print("Chromium is not installed", file=sys.stderr)
        sys.exit(2)
    tensorboard = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), "--port", "0"]
    with serving(tensorboard) as address, browser.Browser(program, WIDTH, HEIGHT) as page:
        # As measured: smoothing would draw the few points of a validation curve elsewhere.
        page.open(f"{address}/#custom_scalars&_smoothingWeight=0")
        page.text_with("validation loss and reference band")
        time.sleep(SETTLING_SECONDS)
        page.screenshot(PICTURE)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
