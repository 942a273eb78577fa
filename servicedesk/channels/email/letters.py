"""An outbound message becomes a letter: composed as its inbox wants it, signed, addressed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from servicedesk.channels.email.compose import Sending, compose
from servicedesk.channels.email.dkim_signing import sign_mail
from servicedesk.channels.email.sender import Letter
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.channels.protocol import ReadBlob
from servicedesk.domain.errors import BadInput
from servicedesk.domain.messages import Address, Outbound


class Letters:
    """Writes the mails of this installation. The same message gives the same bytes each time."""

    def __init__(
        self, marks: MailMarks, read_blob: ReadBlob, clock: Callable[[], datetime]
    ) -> None:
        self._marks = marks
        self._read_blob = read_blob
        self._clock = clock

    async def write(self, outbound: Outbound, settings: EmailInboxSettings) -> Letter:
        """Return the letter, signed if the inbox has a key.

        Raises BadInput (no recipient, or an address that is none) and DkimKeyUnusable.
        """
        recipients = _recipients(outbound)
        mail = await self.compose(outbound, settings)
        if settings.dkim is not None:
            mail = await asyncio.to_thread(sign_mail, mail, settings.dkim)
        return Letter(self._sender(outbound, settings), recipients, mail)

    async def compose(self, outbound: Outbound, settings: EmailInboxSettings) -> bytes:
        """Return the mail without a signature, as it is kept in the mailbox. Raises BadInput."""
        hashes = dict.fromkeys(file.sha256 for file in outbound.attachments)
        contents = {sha256: await self._read_blob(sha256) for sha256 in hashes}
        written_at = outbound.written_at or self._clock()
        sending = Sending(written_at, contents, settings.signed_reply_address)
        return await asyncio.to_thread(compose, _dressed(outbound, settings), sending, self._marks)

    def _sender(self, outbound: Outbound, settings: EmailInboxSettings) -> str:
        """The signed bounce address, for automatic mail too (ADR 14)."""
        own = outbound.from_address.value
        if not settings.signed_reply_address:
            return own
        return self._marks.bounce_address(own, outbound.ticket_id)


def _dressed(outbound: Outbound, settings: EmailInboxSettings) -> Outbound:
    """From and Reply-To as the inbox has them."""
    name = settings.from_name or outbound.from_address.name
    own_answers = Address(settings.reply_to, name) if settings.reply_to else None
    return replace(
        outbound,
        from_address=replace(outbound.from_address, name=name),
        reply_to=outbound.reply_to or own_answers,
    )


def _recipients(outbound: Outbound) -> list[str]:
    everyone = (*outbound.to, *outbound.cc, *outbound.bcc)
    recipients = [
        value
        for value in dict.fromkeys(address.value for address in everyone)
        if not outbound.only or value in outbound.only
    ]
    if not recipients:
        raise BadInput("The message has no recipient: add one and send again.")
    return recipients
