"""The built-in mail receiver: SMTP in (RFC 5321), one promise kept.

250 after DATA means that `accept` has returned, so the raw mail is durable. Until then the sender
keeps it: 451 when it could not be stored (try again), 552 when it is too big, 550 when nobody here
has the address.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from servicedesk.channels.email.tokens import without_mark
from servicedesk.channels.protocol import AcceptRaw, KnowsAddress
from servicedesk.domain.errors import ServicedeskError, Unavailable
from servicedesk.domain.storable import storable

GREETING = "servicedesk"
IDLE_SECONDS = 300
STORE_SECONDS = 60
GOODBYE_SECONDS = 10
MOST_RECIPIENTS = 100
UNKNOWN_MAILBOX = "550 5.1.1 No mailbox here has this address"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """`port` 0 takes a free one; `max_bytes` is announced as SIZE."""

    host: str
    port: int
    max_bytes: int
    hostname: str = "localhost"
    tls_context: ssl.SSLContext | None = None


class _MailSmtp(SMTP):
    """aiosmtpd with room for long lines: RFC 5322 allows 998 characters, real mails do not care."""

    def __init__(
        self, handler: "_Handler", settings: ReceiverSettings, open_mails: "_OpenMails"
    ) -> None:
        self.line_length_limit = max(settings.max_bytes, 1_001)
        self._open_mails = open_mails
        super().__init__(
            handler,
            data_size_limit=settings.max_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident=GREETING,
            timeout=IDLE_SECONDS,
            tls_context=settings.tls_context,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],  # nobody signs in here
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open_mails.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._open_mails.connections.discard(self)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # the name is aiosmtpd's
        """From the first byte of a mail to the answer that was given for it."""
        self._open_mails.begin()
        try:
            await super().smtp_DATA(arg)
        finally:
            self._open_mails.end()


class _OpenMails:
    """Connections, and how many of them are in the middle of a mail."""

    def __init__(self) -> None:
        self.connections: set[_MailSmtp] = set()
        self.none_open = asyncio.Event()
        self.none_open.set()
        self._open = 0

    def begin(self) -> None:
        self._open += 1
        self.none_open.clear()

    def end(self) -> None:
        self._open -= 1
        if self._open == 0:
            self.none_open.set()


class _Handler:
    """What aiosmtpd asks at each step; the method names are its."""

    def __init__(self, accept: AcceptRaw, knows: KnowsAddress) -> None:
        self._accept = accept
        self._knows = knows

    async def handle_RCPT(  # noqa: N802  # the signature is aiosmtpd's
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],  # noqa: ARG002
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients in one mail, send the rest in another"
        if address != storable(address):  # bytes that are no UTF-8, or NUL: nobody's
            return UNKNOWN_MAILBOX
        try:
            known = await self._knows(without_mark(address))
        except Unavailable:
            log.warning("smtp_recipient_unchecked")
            return "451 4.3.0 Cannot look the address up now, try again later"
        if not known:
            return UNKNOWN_MAILBOX
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  # the name is aiosmtpd's
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,
    ) -> str:
        raw = envelope.original_content or b""
        facts: dict[str, object] = {
            "sender": _sender(envelope),
            "recipients": list(envelope.rcpt_tos),
            "peer": _peer(session),
            "helo": storable(str(session.host_name or ""), 255),
            "tls": session.ssl is not None,
        }
        addresses = list(dict.fromkeys(without_mark(a) for a in envelope.rcpt_tos))
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._accept(addresses, raw, facts)
        except (ServicedeskError, OSError, TimeoutError) as error:
            log.warning("smtp_not_stored", fault=type(error).__name__, size_bytes=len(raw))
            return "451 4.3.0 The mail could not be stored now, try again later"
        return "250 2.0.0 OK, stored"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours: the sender keeps the mail and tries again."""
        log.error("smtp_fault", fault=type(error).__name__, exc_info=error)
        return "451 4.3.0 A fault on our side, try again later"


def _sender(envelope: Envelope) -> str:
    """Return the envelope sender, "" for the null sender, which aiosmtpd calls "<>"."""
    sender: str = envelope.mail_from or ""
    return "" if sender == "<>" else storable(sender, 320)


def _peer(session: Session) -> str:
    peer: object = session.peer  # aiosmtpd says str, asyncio gives (host, port, …)
    return str(peer[0]) if isinstance(peer, tuple) else ""


class Receiver:
    """A listening port. `port` is the real one, also where 0 was asked for."""

    def __init__(self, server: asyncio.Server, open_mails: _OpenMails) -> None:
        self._server = server
        self._open_mails = open_mails

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening, let mails that are being handed over finish, then hang up.

        A mail that takes longer is the sender's to repeat: it got no 250.
        """
        self._server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._open_mails.none_open.wait()
        for connection in list(self._open_mails.connections):
            if connection.transport is not None:
                connection.transport.close()
        await self._server.wait_closed()


async def start_receiver(
    settings: ReceiverSettings, accept: AcceptRaw, knows: KnowsAddress
) -> Receiver:
    """Listen. `knows` is asked with the plain address (lower case, our mark taken off).

    Raises OSError when the port is taken.
    """
    handler, open_mails = _Handler(accept, knows), _OpenMails()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _MailSmtp(handler, settings, open_mails), settings.host, settings.port
    )
    return Receiver(server, open_mails)
