"""The outbox: each message is claimed by one sender, and never lost with one."""

import asyncio
from datetime import timedelta

import pytest

from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import InboxId, MessageId, TicketId
from servicedesk.domain.messages import ChannelKind, DeliveryState
from servicedesk.kernel import outbox
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.outbox import ClaimedOutbox, NewOutbox
from tests.fakes.clock import FakeClock

ACTOR = system_actor("sender")
CLAIM_SECONDS = 60.0


def new_message() -> NewOutbox:
    return NewOutbox(
        channel=ChannelKind.EMAIL,
        inbox_id=InboxId(new_id()),
        message_id=MessageId(new_id()),
        ticket_id=TicketId(new_id()),
        destination="example.org",
        external_id=f"{new_id()}@desk.example",
        envelope={"to": ["x"]},
    )


async def enqueue(database: Database, *messages: NewOutbox) -> None:
    async with database.work(ACTOR) as work:
        for message in messages:
            await outbox.enqueue(work, message)


async def claim(database: Database, owner: str = "one", limit: int = 10) -> list[ClaimedOutbox]:
    return await outbox.claim_due(database, owner, limit, CLAIM_SECONDS)


async def end(database: Database, claimed: ClaimedOutbox, state: DeliveryState) -> bool:
    async with database.work(ACTOR) as work:
        return await outbox.finish(work, claimed, state, "why")


async def put_back(database: Database, claimed: ClaimedOutbox, seconds: float) -> bool:
    async with database.work(ACTOR) as work:
        return await outbox.retry(work, claimed, work.now + timedelta(seconds=seconds), "busy")


async def test_sender_gets_what_was_queued(frozen_database: Database) -> None:
    message = new_message()
    await enqueue(frozen_database, message)
    [found] = await claim(frozen_database)
    assert (found.message_id, found.ticket_id, found.inbox_id) == (
        message.message_id,
        message.ticket_id,
        message.inbox_id,
    )
    assert (found.external_id, found.destination) == (message.external_id, "example.org")
    assert (found.envelope, found.channel) == ({"to": ["x"]}, ChannelKind.EMAIL)
    assert (found.attempts, found.interrupted) == (1, False)


async def test_queueing_rings_the_senders(frozen_database: Database, bus: LocalBus) -> None:
    async with bus.listen(Topic.OUTBOX) as bell:
        await enqueue(frozen_database, new_message())
        assert await bell.wait(0)


async def test_claimed_message_is_not_given_to_another(frozen_database: Database) -> None:
    await enqueue(frozen_database, new_message())
    assert len(await claim(frozen_database, "one")) == 1
    assert await claim(frozen_database, "two") == []


async def test_senders_that_claim_at_once_share_without_overlap(database: Database) -> None:
    await enqueue(database, *(new_message() for _ in range(40)))
    claims = await asyncio.gather(*(claim(database, f"sender-{n}", 7) for n in range(8)))
    ids = [found.id for taken in claims for found in taken]
    ids += [found.id for found in await claim(database, "last", 100)]
    assert len(ids) == len(set(ids)) == 40


async def test_longest_due_go_first(frozen_database: Database, clock: FakeClock) -> None:
    messages = [new_message() for _ in range(3)]
    for message in messages:
        await enqueue(frozen_database, message)
        clock.advance(1)
    found = [taken.message_id for taken in await claim(frozen_database, limit=2)]
    assert found == [message.message_id for message in messages[:2]]


async def test_claim_that_ran_out_is_found_again_and_marked(
    frozen_database: Database, clock: FakeClock
) -> None:
    await enqueue(frozen_database, new_message())
    [first] = await claim(frozen_database, "dead")
    clock.advance(CLAIM_SECONDS - 1)
    assert await claim(frozen_database, "heir") == []
    clock.advance(1)
    [second] = await claim(frozen_database, "heir")
    assert (second.id, second.attempts, second.interrupted) == (first.id, 2, True)


async def test_sender_that_lost_its_claim_writes_nothing(
    frozen_database: Database, clock: FakeClock
) -> None:
    await enqueue(frozen_database, new_message())
    [late] = await claim(frozen_database, "late")
    clock.advance(CLAIM_SECONDS)
    [heir] = await claim(frozen_database, "heir")
    assert not await end(frozen_database, late, DeliveryState.FAILED)
    assert not await put_back(frozen_database, late, 1)
    assert await end(frozen_database, heir, DeliveryState.SENT)
    [row] = await frozen_database.sql.fetch("SELECT state, attempts FROM outbox")
    assert (row["state"], row["attempts"]) == ("sent", 2)


