"""What became of an outbound message: the channel's receipt, written once, shown on the message."""

from datetime import timedelta

from servicedesk.domain.actors import system_actor
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.kernel import outbox
from servicedesk.kernel.database import Database
from servicedesk.kernel.outbox import OutboxItem
from servicedesk.kernel.work import Work

SENDER = system_actor("sender")
RETRY_SECONDS = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800)
"""Waits between attempts; after the last the message has failed (about 16 hours in all, within the
four to five days of RFC 5321 §4.5.4.1, since an agent should hear of it the same day)."""

KIND = {
    DeliveryState.SENT: "message.sent",
    DeliveryState.FAILED: "message.failed",
    DeliveryState.UNKNOWN: "message.unknown",
    DeliveryState.BOUNCED: "message.bounced",
}


async def record_receipt(database: Database, item: OutboxItem, receipt: Receipt) -> None:
    """Write down what the channel said: done, to be tried again, or given up."""
    attempts = item.attempts + 1
    async with database.work(SENDER) as work:
        if receipt.retry and attempts <= len(RETRY_SECONDS):
            due_at = work.now + timedelta(seconds=RETRY_SECONDS[attempts - 1])
            await outbox.retry(work, item.id, due_at, receipt.detail)
            await _mark(work, item, DeliveryState.QUEUED, receipt.detail)
            _record(work, "message.delayed", item)
            return
        state = DeliveryState.FAILED if receipt.retry else receipt.state
        await outbox.finish(work, item.id, state.value, receipt.detail or None)
        await _mark(work, item, state, receipt.detail)
        _record(work, KIND[state], item)


def _record(work: Work, kind: str, item: OutboxItem) -> None:
    payload = {"message_id": str(item.message_id), "attempts": item.attempts + 1}
    work.record(kind, ticket_id=item.ticket_id, payload=payload)


async def _mark(work: Work, item: OutboxItem, state: DeliveryState, detail: str) -> None:
    await work.sql.execute(
        "UPDATE message SET delivery_state = $2, delivery_error = $3, delivery_attempts = $4, "
        "delivery_at = $5 WHERE id = $1",
        item.message_id,
        state,
        detail or None,
        item.attempts + 1,
        work.now,
    )
