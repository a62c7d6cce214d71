"""The generated page of misconceptions."""

from autograder import kit, table
from autograder.recordings import Recording


def test_the_page_is_up_to_date():
    assert table.PAGE.read_text(encoding="utf-8") == table.render(Recording(kit.OUTPUTS))
