"""Reports in the platforms' own formats, on verdicts of every kind with hostile texts in them."""

import base64
import dataclasses
import io
import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console

from autograder import points, syllabus
from autograder.checks import load
from autograder.reports import console, github, gradescope, heatmaps, html, junit
from autograder.verdicts import (
    BLOCKED,
    FAILED,
    INFRASTRUCTURE,
    LIMIT,
    PASSED,
    Comparison,
    Report,
    Verdict,
    printable,
)

FORGED = "\n::error::forged\n##[error]forged\n::set-output name=score::100\n"
HOSTILE = f"<script>alert(1)</script> | [x](http://evil) `a` @ta \x00\x1b[2J\ufffe{FORGED}"


@pytest.fixture(scope="module")
def report() -> Report:
    """Verdicts of every kind; what a submission has a hand in is hostile."""
    checks = load()
    statuses = (FAILED, PASSED, LIMIT, BLOCKED, INFRASTRUCTURE)
    verdicts = []
    for i, check in enumerate(checks.values()):
        status = PASSED if check.exercise.startswith("masking") else statuses[i % 5]
        verdict = Verdict(check, status, seconds=0.5)
        if status != PASSED:
            verdict = dataclasses.replace(verdict, message=HOSTILE, hint="look", printed=HOSTILE)
        verdicts.append(verdict)
    array = np.linspace(-1, 1, 24).reshape(2, 3, 4)
    comparison = Comparison("weights", array, array + (array > 0.9), (1, 2, 3))
    failed = next(i for i, verdict in enumerate(verdicts) if verdict.status == FAILED)
    verdicts[failed] = dataclasses.replace(verdicts[failed], comparison=comparison)
    distributed = points.distribute(verdicts, checks)
    return Report(tuple(distributed), "level 2", (f"a note {HOSTILE}",))


def test_junit_tells_wrong_from_infrastructure_and_blocked(report, tmp_path):
    path = tmp_path / "junit.xml"
    junit.write(report, path)
    root = ElementTree.parse(path).getroot()
    assert root.tag == "testsuites"
    cases = {(c.get("classname"), c.get("name")): c for c in root.iter("testcase")}
    kinds = {FAILED: "failure", LIMIT: "failure", BLOCKED: "skipped", INFRASTRUCTURE: "error"}
    for verdict in report.verdicts:
        case = cases[verdict.check.exercise, verdict.check.title]
        found = [child.tag for child in case if child.tag != "system-out"]
        assert found == ([kinds[verdict.status]] if verdict.status != PASSED else [])


def test_junit_has_the_structure_of_the_xunit_plugins_schema(report, tmp_path):
    """The rules of junit-10.xsd, of which only a part is used."""
    path = tmp_path / "junit.xml"
    junit.write(report, path)
    root = ElementTree.parse(path).getroot()
    whole = {"name", "tests", "failures", "errors", "skipped", "time"}
    allowed = {
        "testsuites": (whole - {"skipped"}, {"testsuite"}),
        "testsuite": (whole, {"testcase"}),
        "testcase": ({"classname", "name", "time"}, {"failure", "error", "skipped", "system-out"}),
        "failure": ({"message", "type"}, set()),
        "error": ({"message", "type"}, set()),
        "skipped": ({"message"}, set()),
        "system-out": (set(), set()),
    }
    for element in root.iter():
        attributes, children = allowed[element.tag]
        assert set(element.attrib) == attributes
        assert {child.tag for child in element} <= children
        if "time" in element.attrib:
            assert re.fullmatch(r"[0-9]+\.[0-9]{3}", element.attrib["time"])
    for suite in [root, *root]:
        tags = [child.tag for case in suite.iter("testcase") for child in case]
        assert int(suite.get("tests")) == len(list(suite.iter("testcase")))
        for name in ("failure", "error", "skipped"):
            plural = {"failure": "failures", "error": "errors"}.get(name, name)
            if suite is not root or name != "skipped":
                assert int(suite.get(plural)) == tags.count(name)


