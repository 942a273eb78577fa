"""What became of an outbound message: the channel's receipt, written once, shown on the message.
An agent's answer that did not arrive, or may not have, gives its ticket work again.

A message that failed, or may or may not have arrived, is sent again when an agent asks for it.
"""

from datetime import timedelta
from uuid import UUID

from servicedesk.desk.attention import call_attention, lock_heir, settle_attention
from servicedesk.desk.delivery_verdict import (
    Verdict,
    begin_again,
    judge,
    read_progress,
    write_progress,
)
from servicedesk.desk.sent_copies import ask_for_copy
from servicedesk.desk.sight import lock_changeable
from servicedesk.domain.actors import ActorKind, system_actor, user_actor
from servicedesk.domain.errors import Conflict, NotFound
from servicedesk.domain.ids import Position, TicketId
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.domain.orders import Attention
from servicedesk.domain.people import Viewer
from servicedesk.kernel import outbox
from servicedesk.kernel.database import Database
from servicedesk.kernel.outbox import ClaimedOutbox
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.kernel.work import Work

SENDER = system_actor("sender")
RETRY_SECONDS = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800)
"""Waits between attempts; after the last the message has failed (about 16 hours in all, within the
four to five days of RFC 5321 §4.5.4.1, since an agent should hear of it the same day)."""
MOST_ATTEMPTS = len(RETRY_SECONDS) + 1

KIND = {
    DeliveryState.QUEUED: "message.delayed",
    DeliveryState.SENT: "message.sent",
    DeliveryState.FAILED: "message.failed",
    DeliveryState.UNKNOWN: "message.unknown",
    DeliveryState.BOUNCED: "message.bounced",
}


async def record_receipt(database: Database, claimed: ClaimedOutbox, receipt: Receipt) -> None:
    """Write down what the channel said: done, to be tried again, or given up.

    A receipt that comes after its claim ran out changes nothing: somebody else sends the message.
    """
    verdict = judge(
        read_progress(claimed.envelope), receipt, may_try_again=claimed.attempts < MOST_ATTEMPTS
    )
    async with database.work(SENDER) as work:
        ticket = await lock_heir(work.sql, claimed.ticket_id) if _is_lost(verdict) else None
        if not await _settle(work, claimed, verdict) or _is_held_again(claimed, verdict):
            return
        await _mark(work, claimed, verdict)
        if verdict.state is DeliveryState.SENT and receipt.keep_copy:
            await ask_for_copy(work, claimed)
        if ticket is not None and await _is_by_agent(work.sql, claimed.message_id):
            await call_attention(work, ticket, Attention.UNDELIVERED)


def _is_lost(verdict: Verdict) -> bool:
    """It has ended, and not everybody has it for certain."""
    if verdict.state in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        return True
    return verdict.state is DeliveryState.SENT and verdict.error is not None


async def _is_by_agent(sql: Sql, message_id: UUID) -> bool:
    row = await sql.fetch_one("SELECT author_kind FROM message WHERE id = $1", message_id)
    return row is not None and row["author_kind"] == ActorKind.USER


def _is_held_again(claimed: ClaimedOutbox, verdict: Verdict) -> bool:
    """A message that is held back for a relay that is away says so once."""
    return verdict.hold_seconds is not None and read_progress(claimed.envelope).held_seconds > 0


class NotFailed(Conflict):
    """Only what failed, or may have been lost, is sent again."""

    code = "not-failed"


async def send_again(database: Database, viewer: Viewer, message_id: UUID) -> Position:
    """Put a failed or unknown message in line once more, for those who do not have it.

    Raises NotFound, Forbidden and NotFailed. The external id stays: who got it the first time can
    tell that it is the same.
    """
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket_id, seq = await _lock_changeable(work.sql, viewer, message_id)
        envelope = await outbox.load_envelope(work.sql, message_id)
        if envelope is None:
            raise NotFailed(
                f"Message {message_id} has neither failed nor is it unknown whether it arrived: "
                "there is nothing to send again.",
                message_id=str(message_id),
            )
        again = begin_again(read_progress(envelope))
        await outbox.run_again(work, message_id, write_progress(again))
        await work.sql.execute(
            "UPDATE message SET delivery_state = $2, delivery_error = NULL, delivery_attempts = 0, "
            "delivery_at = $3 WHERE id = $1",
            message_id,
            DeliveryState.QUEUED,
            work.now,
        )
        await settle_attention(work, ticket_id)
        payload = {"message_id": str(message_id), "seq": seq, "again": True}
        work.record("message.queued", ticket_id=ticket_id, payload=payload)
    return work.position


async def _lock_changeable(sql: Sql, viewer: Viewer, message_id: UUID) -> tuple[TicketId, int]:
    """Lock the message's ticket; return it with the message's seq."""
    row = await sql.fetch_one("SELECT ticket_id, seq FROM message WHERE id = $1", message_id)
    try:
        if row is not None:
            ticket = await lock_changeable(sql, viewer, as_uuid(row["ticket_id"]))
            return ticket.id, int(row["seq"])
    except NotFound:
        pass  # not one's to see looks like not there
    raise NotFound(f"There is no message {message_id}.", message_id=str(message_id))


async def _settle(work: Work, claimed: ClaimedOutbox, verdict: Verdict) -> bool:
    envelope = write_progress(verdict.progress)
    if verdict.hold_seconds is not None:
        due_at = work.now + timedelta(seconds=verdict.hold_seconds)
        return await outbox.hold(work, claimed, due_at, verdict.error or "", envelope)
    if verdict.state is DeliveryState.QUEUED:
        due_at = work.now + timedelta(seconds=RETRY_SECONDS[claimed.attempts - 1])
        return await outbox.retry(work, claimed, due_at, verdict.error or "", envelope)
    return await outbox.finish(work, claimed, verdict.state, verdict.error or "", envelope)


async def _mark(work: Work, claimed: ClaimedOutbox, verdict: Verdict) -> None:
    """A bounce that was faster than our own receipt is the later news."""
    await work.sql.execute(
        "UPDATE message SET delivery_state = $2, delivery_error = $3, delivery_attempts = $4, "
        "delivery_at = $5 WHERE id = $1 AND coalesce(delivery_state, '') <> 'bounced'",
        claimed.message_id,
        verdict.state,
        verdict.error,
        claimed.attempts,
        work.now,
    )
    payload = {"message_id": str(claimed.message_id), "attempts": claimed.attempts}
    work.record(KIND[verdict.state], ticket_id=claimed.ticket_id, payload=payload)
