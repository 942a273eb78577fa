"""The goal for the largest mails, to the second: the best of three tries on a busy machine."""

from collections.abc import Iterator

import pytest

from tests.fakes.giant_mails import GIANTS
from tests.fakes.mail_scales import Scales

TRIES = 3
MOST_SECONDS = 2.0
MOST_BYTES = 300_000_000


@pytest.fixture(scope="module")
def scales(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scales]:
    found = Scales(tmp_path_factory.mktemp("giants"))
    yield found
    found.close()


@pytest.mark.parametrize("name", GIANTS)
def test_largest_mail_costs_two_seconds_at_most(name: str, scales: Scales) -> None:
    raw = GIANTS[name]()
    weights = [scales.weigh(raw) for _ in range(TRIES)]
    assert min(seconds for seconds, _ in weights) <= MOST_SECONDS
    assert max(size for _, size in weights) <= MOST_BYTES
