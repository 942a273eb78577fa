"""Keys and waits, over whatever they may be given."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.secrets import SealBroken, Secrets
from servicedesk.kernel.sql import as_time

SECRETS = Secrets({"new": bytes(32), "old": bytes(range(32))})


@given(st.binary(max_size=2_000), st.text(max_size=40))
def test_whatever_is_sealed_opens_for_its_purpose(content: bytes, purpose: str) -> None:
    assert SECRETS.unseal(SECRETS.seal(content, purpose), purpose) == content


@given(st.text(max_size=200))
def test_whatever_we_did_not_seal_does_not_open(text: str) -> None:
    with pytest.raises(SealBroken):
        SECRETS.unseal(text, "inbox")


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_whatever_we_did_not_sign_is_not_ours(data: bytes, mac: bytes) -> None:
    assert not SECRETS.verify("reply", "new", mac, data)


@given(
    st.integers(-5, 10_000),
    st.floats(0.001, 100),
    st.floats(0, 1e6),
)
def test_waits_grow_and_stay_within_bounds(attempts: int, first: float, more: float) -> None:
    longest = first + more

    def wait(number: int) -> float:
        return delay_seconds(number, first_seconds=first, longest_seconds=longest)

    assert first <= wait(attempts) <= longest
    assert wait(attempts) <= wait(attempts + 1)


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001  # the zone is drawn apart
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.timezones(),
    )
)
def test_time_written_as_text_reads_as_the_same_instant(time: datetime) -> None:
    assert as_time(time.isoformat(" ")) == time.astimezone(UTC)


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(2_000)]
    assert made == sorted(made)
    assert len(set(made)) == 2_000
    assert {found.version for found in made} == {7}
