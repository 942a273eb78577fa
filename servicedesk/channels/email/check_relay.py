"""The relay's part of a live check, and the mail that an inbox sends to itself."""

from collections.abc import Callable
from datetime import datetime

import aiosmtplib

from servicedesk.channels.email.check_steps import Step, StepName, connect_to, resolve
from servicedesk.channels.email.check_words import Finding, Found, Outcome, failed
from servicedesk.channels.email.compose import Sending, compose
from servicedesk.channels.email.destinations import Destinations
from servicedesk.channels.email.dkim_signing import sign_mail
from servicedesk.channels.email.sender import (
    Letter,
    Relay,
    make_client,
    say_hello,
    send_letter,
    sign_in,
)
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.domain.errors import Unavailable
from servicedesk.domain.ids import InboxId, MessageId, TicketId
from servicedesk.domain.messages import Address, DeliveryState, Outbound
from servicedesk.kernel.ids import new_id

SUBJECT = "servicedesk: test of this inbox"
TEXT = (
    "This mail was sent by servicedesk to its own inbox, to see that it arrives. Nobody has to "
    "answer it."
)


class RelayCheck:
    """One connection over several steps; `close` ends it."""

    def __init__(
        self,
        address: Address,
        settings: EmailInboxSettings,
        marks: MailMarks,
        clock: Callable[[], datetime],
    ) -> None:
        self._address = address
        self._settings = settings
        self._marks = marks
        self._clock = clock
        self._relay: Relay | None = None
        self._client: aiosmtplib.SMTP | None = None
        self.message_id = f"check.{new_id()}@{address.value.rpartition('@')[2]}"

    def steps(self, relay: Relay | None) -> list[Step]:
        """Return the steps up to the sign-in; without a relay there is one, which says so."""
        self._relay = relay
        if relay is None:
            return [Step(StepName.RELAY_NAME, _no_relay)]
        self._client = make_client(relay)
        return [
            Step(StepName.RELAY_NAME, lambda: resolve(relay.host, relay.port)),
            Step(StepName.RELAY_CONNECT, lambda: connect_to(relay.host, relay.port)),
            Step(StepName.RELAY_TLS, self._greet),
            Step(StepName.RELAY_SIGN_IN, self._sign_in),
        ]

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    async def send(self) -> Found:
        """Send the mail by a connection of its own, as every message goes."""
        relay, _ = self._connected()
        sending = Sending(self._clock(), {}, signed_reply_address=False)
        mail = compose(self._outbound(), sending, self._marks)
        if self._settings.dkim is not None:
            mail = sign_mail(mail, self._settings.dkim)
        own = self._address.value
        receipt = await send_letter(relay, Letter(own, [own], mail), Destinations())
        if receipt.state is DeliveryState.SENT:
            return Found(Finding.MAIL_TAKEN, {"address": own, "says": receipt.detail or ""})
        refusals = "; ".join((*receipt.refused.values(), *receipt.postponed.values()))
        says = refusals or receipt.detail or ""
        return failed(Finding.MAIL_REFUSED, address=own, says=says)

    async def _greet(self) -> Found:
        relay, client = self._connected()
        await client.connect()
        await say_hello(client)
        if relay.security == "none":
            return Found(Finding.NOT_ENCRYPTED, outcome=Outcome.WARNING)
        return Found(Finding.ENCRYPTED, {"how": relay.security})

    async def _sign_in(self) -> Found:
        relay, client = self._connected()
        if not relay.username:
            return Found(Finding.NO_SIGN_IN)
        await sign_in(client, relay)
        return Found(Finding.LET_IN, {"user": relay.username})

    def _connected(self) -> tuple[Relay, aiosmtplib.SMTP]:
        if self._relay is None or self._client is None:
            raise Unavailable("There is no relay.")
        return self._relay, self._client

    def _outbound(self) -> Outbound:
        sender = Address(self._address.value, self._settings.from_name or self._address.name)
        return Outbound(
            message_id=MessageId(new_id()),
            ticket_id=TicketId(new_id()),
            inbox_id=InboxId(new_id()),
            external_id=self.message_id,
            from_address=sender,
            to=(sender,),
            subject=SUBJECT,
            text=TEXT,
            automatic=True,
        )


async def _no_relay() -> Found:
    return failed(Finding.NO_RELAY)
