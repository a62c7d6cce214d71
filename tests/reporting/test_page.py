"""The report card's files, from figures that are made up."""

import html.parser
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from assignment.reporting.card import Card
from assignment.reporting.measured import Measured, comparison_figures
from assignment.reporting.page import write_report
from assignment.reporting.runner import Record
from assignment.reporting.sections import EXPLANATIONS, stage_table
from assignment.reporting.stages import STAGES

PROMPT = "Write a story about a <b>dog</b> | `cat`."


def log(prefix: str, **curves) -> list[dict]:
    return [
        {"step": 10 * place, "prefix": prefix, **dict(zip(curves, values, strict=True))}
        for place, values in enumerate(zip(*curves.values(), strict=True))
    ]


def measured(gold: float, **more) -> Measured:
    figures = {
        "loss": 0.9,
        "followed": 0.825,
        "gold_reward": gold,
        "gold_reward_interval": 0.125,
        "pass_at_1": 0.5,
        **more,
    }
    return Measured(figures, [gold, gold], [50, 60], {PROMPT: f"A tale worth {gold} *stars*."})


@pytest.fixture(scope="module")
def card() -> Card:
    stages = {
        "train": measured(-1.0),
        "sft": measured(3.0, kl_k1=40.0, reward_model_score=0.1),
        "dpo": measured(3.5, kl_k1=2.0, reward_model_score=0.5),
        "ppo": measured(4.0, kl_k1=3.0, reward_model_score=1.5),
        "sft-arithmetic": measured(-2.0, kl_k1=30.0),
        "grpo": measured(-2.5, kl_k1=1.0),
    }
    metrics = {
        "train": log("train", loss=[7, 2, 1])
        + log("validation", loss=[3, 1.2, 1], floor=[0.6] * 3),
        "sft": log(
            "validation", followed_story=[0, 0.9], followed_question=[0, 1], followed_sum=[0, 0.4]
        ),
        "reward_model": log("validation", loss=[0.7, 0.4]),
        "dpo": log("validation", kl=[0, 2], gold_reward=[3, 3.5]),
        "ppo": log("validation", kl=[0, 1, 3], reward=[0, 1, 1.5], gold_reward=[3, 3.8, 4]),
        "sft-arithmetic": log("validation", loss=[3, 1]),
        "grpo": log("train", right=[0.5, 0.7]) + log("validation", pass_at_1=[0.5, 0.9]),
    }
    return Card(
        preset="tiny",
        seed=7,
        measured=stages,
        comparisons={
            name: comparison_figures(stage, stages["sft"])
            for name, stage in stages.items()
            if name != "sft"
        },
        reward_model={
            "accuracy": 0.84,
            "calibration_error": 0.03,
            "labels_that_agree_with_gold": 0.88,
            "gold_accuracy": 0.91,
        },
        best_of_n=[{"n": n, "kl": kl, "score": kl, "gold": 3 + kl} for n, kl in ((1, 0), (2, 0.2))],
        records={stage.name: Record(61.0, 2**30, True) for stage in STAGES},
        metrics=metrics,
        missing=[],
    )


def test_the_table_has_a_row_for_each_stage_and_a_dash_for_what_was_not_measured(card):
    head, *rows = stage_table(card)
    by_stage = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(by_stage) == [stage.title for stage in STAGES]
    assert by_stage["PPO"]["gold reward"] == "4.00 ± 0.12"
    assert by_stage["PPO"]["wins against SFT"] == "100% (34% to 100%)"
    assert by_stage["SFT"]["wins against SFT"] == "\N{EN DASH}"
    assert by_stage["pre-trained"]["KL to its start"] == "\N{EN DASH}"
    assert by_stage["reward model"]["time"] == "1:01"
    assert set(EXPLANATIONS) <= set(head)


def test_the_same_card_gives_the_same_files(card, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_report(card, tmp_path / name)
    files = sorted(p.relative_to(tmp_path / "first") for p in (tmp_path / "first").rglob("*.*"))
    assert {"report.html", "report.json", "report.md"} <= {str(file) for file in files}
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_the_markdown_links_plots_that_exist_and_takes_answers_literally(card, tmp_path):
    write_report(card, tmp_path)
    text = (tmp_path / "report.md").read_text()
    links = re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)
    assert len(links) == 5
    for link in links:
        ElementTree.parse(tmp_path / link)
    assert r"\*stars\*" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(STAGES)
    assert len({row.count("|") for row in rows}) == 1


class Page(html.parser.HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.ids, self.outside, self.pictures, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ("meta", "br", "use", "path", "rect", "stop", "image"):
            self.open.append(tag)
        self.note(tag, attributes)

    def handle_startendtag(self, tag, attributes):
        self.note(tag, dict(attributes))

    def note(self, tag, attributes):
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag in ("script", "link", "img", "iframe"):
            self.outside.append(tag)
        if tag == "svg":
            self.pictures.append(attributes.get("aria-label"))

    def handle_endtag(self, tag):
        if tag in self.open:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_is_whole_in_itself_well_formed_and_says_what_its_pictures_show(card, tmp_path):
    write_report(card, tmp_path)
    page = Page((tmp_path / "report.html").read_text())
    assert not page.open
    assert not page.outside
    assert len(page.pictures) == 5
    assert all(page.pictures)
    assert len(page.ids) == len(set(page.ids))
    words = "".join(page.words)
    assert PROMPT in words
    assert "A tale worth 4.0 *stars*." in words
    assert "It ranks 84% of the held-out pairs as they are labelled" in words


def test_the_figures_file_has_no_times(card, tmp_path):
    write_report(card, tmp_path)
    figures = json.loads((tmp_path / "report.json").read_text())
    assert figures["stages"]["ppo"]["win_rate"] == 1.0
    assert "seconds" not in json.dumps(figures)


def test_a_card_of_the_first_stage_alone_can_be_written(card, tmp_path):
    first = Card(
        preset="smoke",
        seed=0,
        measured={"train": card.measured["train"]},
        comparisons={},
        reward_model={},
        best_of_n=[],
        records={"train": card.records["train"]},
        metrics={"train": card.metrics["train"]},
        missing=list(STAGES[1:]),
    )
    write_report(first, tmp_path)
    assert "Not finished: sft, reward_model, dpo" in (tmp_path / "report.md").read_text()
    assert len(Page((tmp_path / "report.html").read_text()).pictures) == 1
