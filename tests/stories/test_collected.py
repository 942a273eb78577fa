"""What was fetched from a mailbox in one portion is stored whole, whatever lies in it twice."""

from servicedesk.app.wiring import Services
from servicedesk.intake.accept import Collected
from servicedesk.intake.arrivals import ArrivalState, get_arrival
from servicedesk.kernel.work import Work
from tests.stories.company import Company, letter
from tests.stories.mail_rows import count, journaled

REFUSED = "The mail server does not give mail 7."


async def nothing_to_note(_work: Work) -> None:
    """A portion without a folder's book."""


async def test_same_mail_twice_in_one_portion_is_stored_twice(
    services: Services, company: Company
) -> None:
    raw = letter().as_bytes()
    portion = [Collected(raw, {"uid": uid}) for uid in (7, 8)]
    stored = await services.intake.store_collected(company.inbox, portion, nothing_to_note)
    states = [await services.intake.admit(arrival_id) for arrival_id in stored]
    assert states == [ArrivalState.ACCEPTED, ArrivalState.DUPLICATE]
    (blob,) = await services.database.sql.fetch("SELECT uses FROM blob")
    assert blob["uses"] == 3  # two arrivals and the message


async def test_mail_that_the_server_refuses_is_in_quarantine_with_its_reason(
    services: Services, company: Company
) -> None:
    refused = Collected(REFUSED.encode(), {"uid": 7}, REFUSED)
    assert await services.intake.store_collected(company.inbox, [refused], nothing_to_note) == []
    (row,) = await services.database.sql.fetch("SELECT id FROM arrival")
    arrival = await get_arrival(services.database.sql, row["id"])
    assert (arrival.state, arrival.reason) == (ArrivalState.QUARANTINED, REFUSED)
    assert len(await journaled(services, "arrival.quarantined")) == 1
    assert await count(services, "ticket") == 0
