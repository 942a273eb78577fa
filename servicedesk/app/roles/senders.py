"""Carries outbound messages: claims outbox rows, calls their channel, writes the receipt."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import structlog

from servicedesk.app.roles.due import act_when_due
from servicedesk.app.wiring import Services
from servicedesk.channels.protocol import Channel
from servicedesk.desk.delivery import record_receipt
from servicedesk.desk.outgoing import load_outbound
from servicedesk.domain.errors import NotFound, ServicedeskError
from servicedesk.domain.messages import ChannelKind, DeliveryState, Receipt
from servicedesk.kernel import outbox
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.outbox import ClaimedOutbox

AT_ONCE = 8
CLAIM_SECONDS = 180.0
log = structlog.get_logger(__name__)


async def run(services: Services, owner: str) -> None:
    """Send whatever is due, until cancelled."""

    async def send_due() -> None:
        while claimed := await outbox.claim_due(services.database, owner, AT_ONCE, CLAIM_SECONDS):
            await asyncio.gather(*(_send(services, item) for item in claimed))

    async def next_due() -> datetime | None:
        return await outbox.next_due(services.database.sql)

    await act_when_due(services.database, services.bus, Topic.OUTBOX, send_due, next_due)


async def _send(services: Services, claimed: ClaimedOutbox) -> None:
    receipt = await _carry(services, claimed, services.channels)
    await record_receipt(services.database, claimed, receipt)
    log.info(
        "message_carried",
        message_id=str(claimed.message_id),
        state=receipt.state.value,
        attempts=claimed.attempts,
    )


async def _carry(
    services: Services, claimed: ClaimedOutbox, channels: Mapping[ChannelKind, Channel]
) -> Receipt:
    channel = channels.get(claimed.channel)
    if channel is None:
        return Receipt(DeliveryState.FAILED, f"No channel {claimed.channel.value} runs here.")
    try:
        inbox, outbound = await load_outbound(
            services.database.sql, claimed.message_id, claimed.external_id
        )
        settings = channel.settings_type.model_validate(inbox.settings)
        return await channel.send(outbound, settings)
    except NotFound as error:
        return Receipt(DeliveryState.FAILED, str(error))
    except ServicedeskError as error:
        return Receipt(DeliveryState.QUEUED, str(error), retry=True)
    except Exception:
        log.exception("sending_failed", message_id=str(claimed.message_id))
        return Receipt(DeliveryState.QUEUED, "The desk could not send it; see its log.", retry=True)
