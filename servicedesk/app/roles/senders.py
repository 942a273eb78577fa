"""Carries outbound messages: claims outbox rows, calls their channel, writes the receipt.

    claim ──▶ carry (ends before the claim) ──▶ write the receipt ──▶ claim …
                                                  └── database away: again, until the claim ends

A receipt that is lost sends its message twice: it is worth waiting for, at a clean stop as well.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from servicedesk.app.roles.due import act_when_due
from servicedesk.app.wiring import Services
from servicedesk.desk.delivery import MOST_ATTEMPTS, record_receipt
from servicedesk.desk.delivery_verdict import read_progress
from servicedesk.desk.inbox_settings import open_settings
from servicedesk.desk.outgoing import load_outbound
from servicedesk.domain.errors import NotFound, ServicedeskError
from servicedesk.domain.ids import InboxId
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.kernel import outbox
from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.outbox import ClaimedOutbox

AT_ONCE = 32
TOGETHER = 4
"""How many are claimed at a time, and with how many under way an inbox gets no more: less than
twice as many at most, as relays bound how many sessions one sender has."""
CLAIM_SECONDS = 180.0
CARRY_SECONDS = 160.0
"""Less than a claim: what is carried for longer, a second sender would carry as well."""
GOODBYE_SECONDS = 20.0
log = structlog.get_logger(__name__)


async def run(services: Services, owner: str) -> None:
    """Send whatever is due, until cancelled; what is being carried then may end."""
    loop = asyncio.get_running_loop()
    under_way = UnderWay()

    async def send_due() -> None:
        while True:
            await under_way.room()
            claim_ends = loop.time() + CLAIM_SECONDS
            claimed = await outbox.claim_due(
                services.database, owner, TOGETHER, CLAIM_SECONDS, under_way.busy()
            )
            if not claimed:
                return
            for item in claimed:
                under_way.begin(_send_and_ring(item, claim_ends), item.inbox_id)

    async def _send_and_ring(item: ClaimedOutbox, claim_ends: float) -> None:
        await _send(services, item, claim_ends)
        if item.inbox_id in under_way.busy():  # more of this inbox may wait for it
            await services.bus.ring(Topic.OUTBOX)

    async def next_due() -> datetime | None:
        return await outbox.next_due(services.database.sql, under_way.busy())

    try:
        await act_when_due(services.database, services.bus, Topic.OUTBOX, send_due, next_due)
    finally:
        await under_way.end()


class UnderWay:
    """What is being sent now. A relay that is slow holds up its inbox, and no other."""

    def __init__(self) -> None:
        self._sends: dict[asyncio.Task[None], InboxId] = {}

    def begin(self, send: Coroutine[Any, Any, None], inbox_id: InboxId) -> None:
        task = asyncio.create_task(send)
        self._sends[task] = inbox_id
        task.add_done_callback(lambda done: self._sends.pop(done, None))

    def busy(self) -> frozenset[InboxId]:
        """Return the inboxes of which so many are under way that no more are begun."""
        counts = Counter(self._sends.values())
        return frozenset(inbox_id for inbox_id, count in counts.items() if count >= TOGETHER)

    async def room(self) -> None:
        """Wait until `TOGETHER` more may begin."""
        while len(self._sends) > AT_ONCE - TOGETHER:
            await asyncio.wait(self._sends, return_when=asyncio.FIRST_COMPLETED)

    async def end(self) -> None:
        """Wait `GOODBYE_SECONDS` for what is under way, then stop it."""
        tasks = list(self._sends)
        if not tasks:
            return
        try:
            await asyncio.wait(tasks, timeout=GOODBYE_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _send(services: Services, claimed: ClaimedOutbox, claim_ends: float) -> None:
    """Carry one and write down what became of it. Raises nothing: the others go on."""
    receipt = await _carry(services, claimed)
    if await _write_down(services, claimed, receipt, claim_ends):
        log.info(
            "message_carried",
            message_id=str(claimed.message_id),
            state=receipt.state.value,
            attempts=claimed.attempts,
        )


async def _write_down(
    services: Services, claimed: ClaimedOutbox, receipt: Receipt, claim_ends: float
) -> bool:
    """Write the receipt, again and again while the claim lasts. False: it is lost."""
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        try:
            await record_receipt(services.database, claimed, receipt)
            return True
        except Exception as error:
            failures += 1
            wait = delay_seconds(failures, first_seconds=0.2, longest_seconds=10.0)
            fault = None if isinstance(error, ServicedeskError | OSError) else error
            names = {"message_id": str(claimed.message_id), "state": receipt.state.value}
            if loop.time() + wait >= claim_ends:
                log.error("receipt_lost", **names, exc_info=error)
                return False
            log.warning("receipt_waits", **names, error=type(error).__name__, exc_info=fault)
        await asyncio.sleep(wait)


async def _carry(services: Services, claimed: ClaimedOutbox) -> Receipt:
    channel = services.channels.get(claimed.channel)
    if channel is None:
        return Receipt(DeliveryState.FAILED, f"No channel {claimed.channel.value} runs here.")
    if claimed.interrupted and claimed.attempts > MOST_ATTEMPTS:
        return Receipt(
            DeliveryState.UNKNOWN,
            f"The desk was interrupted at each of {MOST_ATTEMPTS} attempts to send it: it may have "
            "arrived. Ask before sending it again.",
        )
    try:
        inbox, outbound = await load_outbound(
            services.database.sql, claimed.message_id, claimed.external_id
        )
        settings = open_settings(services.secrets, inbox, channel.settings_type)
        only = read_progress(claimed.envelope).only
        async with asyncio.timeout(CARRY_SECONDS):
            return await channel.send(replace(outbound, only=only), settings)
    except NotFound as error:
        return Receipt(DeliveryState.FAILED, str(error))
    except ServicedeskError as error:
        return Receipt(DeliveryState.QUEUED, str(error), retry=True)
    except TimeoutError:
        return Receipt(
            DeliveryState.UNKNOWN,
            f"It was still being sent after {CARRY_SECONDS:.0f} s: it may have arrived. Ask before "
            "sending it again.",
        )
    except Exception:
        log.exception("sending_failed", message_id=str(claimed.message_id))
        return Receipt(DeliveryState.QUEUED, "The desk could not send it; see its log.", retry=True)
