"""TensorBoard, in a browser, shows of a run what a student looks for."""

import shlex

import pytest
from workshop import ENVIRONMENT

from docs import browser
from docs.serving import serving

TRAIN = "python -m assignment.train --preset smoke"
RUN = "transformer-smoke-stories"

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def page():
    program = browser.find()
    if program is None:
        pytest.skip("no Chromium on this machine")
    with browser.Browser(program) as page:
        yield page


@pytest.fixture(scope="module")
def address(workshop):
    """TensorBoard's, with the run of the smoke preset."""
    workshop.do(TRAIN, of_student=False)
    command = shlex.split(f"tensorboard --logdir runs/{RUN} --port 0")
    with serving(command, workshop.copy, ENVIRONMENT) as address:
        yield address


def test_the_custom_scalars_have_the_loss_beside_floor_and_reference(page, address):
    page.open(f"{address}/#custom_scalars")
    page.text_with(
        "Overview", "loss: training, validation, floor", "validation loss and reference band"
    )


def test_the_scalars_stand_in_sections(page, address):
    page.open(f"{address}/#scalars")
    page.text_with("train", "validation", "loss")


def test_the_samples_can_be_read(page, address, workshop):
    page.open(f"{address}/#text")
    samples = (workshop.copy / "runs" / RUN / "samples.txt").read_text()
    words = samples.split("--- step 2\n")[1].split()[:3]
    page.text_with("samples", " ".join(words))


def test_the_attention_is_a_picture(page, address):
    page.open(f"{address}/#images")
    page.text_with("attention")


def test_the_projector_has_a_point_for_each_token(page, address, workshop):
    page.open(f"{address}/#projector")
    tokens = (workshop.copy / "runs" / RUN / "tokens.tsv").read_text().splitlines()
    page.text_with(f"Points:\n{len(tokens)}\nDimension:", "token_embedding")
