"""What became of an outbound message: the channel's receipt, written once, shown on the message."""

from datetime import timedelta

from servicedesk.desk.delivery_verdict import Verdict, judge, read_progress, write_progress
from servicedesk.domain.actors import system_actor
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.kernel import outbox
from servicedesk.kernel.database import Database
from servicedesk.kernel.outbox import ClaimedOutbox
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
        if await _settle(work, claimed, verdict):
            await _mark(work, claimed, verdict)


async def _settle(work: Work, claimed: ClaimedOutbox, verdict: Verdict) -> bool:
    envelope = write_progress(verdict.progress)
    if verdict.state is DeliveryState.QUEUED:
        due_at = work.now + timedelta(seconds=RETRY_SECONDS[claimed.attempts - 1])
        return await outbox.retry(work, claimed, due_at, verdict.error or "", envelope)
    return await outbox.finish(work, claimed, verdict.state, verdict.error or "", envelope)


async def _mark(work: Work, claimed: ClaimedOutbox, verdict: Verdict) -> None:
    await work.sql.execute(
        "UPDATE message SET delivery_state = $2, delivery_error = $3, delivery_attempts = $4, "
        "delivery_at = $5 WHERE id = $1",
        claimed.message_id,
        verdict.state,
        verdict.error,
        claimed.attempts,
        work.now,
    )
    payload = {"message_id": str(claimed.message_id), "attempts": claimed.attempts}
    work.record(KIND[verdict.state], ticket_id=claimed.ticket_id, payload=payload)
