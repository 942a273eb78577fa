import pytest

from tests.channels.doors import Door


@pytest.fixture
def door() -> Door:
    return Door()
