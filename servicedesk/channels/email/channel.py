"""E-mail as a channel: the pieces put together."""

from dataclasses import replace

from pydantic import BaseModel

from servicedesk.channels.email.destinations import Destinations
from servicedesk.channels.email.dkim_signing import DkimKeyUnusable
from servicedesk.channels.email.imap.account import account_of
from servicedesk.channels.email.imap.append import append_copy
from servicedesk.channels.email.letters import Letters
from servicedesk.channels.email.mail import Envelope
from servicedesk.channels.email.parse import parse_mail
from servicedesk.channels.email.relays import Relays
from servicedesk.channels.email.sender import send_letter
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.channels.protocol import Capabilities, Origin
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import MessageId, TicketId
from servicedesk.domain.messages import ChannelKind, DeliveryState, Inbound, Outbound, Receipt


class EmailChannel:
    """Mail in and out of one installation."""

    kind = ChannelKind.EMAIL
    settings_type: type[BaseModel] = EmailInboxSettings
    capabilities = Capabilities(
        html=True, attachments=True, max_characters=None, typing=False, delivery_receipts=True
    )

    def __init__(self, marks: MailMarks, letters: Letters, relays: Relays) -> None:
        self._marks = marks
        self._letters = letters
        self._relays = relays
        self._destinations = Destinations()

    def parse(self, raw: bytes, origin: Origin) -> Inbound:
        envelope = read_envelope(origin)
        return parse_mail(raw, origin.inbox_id, origin.received_at, self._marks, envelope)

    def new_external_id(self, ticket_id: TicketId, message_id: MessageId, address: str) -> str:
        host = address.rpartition("@")[2] or "localhost"
        return self._marks.message_id(ticket_id, message_id, host)

    async def send(self, outbound: Outbound, settings: BaseModel) -> Receipt:
        inbox = EmailInboxSettings.model_validate(settings)
        relay = self._relays.of_inbox(outbound.inbox_id, inbox)
        if relay is None:
            detail = (
                "No SMTP relay is set up: name one on the inbox's page, or set "
                "SERVICEDESK_RELAY_HOST. It is sent then."
            )
            return Receipt(DeliveryState.FAILED, detail, retry=True)
        try:
            letter = await self._letters.write(outbound, inbox)
        except BadInput as error:
            return Receipt(DeliveryState.FAILED, str(error))
        except DkimKeyUnusable as error:
            return Receipt(DeliveryState.FAILED, str(error), retry=True)
        receipt = await send_letter(relay, letter, self._destinations)
        return replace(receipt, keep_copy=inbox.sent_copy)

    async def keep_copy(self, outbound: Outbound, settings: BaseModel) -> None:
        """Lay a copy into the mailbox, if the inbox wants one now. Raises ServicedeskError."""
        inbox = EmailInboxSettings.model_validate(settings)
        if inbox.imap is None or not inbox.sent_copy:
            return
        tokens = self._relays.tell_token(outbound.inbox_id, inbox)
        account = account_of(inbox.imap, tokens, lambda: self._relays.tls_context)
        mail = await self._letters.compose(outbound, inbox)
        await append_copy(account, inbox.sent_folder, mail, outbound.external_id)


def read_envelope(origin: Origin) -> Envelope:
    """The stored words of the transport, as values."""
    sender = origin.envelope.get("sender")
    return Envelope(
        sender=sender if isinstance(sender, str) else None,
        recipients=_texts(origin.envelope.get("recipients")),
        trusted_hosts=_texts(origin.envelope.get("trusted_hosts")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()