async def test_sender_with_a_claim_of_its_own_past_cannot_end_its_second_one(
    frozen_database: Database, clock: FakeClock
) -> None:
    await enqueue(frozen_database, new_message())
    [first] = await claim(frozen_database, "same")
    clock.advance(CLAIM_SECONDS)
    await claim(frozen_database, "same")
    assert not await end(frozen_database, first, DeliveryState.SENT)


@pytest.mark.parametrize("state", sorted(outbox.ENDS))
async def test_ended_message_is_not_sent_again(
    frozen_database: Database, clock: FakeClock, state: DeliveryState
) -> None:
    await enqueue(frozen_database, new_message())
    [claimed] = await claim(frozen_database)
    assert await end(frozen_database, claimed, state)
    clock.advance(10 * CLAIM_SECONDS)
    assert await claim(frozen_database) == []
    assert await outbox.next_due(frozen_database.sql) is None


async def test_state_that_ends_nothing_is_refused(frozen_database: Database) -> None:
    await enqueue(frozen_database, new_message())
    [claimed] = await claim(frozen_database)
    with pytest.raises(ValueError, match="does not end"):
        await end(frozen_database, claimed, DeliveryState.QUEUED)


async def test_message_put_back_waits_for_its_time(
    frozen_database: Database, clock: FakeClock
) -> None:
    await enqueue(frozen_database, new_message())
    [claimed] = await claim(frozen_database)
    assert await put_back(frozen_database, claimed, 300)
    assert await outbox.next_due(frozen_database.sql) == clock.time + timedelta(seconds=300)
    clock.advance(299)
    assert await claim(frozen_database) == []
    clock.advance(1)
    [again] = await claim(frozen_database)
    assert (again.attempts, again.interrupted) == (2, False)


async def test_next_due_counts_the_end_of_claims(
    frozen_database: Database, clock: FakeClock
) -> None:
    assert await outbox.next_due(frozen_database.sql) is None
    await enqueue(frozen_database, new_message())
    assert await outbox.next_due(frozen_database.sql) == clock.time
    await claim(frozen_database)
    due = clock.time + timedelta(seconds=CLAIM_SECONDS)
    assert await outbox.next_due(frozen_database.sql) == due


async def test_failed_message_can_be_sent_once_more_with_all_its_attempts(
    frozen_database: Database,
) -> None:
    message = new_message()
    await enqueue(frozen_database, message)
    [claimed] = await claim(frozen_database)
    await end(frozen_database, claimed, DeliveryState.FAILED)
    async with frozen_database.work(ACTOR) as work:
        assert await outbox.run_again(work, message.message_id, {"only": ["bo@x"]})
        assert not await outbox.run_again(work, message.message_id, {})
    [again] = await claim(frozen_database)
    assert (again.attempts, again.envelope) == (1, {"only": ["bo@x"]})


async def test_claiming_uses_its_index(postgres_database: Database) -> None:
    await enqueue(postgres_database, *(new_message() for _ in range(5)))
    await postgres_database.sql.execute(
        "INSERT INTO outbox (id, channel, inbox_id, message_id, ticket_id, destination, "
        "external_id, envelope, state, due_at, created_at) SELECT gen_random_uuid(), 'email', "
        "gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x', 'x', '{}', 'sent', now(), "
        "now() FROM generate_series(1, 20000)"
    )
    await postgres_database.sql.execute("ANALYZE outbox")
    rows = await postgres_database.sql.fetch(
        f"EXPLAIN SELECT id FROM outbox WHERE state IN {outbox.LIVE} AND due_at <= now() "
        "ORDER BY due_at, id LIMIT 10 FOR UPDATE SKIP LOCKED"
    )
    assert "outbox_due" in "\n".join(row["QUERY PLAN"] for row in rows)


async def test_what_waits_or_went_wrong_is_counted_but_not_what_was_sent(
    frozen_database: Database,
) -> None:
    await enqueue(frozen_database, *(new_message() for _ in range(4)))
    first, second, third = await claim(frozen_database, limit=3)
    await end(frozen_database, first, DeliveryState.SENT)
    await end(frozen_database, second, DeliveryState.FAILED)
    await put_back(frozen_database, third, 60)
    counted = await outbox.count_unsent(frozen_database.sql)
    assert counted == {"queued": 1, "retry": 1, "failed": 1}
