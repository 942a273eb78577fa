"""Carries what is no message of a ticket: calls of webhooks, and mails to the desk's own users.

claim ──▶ carry (ends before the claim) ──▶ done, or later, or failed ──▶ claim …
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

import orjson
import structlog

from servicedesk.app.roles.due import act_when_due
from servicedesk.app.wiring import Services
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.desk import notices
from servicedesk.desk.inbox_settings import open_settings
from servicedesk.desk.inboxes import get_inbox
from servicedesk.desk.notice_words import NoticeMail, write_notice
from servicedesk.desk.notices import Miscarried, Notice
from servicedesk.domain.errors import BadInput, ServicedeskError
from servicedesk.domain.ids import MessageId
from servicedesk.domain.messages import Address, ChannelKind, DeliveryState, Outbound
from servicedesk.kernel import webhooks
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.http.outgoing import Call
from servicedesk.kernel.webhook_signatures import signed_headers, webhook_secrets
from servicedesk.kernel.webhooks import Webhook

AT_ONCE = 8
CLAIM_SECONDS = 60.0
CALL_SECONDS = 20.0
MAIL_SECONDS = 50.0
"""Less than a claim: what is carried for longer, a second carrier would carry as well."""
GONE = frozenset({404, 410})
"""Nobody listens there any more: no later attempt will be better."""
log = structlog.get_logger(__name__)
Item = TypeVar("Item")


async def run(services: Services, owner: str) -> None:
    """Carry whatever is due, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_carry_webhooks(services, owner))
        group.create_task(_carry_notices(services, owner))


async def _carry_webhooks(services: Services, owner: str) -> None:
    database = services.database

    async def carry() -> None:
        await _until_none(
            lambda: webhooks.claim_webhooks(database, owner, AT_ONCE, CLAIM_SECONDS),
            lambda webhook: call_webhook(services, owner, webhook),
        )

    async def next_due() -> datetime | None:
        return await webhooks.next_webhook_due(database.sql)

    await act_when_due(database, services.bus, Topic.OUTBOX, carry, next_due)


async def _carry_notices(services: Services, owner: str) -> None:
    database = services.database

    async def carry() -> None:
        await _until_none(
            lambda: notices.claim_notices(database, owner, AT_ONCE, CLAIM_SECONDS),
            lambda notice: mail_notice(services, owner, notice),
        )

    async def next_due() -> datetime | None:
        return await notices.next_notice_due(database.sql)

    await act_when_due(database, services.bus, Topic.OUTBOX, carry, next_due)


async def _until_none(
    claim: Callable[[], Awaitable[Sequence[Item]]], carry: Callable[[Item], Awaitable[None]]
) -> None:
    while claimed := await claim():
        await asyncio.gather(*map(carry, claimed))


async def call_webhook(services: Services, owner: str, webhook: Webhook) -> None:
    """Call once; 2xx is taken, anything else is tried again later."""
    content = orjson.dumps(dict(webhook.body))
    headers = {
        "content-type": "application/json",
        "x-servicedesk-attempt": str(webhook.attempts),
        **signed_headers(
            webhook_secrets(services.secrets, webhook.url),
            str(webhook.id),
            await services.database.now(),
            content,
        ),
    }
    try:
        answer = await services.outgoing.call(
            Call("POST", webhook.url, content, headers, CALL_SECONDS)
        )
    except BadInput as error:
        await webhooks.postpone_webhook(
            services.database, webhook, owner, str(error), for_good=True
        )
        return
    except ServicedeskError as error:
        await webhooks.postpone_webhook(services.database, webhook, owner, str(error))
        return
    if 200 <= answer.status < 300:
        await webhooks.finish_webhook(services.database, webhook, owner)
        return
    said = f"It answered {answer.status}."
    for_good = answer.status in GONE
    await webhooks.postpone_webhook(services.database, webhook, owner, said, for_good=for_good)


async def mail_notice(services: Services, owner: str, notice: Notice) -> None:
    """Write and send one mail; a user who has left needs none. Whatever goes wrong with one keeps
    no other waiting."""
    why = await _try_to_mail(services, notice)
    if why is None:
        await notices.finish_notice(services.database, notice, owner)
    else:
        await notices.postpone_notice(services.database, notice, owner, why)


async def _try_to_mail(services: Services, notice: Notice) -> Miscarried | None:
    """Return what went wrong, None if nothing did or nobody needs the mail."""
    try:
        async with asyncio.timeout(MAIL_SECONDS):
            mail = await write_notice(services.database.sql, notice, services.settings.public_url)
            return None if mail is None else await _send(services, mail)
    except ServicedeskError as error:
        return Miscarried(str(error))
    except TimeoutError:
        return Miscarried(f"It was still being sent after {MAIL_SECONDS:.0f} s.")
    except Exception as fault:
        log.exception("notice_failed", notice_id=str(notice.id))
        return Miscarried(type(fault).__name__)


async def _send(services: Services, mail: NoticeMail) -> Miscarried | None:
    """Send by the e-mail inbox of the ticket; return what went wrong, None if nothing did.

    The mail has an id of its own and no signed address: an answer to it must not become an agent's
    answer to the contact.
    """
    inbox = await get_inbox(services.database.sql, mail.inbox_id)
    if inbox.channel is not ChannelKind.EMAIL:
        return Miscarried(f"Its inbox {inbox.name} is no e-mail inbox.")
    opened = open_settings(services.secrets, inbox, EmailInboxSettings)
    settings = opened.model_copy(update={"signed_reply_address": False, "sent_copy": False})
    outbound = Outbound(
        message_id=MessageId(mail.notice_id),
        ticket_id=mail.ticket_id,
        inbox_id=inbox.id,
        external_id=f"{notices.NOTICE_ID}{mail.notice_id}@{inbox.address.rpartition('@')[2]}",
        from_address=Address(inbox.address, inbox.name),
        to=(mail.to,),
        subject=mail.subject,
        text=mail.text,
        automatic=True,
    )
    receipt = await services.channels[ChannelKind.EMAIL].send(outbound, settings)
    if receipt.state is DeliveryState.SENT:
        return None
    return Miscarried(receipt.detail or receipt.state.value, receipt.wait_seconds)