def test_annotations_are_ten_at_most_and_a_line_each(report):
    lines = github.annotations(report)
    assert len(lines) == 10
    for line in lines:
        assert "\n" not in line and "\r" not in line
        assert line.startswith("::error")
    assert re.fullmatch(r"::error::\d+ more exercises do not pass", lines[-1])
    assert lines[0].startswith("::error file=assignment/text/tokenizer.py,title=text.tokenizer%3A")


def test_blank_and_blocked_exercises_make_no_annotation():
    checks = [c for c in load().values() if c.exercise in ("masking.causal", "masking.padding")]
    blank = [Verdict(c, FAILED, "not written yet", blank=True) for c in checks[:1]]
    blocked = [Verdict(c, BLOCKED, "blocked by") for c in checks[1:]]
    assert github.annotations(Report(tuple(blank + blocked), "")) == []


def test_a_blank_is_said_once_beside_what_blocks_other_checks():
    checks = [c for c in load().values() if c.exercise == "recurrent.unroll"]
    mixed = [Verdict(c, FAILED, "not written yet", blank=True) for c in checks[:-2]]
    mixed += [Verdict(c, BLOCKED, "blocked by another") for c in checks[-2:]]
    report = Report(tuple(mixed), "")
    terminal = Console(width=160, record=True, file=io.StringIO())
    console.show(report, terminal)
    page = html.page(report, "a student", {})
    entry = gradescope.results(report)["tests"][0]["output"]
    for text in (terminal.export_text(), page, entry):
        assert text.count("not written yet") == 1
        assert "blocked by another" in text


def test_the_terminal_says_once_what_several_checks_of_an_exercise_have_found():
    checks = [c for c in load().values() if c.exercise == "masking.causal"]
    hint = "look at line 3, and at what stands at its end " * 3
    alike = [Verdict(c, FAILED, "a colon is missing", hint=hint) for c in checks]
    terminal = Console(width=160, record=True, file=io.StringIO())
    console.show(Report(tuple(alike), ""), terminal)
    text = terminal.export_text()
    assert text.count("look at line 3, and at what stands at its end look") == 1
    assert text.count(f"Hint: as for “{checks[0].title}”") == len(checks) - 1 > 0
    assert text.count("a colon is missing") == len(checks)  # it is shorter than a pointer to it
    assert all(check.title in text for check in checks)


def test_exceptions_of_one_line_are_shown_once_though_they_name_other_tensors():
    checks = [c for c in load().values() if c.exercise == "masking.causal"]
    place = "(TypeError, assignment/layers/masking.py, line {}: return mask + keys)"
    lines = [7] * (len(checks) - 1) + [8]
    verdicts = tuple(
        Verdict(check, FAILED, f"no such sum: <Tensor {i}> at 0x{i}{i} " + place.format(line))
        for i, (check, line) in enumerate(zip(checks, lines, strict=True))
    )
    terminal = Console(width=200, record=True, file=io.StringIO())
    console.show(Report(verdicts, ""), terminal)
    text = terminal.export_text()
    assert "<Tensor 0>" in text and f"<Tensor {len(checks) - 1}>" in text
    assert text.count("no such sum") == 2
    assert text.count(f"as for “{checks[0].title}”") == len(checks) - 2 > 0


def test_a_long_text_keeps_its_beginning_and_its_end():
    text = "it begins " + "x" * 5000 + " and ends"
    cut = printable(text, 300)
    assert len(cut) <= 303 and cut.startswith("it begins x") and cut.endswith("x and ends")
    assert printable(text[:300], 300) == text[:300]


def test_no_line_of_the_log_is_a_command_while_commands_are_stopped(capsys):
    with github.commands_stopped():
        print(FORGED, end="")
    lines = capsys.readouterr().out.splitlines()
    token = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", lines[0])[1]
    assert lines[-1] == f"::{token}::"


def test_tokens_differ_from_run_to_run(capsys):
    for _ in range(2):
        with github.commands_stopped():
            pass
    assert len(set(re.findall("stop-commands::(.*)", capsys.readouterr().out))) == 2


def test_the_summary_shows_hostile_text_as_text(report):
    text = github.summary(report)
    assert "<script" not in text and "](http" not in text and "`a`" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and "| Ex" not in line]
    assert len(rows) == len({v.check.exercise for v in report.verdicts})
    assert all(row.count("|") == 5 for row in rows)


