"""What could not be let in is kept, shown to those who may, tried again or thrown away."""

from dataclasses import replace
from functools import partial

import pytest

from servicedesk.app.wiring import Services, parse_arrival
from servicedesk.domain.errors import Conflict, Forbidden
from servicedesk.domain.messages import ChannelKind, Inbound
from servicedesk.intake import quarantine
from servicedesk.intake.accept import Intake
from servicedesk.intake.arrivals import Arrival, ArrivalState
from servicedesk.intake.understand import Parse
from servicedesk.kernel import journal
from tests.stories.company import Company, letter, post

UNREADABLE = b"\r\nno headers at all\r\n"


class FailingOnce:
    """A parser with a fault that is mended after its first run."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self.runs = 0

    def __call__(self, raw: bytes, arrival: Arrival) -> Inbound:
        self.runs += 1
        if self.runs == 1:
            raise ZeroDivisionError("a fault of ours")
        return self._parse(raw, arrival)


def with_parser(services: Services, parse: Parse) -> Services:
    parsers = {ChannelKind.EMAIL: parse}
    intake = Intake(services.database, services.blobs, parsers, services.channels)
    return replace(services, intake=intake)


def own_parser(services: Services) -> Parse:
    return partial(parse_arrival, services.channels[ChannelKind.EMAIL])


async def test_a_fault_of_ours_costs_a_retry_and_nothing_else(
    services: Services, company: Company
) -> None:
    failing = with_parser(services, FailingOnce(own_parser(services)))
    arrival = await post(failing, company.inbox, letter())
    assert arrival.state is ArrivalState.QUARANTINED
    assert arrival.reason == "ZeroDivisionError: a fault of ours"
    after = await quarantine.retry(services.database, failing.intake, company.sam, arrival.id)
    assert after.state is ArrivalState.ACCEPTED
    assert after.ticket_id is not None


async def test_the_same_fault_again_keeps_it_waiting(services: Services, company: Company) -> None:
    arrival = await post(services, company.inbox, UNREADABLE)
    after = await quarantine.retry(services.database, services.intake, company.sam, arrival.id)
    assert (after.state, after.attempts) == (ArrivalState.QUARANTINED, 2)
    assert (
        await quarantine.read_raw(services.database.sql, services.blobs, company.sam, arrival.id)
        == UNREADABLE
    )


async def test_what_was_let_in_cannot_be_retried(services: Services, company: Company) -> None:
    arrival = await post(services, company.inbox, letter())
    with pytest.raises(Conflict):
        await quarantine.retry(services.database, services.intake, company.sam, arrival.id)


async def test_agents_and_observers_do_not_see_it(services: Services, company: Company) -> None:
    arrival = await post(services, company.inbox, UNREADABLE)
    for viewer in (company.ana, company.olga):
        with pytest.raises(Forbidden):
            await quarantine.list_quarantined(services.database.sql, viewer, None, 10)
        with pytest.raises(Forbidden):
            await quarantine.discard(services.database, viewer, arrival.id)


async def test_what_is_thrown_away_is_gone_and_journaled(
    services: Services, company: Company
) -> None:
    arrival = await post(services, company.inbox, UNREADABLE)
    position = await quarantine.discard(services.database, company.sam, arrival.id)
    assert await quarantine.list_quarantined(services.database.sql, company.sam, None, 10) == []
    (entry,) = await journal.read_after(services.database.sql, position - 1, 1)
    assert entry.kind == "arrival.discarded"


async def test_the_list_pages_newest_first(services: Services, company: Company) -> None:
    for number in range(3):
        await post(services, company.inbox, UNREADABLE + bytes([48 + number]))
    sql = services.database.sql
    newest = await quarantine.list_quarantined(sql, company.sam, None, 2)
    rest = await quarantine.list_quarantined(sql, company.sam, newest[-1].id, 2)
    assert (len(newest), len(rest)) == (2, 1)
    assert newest[0].id > newest[1].id > rest[0].id


async def test_a_reason_that_no_database_takes_is_cleaned(
    services: Services, company: Company
) -> None:
    def broken(raw: bytes, arrival: Arrival) -> Inbound:
        raise ValueError("half a pair \udce9 and a NUL \0")

    arrival = await post(with_parser(services, broken), company.inbox, letter())
    assert arrival.state is ArrivalState.QUARANTINED
    assert arrival.reason == "ValueError: half a pair ? and a NUL "
