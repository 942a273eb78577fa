"""Lays copies of sent mail into the mailboxes that want them; part of what senders do.

A mailbox that is away keeps only its own copies waiting: each is tried by itself, later and later.
"""

import asyncio
from datetime import datetime

import structlog

from servicedesk.app.roles.due import act_when_due
from servicedesk.app.wiring import Services
from servicedesk.channels.protocol import KeepsCopies
from servicedesk.desk.inbox_settings import open_settings
from servicedesk.desk.outgoing import load_outbound
from servicedesk.desk.sent_copies import (
    ClaimedCopy,
    claim_copies,
    finish_copy,
    next_copy_due,
    put_off_copy,
)
from servicedesk.domain.errors import NotFound, ServicedeskError
from servicedesk.kernel.bus import Topic

AT_ONCE = 4
CLAIM_SECONDS = 180.0
COPY_SECONDS = 120.0
log = structlog.get_logger(__name__)


async def run(services: Services, owner: str) -> None:
    """Make whatever copies are due, until cancelled."""

    async def copy_due() -> None:
        while copies := await claim_copies(services.database, owner, AT_ONCE, CLAIM_SECONDS):
            await asyncio.gather(*(_copy(services, copy) for copy in copies))

    async def next_due() -> datetime | None:
        return await next_copy_due(services.database.sql)

    await act_when_due(services.database, services.bus, Topic.OUTBOX, copy_due, next_due)


async def _copy(services: Services, copy: ClaimedCopy) -> None:
    names = {"message_id": str(copy.message_id), "attempts": copy.attempts}
    try:
        async with asyncio.timeout(COPY_SECONDS):
            await _lay_down(services, copy)
    except NotFound:
        await finish_copy(services.database, copy)  # erased meanwhile: nothing is left to copy
    except ServicedeskError as error:
        log.warning("sent_copy_waits", **names, error=error.code)
        await put_off_copy(services.database, copy, str(error))
    except (OSError, TimeoutError) as error:
        log.warning("sent_copy_waits", **names, error=type(error).__name__)
        words = f"The mailbox does not answer ({type(error).__name__}). It is tried again."
        await put_off_copy(services.database, copy, words)
    except Exception:
        log.exception("sent_copy_failed", **names)
        words = "The desk could not make the copy; see its log."
        await put_off_copy(services.database, copy, words)
    else:
        await finish_copy(services.database, copy)


async def _lay_down(services: Services, copy: ClaimedCopy) -> None:
    inbox, outbound = await load_outbound(services.database.sql, copy.message_id, copy.external_id)
    channel = services.channels.get(inbox.channel)
    if isinstance(channel, KeepsCopies):
        settings = open_settings(services.secrets, inbox, channel.settings_type)
        await channel.keep_copy(outbound, settings)