@pytest.mark.parametrize("link", ["www.a.example/login", "WWW.A.example", "me@a.example", "__b__"])
def test_what_github_would_make_a_link_or_bold_stays_text(report, link):
    verdicts = [dataclasses.replace(v, message=link) for v in report.verdicts]
    text = github.summary(dataclasses.replace(report, verdicts=tuple(verdicts)))
    assert link not in text and "@a" not in unescape(text)
    assert link in unescape(text).replace("\u200b", "")


def test_a_summary_too_long_is_cut_between_rows(report):
    long = [dataclasses.replace(v, message="<" * 30_000) for v in report.verdicts]
    text = github.summary(dataclasses.replace(report, verdicts=tuple(long)))
    assert len(text.encode()) <= 1024 * 1024
    assert text.rstrip().endswith("to see it.")


def test_classrooms_result_is_complete_small_and_safe_to_print(report):
    encoded = github.classroom(report)
    assert len(encoded) < 128 * 1024
    content = json.loads(base64.b64decode(encoded))
    assert set(content) == {"version", "status", "max_score", "tests"}
    assert content["version"] == 1 and content["status"] == "error"
    assert (
        content["max_score"]
        == report.max_score
        == sum(e.points for e in syllabus.EXERCISES.values())
    )
    assert sum(test["score"] for test in content["tests"]) == pytest.approx(report.score)
    kinds = {
        **{"name": str, "status": str, "message": str, "test_code": str, "filename": str},
        **{"line_no": int, "duration": int},
    }
    for test in content["tests"]:
        assert set(test) == {*kinds, "score"}
        assert all(isinstance(test[name], kind) for name, kind in kinds.items())
        assert test["status"] in ("pass", "fail", "error")
        assert isinstance(test["score"], (int, float)) and np.isfinite(test["score"])
        for value in (test["name"], test["message"]):
            assert "\n" not in value and "::" not in value and "##[" not in value


def test_classrooms_result_is_small_whatever_a_submission_raises(report):
    for text in ("\U0001f600" * 1000, '"\\' * 1000, "\x00\n" * 1000):
        wrong = [dataclasses.replace(v, status=FAILED, message=text) for v in report.verdicts]
        encoded = github.classroom(dataclasses.replace(report, verdicts=tuple(wrong)))
        assert len(encoded) < 128 * 1024


def test_untrusted_text_in_a_log_is_one_line_without_commands():
    name = b"x\xff\x1b[2J\n::error::forged\r##[add-mask]".decode(errors="surrogateescape")
    assert github.in_log(name + "\u202e") == "x[2J : :error: :forged## [add-mask]"


@pytest.mark.parametrize(
    ("statuses", "status"), [([PASSED], "pass"), ([PASSED, FAILED], "fail"), ([BLOCKED], "fail")]
)
def test_classroom_passes_only_what_passes_altogether(statuses, status):
    check = load()["masking.causal/square"]
    report = Report(tuple(Verdict(check, one, "words") for one in statuses), "")
    assert json.loads(base64.b64decode(github.classroom(report)))["status"] == status


