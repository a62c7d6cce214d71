"""TensorBoard's projector reads the embeddings that a run writes."""

import json

import numpy as np
import pytest
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from werkzeug.test import Client

from assignment.training.projector import write_projection
from assignment.training.tracking import Tracker


@pytest.fixture
def table(story_tokenizer):
    shape = (story_tokenizer.vocabulary_size, 5)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.fixture
def ask(tmp_path, table, story_tokenizer):
    """What TensorBoard answers about a run `a`, by the path of a request."""
    (tmp_path / "a").mkdir()
    tracker = Tracker(tmp_path / "a")
    tracker.log(1, {"loss": 1.0}, "train")
    tracker.close()
    write_projection(tmp_path / "a", table, story_tokenizer)
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(tmp_path))
    context = TBContext(logdir=str(tmp_path), multiplexer=multiplexer, data_provider=provider)
    apps = ProjectorPlugin(context).get_plugin_apps()

    def answer(path):
        return Client(apps[path.partition("?")[0]]).get(path).get_data()

    return answer


def test_the_projector_finds_the_run_and_its_embeddings(ask, table):
    assert json.loads(ask("/runs")) == ["a"]
    (embedding,) = json.loads(ask("/info?run=a"))["embeddings"]
    assert embedding["tensorShape"] == list(table.shape)


def test_the_projector_reads_the_numbers(ask, table):
    answer = ask("/tensor?run=a&name=token_embedding")
    read = np.frombuffer(answer, "float32").reshape(table.shape)
    np.testing.assert_array_equal(read, table)


def test_every_point_has_the_name_of_its_token(ask, story_tokenizer):
    names = ask("/metadata?run=a&name=token_embedding").decode().rstrip("\n").split("\n")
    assert len(names) == story_tokenizer.vocabulary_size
    assert names[story_tokenizer.bos_id] == "<s>"
    assert names[story_tokenizer.newline_id] == r"\n"
    (token,) = story_tokenizer.encode(" the")
    assert names[token] == "▁the"
