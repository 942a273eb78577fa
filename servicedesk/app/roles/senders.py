"""Carries outbound messages: claims outbox rows, calls their channel, writes the receipt.

    claim ──▶ carry (ends before the claim) ──▶ write the receipt ──▶ claim …
                                                  └── database away: again, until the claim ends

A receipt that is lost sends its message twice: it is worth waiting for, at a clean stop as well.
"""

import asyncio
from collections.abc import Coroutine, Iterable
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
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.kernel import outbox
from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.outbox import ClaimedOutbox

AT_ONCE = 8
CLAIM_SECONDS = 180.0
CARRY_SECONDS = 160.0
"""Less than a claim: what is carried for longer, a second sender would carry as well."""
GOODBYE_SECONDS = 20.0
log = structlog.get_logger(__name__)


async def run(services: Services, owner: str) -> None:
    """Send whatever is due, until cancelled; what is being carried then may end."""
    loop = asyncio.get_running_loop()

    async def send_due() -> None:
        claim_ends = loop.time() + CLAIM_SECONDS
        while claimed := await outbox.claim_due(services.database, owner, AT_ONCE, CLAIM_SECONDS):
            await _to_their_end(_send(services, item, claim_ends) for item in claimed)
            claim_ends = loop.time() + CLAIM_SECONDS

    async def next_due() -> datetime | None:
        return await outbox.next_due(services.database.sql)

    await act_when_due(services.database, services.bus, Topic.OUTBOX, send_due, next_due)


async def _to_their_end(sends: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Wait for all of them; once cancelled, for `GOODBYE_SECONDS` more."""
    tasks = [asyncio.create_task(send) for send in sends]
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        await asyncio.wait(tasks, timeout=GOODBYE_SECONDS)
        raise
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