class _Page(HTMLParser):
    """What a reader of the page meets: tags, headings in order, alternative texts, targets."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, *names: str) -> list[dict]:
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture(scope="module")
def page(report, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    html.write(report, path, title=f"Ada {HOSTILE}")
    return path.read_text(encoding="utf-8")


def test_the_page_is_self_contained_and_runs_nothing(page):
    parsed = _Page(page)
    assert not parsed.all("script", "iframe", "object", "link", "form")
    assert all(image["src"].startswith("data:image/png;base64,") for image in parsed.all("img"))
    assert all(link["href"].startswith("#") for link in parsed.all("a"))
    assert not [name for _, attributes in parsed.tags for name in attributes if name[:2] == "on"]
    assert "default-src 'none'" in page and "url(" not in page


def test_the_page_can_be_read_by_ear_and_by_keyboard(page):
    parsed = _Page(page)
    images = parsed.all("img")
    assert len(images) == 3 and all(len(image["alt"]) > 20 for image in images)
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    targets = {attributes.get("id") for _, attributes in parsed.tags}
    assert {link["href"][1:] for link in parsed.all("a")} <= targets
    assert parsed.all("html")[0]["lang"] == "en" and parsed.all("main")


def test_a_hint_keeps_its_emphasis_and_nothing_else_becomes_markup():
    told = html.prose("The *key*, not `a * b`: 2*3*4 <b>&")
    assert told == "The <em>key</em>, not <code>a * b</code>: 2*3*4 &lt;b&gt;&amp;"


def test_handout_pages_become_links_when_it_is_known_where_they_are(report, tmp_path):
    html.write(report, tmp_path / "report.html", docs="https://course.example/")
    links = [a["href"] for a in _Page((tmp_path / "report.html").read_text()).all("a")]
    assert "https://course.example/docs/part1-text.md#text-tokenizer" in links


def colours(image: heatmaps.Image) -> np.ndarray:
    import io

    from matplotlib.image import imread

    content = base64.b64decode(image.source.partition(",")[2])
    return np.round(imread(io.BytesIO(content))[..., :3] * 255).astype(int)


def test_heat_maps_share_the_expected_scale_and_mark_what_lies_outside():
    expected = np.array([[0.0, 1.0], [2.0, 3.0]])
    got = np.array([[0.0, 1.0], [np.nan, 9.0]])
    drawing = heatmaps.draw(Comparison("y", expected, got, (1, 0)))
    want, have, difference = map(colours, drawing.images)
    assert (want[0] == have[0]).all()
    pink, orange = [0xFF, 0x5F, 0xD2], [0xFF, 0x9D, 0x2E]
    assert have[1].tolist() == [pink, orange] and difference[1, 0].tolist() == pink
    assert "1 not finite" in drawing.images[1].caption
    assert drawing.place == "y[:, :]"
    assert drawing.largest[0] == ("[1, 0]", "2", "nan", "nan")
    assert drawing.largest[1] == ("[1, 1]", "3", "9", "6")


@pytest.mark.parametrize(
    ("shape", "index", "place", "size"),
    [
        ((), (), "y", (1, 1)),
        ((5,), (3,), "y[:]", (1, 5)),
        ((100,), (70,), "y[46:94]", (1, 48)),
        ((2, 3, 4), (1, 2, 3), "y[1, :, :]", (3, 4)),
        ((2, 100, 100), (1, 99, 0), "y[1, 68:100, 0:48]", (32, 48)),
    ],
)
def test_the_part_around_the_first_difference_is_drawn(shape, index, place, size):
    expected = np.zeros(shape, np.float32)
    got = expected.copy()
    got[index] = 1
    drawing = heatmaps.draw(Comparison("y", expected, got, index))
    assert drawing.place == place
    assert {colours(image).shape[:2] for image in drawing.images} == {size}
    assert len(drawing.largest) == 1


@pytest.mark.parametrize("dtype", [np.bool_, np.int64, np.uint8, np.float16])
def test_every_kind_of_number_is_drawn(dtype):
    expected = np.eye(3, 4).astype(dtype)
    drawing = heatmaps.draw(Comparison("mask", expected, 1 - expected.astype(int), (0, 0)))
    assert len(drawing.images) == 3 and drawing.largest[0][0] == "[0, 0]"


def test_arrays_of_different_shapes_stand_side_by_side_without_a_difference():
    drawing = heatmaps.draw(Comparison("y", np.zeros((2, 3)), np.zeros((3, 2, 1))))
    assert [image.title for image in drawing.images] == ["expected", "obtained"]
    assert "shape (2, 3) was expected, (3, 2, 1) obtained" in drawing.place
    assert heatmaps.draw(Comparison("y", np.zeros((0, 3)), np.zeros((3,)))) is None


def test_infinities_in_their_places_are_no_difference():
    expected = np.array([[-np.inf, 1.0]])
    drawing = heatmaps.draw(Comparison("scores", expected, np.array([[-np.inf, 2.0]]), (0, 1)))
    assert drawing.largest == (("[0, 1]", "1", "2", "1"),)
    assert "not finite" not in drawing.images[2].caption
