"""E-mail as a channel: the pieces put together."""

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from servicedesk.channels.email.compose import Sending, compose
from servicedesk.channels.email.mail import Envelope
from servicedesk.channels.email.parse import parse_mail
from servicedesk.channels.email.sender import Letter, Relay, send_letter
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.channels.protocol import Capabilities, Origin, ReadBlob
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import MessageId, TicketId
from servicedesk.domain.messages import ChannelKind, DeliveryState, Inbound, Outbound, Receipt
from servicedesk.kernel.config import Settings


class EmailInboxSettings(BaseModel):
    """What an administrator sets for one mail inbox."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    signed_reply_address: bool = Field(
        default=True,
        description="Answers go to address+t.<mark>@…; turn it off where the mail server does not "
        "deliver addresses with a plus sign.",
    )


class EmailChannel:
    """Mail in and out of one installation; `relay` None: no relay is set up yet."""

    kind = ChannelKind.EMAIL
    settings_type: type[BaseModel] = EmailInboxSettings
    capabilities = Capabilities(
        html=True, attachments=True, max_characters=None, typing=False, delivery_receipts=True
    )

    def __init__(
        self,
        marks: MailMarks,
        relay: Relay | None,
        read_blob: ReadBlob,
        clock: Callable[[], datetime],
    ) -> None:
        self._marks = marks
        self._relay = relay
        self._read_blob = read_blob
        self._clock = clock

    def parse(self, raw: bytes, origin: Origin) -> Inbound:
        envelope = read_envelope(origin)
        return parse_mail(raw, origin.inbox_id, origin.received_at, self._marks, envelope)

    def new_external_id(self, ticket_id: TicketId, message_id: MessageId, address: str) -> str:
        host = address.rpartition("@")[2] or "localhost"
        return self._marks.message_id(ticket_id, message_id, host)

    async def send(self, outbound: Outbound, settings: BaseModel) -> Receipt:
        if self._relay is None:
            detail = "No SMTP relay is set up: set SERVICEDESK_RELAY_HOST, then send again."
            return Receipt(DeliveryState.FAILED, detail, retry=True)
        try:
            letter = await self._letter(outbound, EmailInboxSettings.model_validate(settings))
        except BadInput as error:
            return Receipt(DeliveryState.FAILED, str(error))
        return await send_letter(self._relay, letter)

    async def _letter(self, outbound: Outbound, settings: EmailInboxSettings) -> Letter:
        hashes = dict.fromkeys(file.sha256 for file in outbound.attachments)
        contents = {sha256: await self._read_blob(sha256) for sha256 in hashes}
        signed = settings.signed_reply_address
        sending = Sending(self._clock(), contents, signed)
        own = outbound.from_address.value
        sender = self._marks.bounce_address(own, outbound.ticket_id) if signed else own
        everyone = (*outbound.to, *outbound.cc, *outbound.bcc)
        recipients = [
            value
            for value in dict.fromkeys(address.value for address in everyone)
            if not outbound.only or value in outbound.only
        ]
        if not recipients:
            raise BadInput("The message has no recipient: add one and send again.")
        return Letter(sender, recipients, compose(outbound, sending, self._marks))


def read_envelope(origin: Origin) -> Envelope:
    """The stored words of the transport, as values."""
    sender = origin.envelope.get("sender")
    recipients = origin.envelope.get("recipients")
    return Envelope(
        sender=sender if isinstance(sender, str) else None,
        recipients=tuple(str(one) for one in recipients) if isinstance(recipients, list) else (),
    )


def relay_from(settings: Settings) -> Relay | None:
    """The relay that the settings name, None if they name none."""
    if not settings.relay_host:
        return None
    return Relay(
        host=settings.relay_host,
        port=settings.relay_port,
        security=settings.relay_security,
        username=settings.relay_username,
        password=settings.relay_password.get_secret_value(),
    )
