"""The generated pages: the syllabus, and the misconceptions."""

import pytest

from autograder import syllabus, table


@pytest.mark.parametrize("page", [table.SYLLABUS, table.MISCONCEPTIONS], ids=lambda p: p.stem)
def test_the_page_is_up_to_date(page):
    assert page.read_text(encoding="utf-8") == table.pages()[page]


def test_the_syllabus_has_every_exercise_with_its_page_and_all_points():
    page = table.render_syllabus()
    for exercise in syllabus.EXERCISES.values():
        assert f"[`{exercise.id}`]({exercise.page.removeprefix('docs/')})" in page
    (total,) = (line for line in page.splitlines() if line.startswith("| all |"))
    assert total.startswith(f"| all | {len(syllabus.EXERCISES)} | 100 |")


def test_a_stale_page_is_named(tmp_path, monkeypatch, capsys):
    page = tmp_path / "syllabus.md"
    page.write_text("# Syllabus\n")
    monkeypatch.setattr(table, "SYLLABUS", page)
    with pytest.raises(SystemExit) as ended:
        table.main(check=True)
    assert ended.value.code == 1
    assert "syllabus.md is stale" in capsys.readouterr().err
    assert page.read_text() == "# Syllabus\n"
