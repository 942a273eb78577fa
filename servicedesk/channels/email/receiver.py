"""The built-in mail receiver: SMTP in (RFC 5321), one promise kept.

250 after DATA means that `accept` has returned, so the raw mail is durable. Until then the sender
keeps it: 451 when it could not be stored (try again), 552 when it is too big, 550 when nobody here
has the address, 421 and 450 when the client asks too much (`door_limits`).
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from servicedesk.channels.email.certificates import Certificate
from servicedesk.channels.email.door_limits import DoorLimits, Limits
from servicedesk.channels.email.smtp_session import Dialogue, MailSession, OpenMails
from servicedesk.channels.email.tokens import without_mark
from servicedesk.channels.protocol import AcceptRaw, KnowsAddress
from servicedesk.domain.errors import ServicedeskError, Unavailable
from servicedesk.domain.storable import storable

IDLE_SECONDS = 300.0  # RFC 5321 §4.5.3.2.7
DATA_SECONDS = 600.0
STORE_SECONDS = 60
GOODBYE_SECONDS = 10
MAILS_IN_MEMORY = 8  # of the largest size; each is there up to three times while it is stored
MOST_RECIPIENTS = 100  # RFC 5321 §4.5.3.1.8
UNKNOWN_MAILBOX = "550 5.1.1 No mailbox here has this address"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """`port` 0 takes a free one; `max_bytes` is announced as SIZE; no `certificate`, no TLS."""

    host: str
    port: int
    max_bytes: int
    hostname: str = "localhost"
    certificate: Certificate | None = None
    limits: Limits = field(default_factory=Limits)
    idle_seconds: float = IDLE_SECONDS
    data_seconds: float = DATA_SECONDS


class _Handler:
    """What aiosmtpd asks at each step of one connection; the names and signatures are its."""

    def __init__(
        self,
        accept: AcceptRaw,
        knows: KnowsAddress,
        limits: DoorLimits,
        clock: Callable[[], float],
    ) -> None:
        self._accept = accept
        self._knows = knows
        self._limits = limits
        self._clock = clock
        self._peer = ""

    def connection_began(self, peer: str) -> str | None:
        self._peer = peer
        return self._limits.connect(peer, self._clock())

    def connection_ended(self) -> None:
        self._limits.disconnect(self._peer)

    async def handle_EHLO(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,  # noqa: ARG002
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        offered = [line for line in responses if not line.startswith("250-AUTH")]
        return [*offered[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", offered[-1]]

    async def handle_MAIL(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        mail_options: list[str],
    ) -> str:
        envelope.mail_from = address
        refusal = self._limits.begin_mail(self._peer, _sender(envelope), self._clock())
        if refusal is not None:
            envelope.mail_from = None
            return refusal
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self,
        server: MailSession,
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],  # noqa: ARG002
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients in one mail, send the rest in another"
        try:
            known = await self._is_known(address)
        except Unavailable:
            log.warning("smtp_recipient_unchecked")
            return "451 4.3.0 Cannot look the address up now, try again later"
        if known:
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"
        refusal = self._limits.count_unknown(self._peer, self._clock())
        if refusal is not None:
            await server.say_goodbye(refusal)
        return UNKNOWN_MAILBOX

    async def _is_known(self, address: str) -> bool:
        if address != storable(address):  # bytes that are no UTF-8, or NUL: nobody's
            return False
        return await self._knows(without_mark(address))

    async def handle_DATA(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,
    ) -> str:
        raw = envelope.original_content or b""
        facts: dict[str, object] = {
            "sender": _sender(envelope),
            "recipients": list(envelope.rcpt_tos),
            "peer": self._peer,
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
        self._limits.count_mail(self._peer, _sender(envelope), self._clock())
        return "250 2.0.0 OK, stored"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours: the sender keeps the mail and tries again."""
        log.error("smtp_fault", fault=type(error).__name__, exc_info=error)
        return "451 4.3.0 A fault on our side, try again later"


def _sender(envelope: Envelope) -> str:
    """Return the envelope sender, "" for the null sender, which aiosmtpd calls "<>"."""
    sender: str = envelope.mail_from or ""
    return "" if sender == "<>" else storable(sender, 320)


class Receiver:
    """A listening port. `port` is the real one, also where 0 was asked for."""

    def __init__(self, server: asyncio.Server, open_mails: OpenMails) -> None:
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
            connection.hang_up()
        await self._server.wait_closed()


async def start_receiver(
    settings: ReceiverSettings, accept: AcceptRaw, knows: KnowsAddress
) -> Receiver:
    """Listen. `knows` is asked with the plain address (lower case, our mark taken off).

    Raises OSError when the port is taken.
    """
    limits = DoorLimits(settings.limits)
    open_mails = OpenMails(MAILS_IN_MEMORY * settings.max_bytes)
    loop = asyncio.get_running_loop()

    def session() -> MailSession:
        certificate = settings.certificate
        dialogue = Dialogue(
            hostname=settings.hostname,
            max_bytes=settings.max_bytes,
            idle_seconds=settings.idle_seconds,
            data_seconds=settings.data_seconds,
            open_mails=open_mails,
            tls_context=certificate.context() if certificate else None,
        )
        return MailSession(_Handler(accept, knows, limits, loop.time), dialogue)

    server = await loop.create_server(session, settings.host, settings.port)
    return Receiver(server, open_mails)
