"""The page of performance is what its program writes, from results that are there."""

import pytest

from benchmarks import report, turns
from benchmarks.turns import RESULTS, comparison, read_results, take_turns


def test_the_page_is_up_to_date():
    assert report.PAGE.read_text(encoding="utf-8") == report.render()


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_results_say_which_machine_they_are_from(path):
    described = read_results(path.stem)
    for measured in described:
        assert "cores" in measured["machine"]
        assert measured["versions"]["tensorflow"]
        assert measured["results"]
    assert len({measured["machine"] for measured in described}) == len(described) > 0


def test_a_run_replaces_what_its_own_machine_has_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "RESULTS", tmp_path)
    for name, value in (("one", 1), ("another", 2), ("one", 3)):
        monkeypatch.setattr(turns, "machine", lambda name=name: name)
        turns.write_results("speed", {"value": value})
    found = [(m["machine"], m["results"]["value"]) for m in read_results("speed")]
    assert found == [("another", 2), ("one", 3)]


def test_a_ratio_is_that_of_pairs_and_more_than_one_is_faster():
    seconds = {"ours": [1.0, 10.0, 2.0], "peer": [2.0, 20.0, 3.0]}
    compared = comparison(seconds)
    assert compared["seconds"] == {"ours": 2.0, "peer": 3.0}
    assert compared["times_faster"] == {"peer": 2.0}


def test_sides_take_turns_after_they_have_warmed_up():
    calls = []
    seconds = take_turns({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3)
    assert "".join(calls) == "ab" * 5
    assert {name: len(times) for name, times in seconds.items()} == {"a": 3, "b": 3}
