"""What the tests of the pages share."""

import pytest
from workshop import Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    """Where the commands of the pages are run; what one of them made is there for the next."""
    workshop = Workshop(tmp_path_factory.mktemp("workshop"))
    yield workshop
    workshop.close()
