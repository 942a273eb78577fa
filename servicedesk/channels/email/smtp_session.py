"""One SMTP connection to the receiver: aiosmtpd's dialogue, with its weak places mended.

- DATA is read in chunks: line by line, a mail of empty lines takes half a minute and 1 GB.
- Only <CRLF>.<CRLF> ends a mail (RFC 5321 §4.1.1.4): with anything less, a mail can carry another
  one in its body past us or past our relay ("SMTP smuggling").
- AUTH is not offered, with TLS or without.
"""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session

GREETING = "servicedesk"
END_OF_MAIL = b"\r\n.\r\n"
CHUNK_BYTES = 1 << 24  # all that has come: the stream stops reading far below
COMMAND_BYTES = 65_536
MOST_CALLS = {"MAIL": 2_000, "RCPT": 20_000, "DATA": 2_000, "RSET": 2_000, "NOOP": 200, "*": 30}
TOO_BIG = "552 5.3.4 The mail is larger than this server takes"
TOO_BUSY = "452 4.3.1 Too many mails at once, try again later"


class OpenMails:
    """Connections, how many of them are in the middle of a mail, and how much memory that takes."""

    def __init__(self, most_bytes: int) -> None:
        self.connections: set[MailSession] = set()
        self.none_open = asyncio.Event()
        self.none_open.set()
        self._most_bytes = most_bytes
        self._bytes = 0
        self._open = 0

    def begin(self) -> None:
        self._open += 1
        self.none_open.clear()

    def hold(self, size_bytes: int) -> bool:
        """Take memory for a mail; False: it is all taken."""
        if self._bytes + size_bytes > self._most_bytes:
            return False
        self._bytes += size_bytes
        return True

    def end(self, held_bytes: int) -> None:
        self._bytes -= held_bytes
        self._open -= 1
        if self._open == 0:
            self.none_open.set()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What every connection is told. `data_seconds` is for one mail, `idle_seconds` for silence."""

    hostname: str
    max_bytes: int
    idle_seconds: float
    data_seconds: float
    open_mails: OpenMails
    tls_context: ssl.SSLContext | None = None


class Handler(Protocol):
    """What a session asks, beside aiosmtpd's own hooks."""

    def connection_began(self, peer: str) -> str | None:
        """Return the refusal if this client may not come in now."""
        ...

    def connection_ended(self) -> None: ...

    async def handle_DATA(  # noqa: N802  # the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str: ...


class MailSession(SMTP):
    """aiosmtpd's session; the names of its methods are those of SMTP's commands."""

    line_length_limit = COMMAND_BYTES

    def __init__(self, handler: Handler, dialogue: Dialogue) -> None:
        self._handler = handler
        self._dialogue = dialogue
        self._refusal: str | None = None
        self._held_bytes = 0
        super().__init__(
            handler,
            data_size_limit=dialogue.max_bytes,
            enable_SMTPUTF8=True,
            hostname=dialogue.hostname,
            ident=GREETING,
            timeout=dialogue.idle_seconds,
            tls_context=dialogue.tls_context,
            command_call_limit=MOST_CALLS,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called again once TLS has begun: the connection is still the same one."""
        super().connection_made(transport)
        if self not in self._dialogue.open_mails.connections:
            self._dialogue.open_mails.connections.add(self)
            self._refusal = self._handler.connection_began(peer_of(self.session))

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if self in self._dialogue.open_mails.connections:
            self._dialogue.open_mails.connections.discard(self)
            self._handler.connection_ended()

    async def say_goodbye(self, words: str) -> None:
        """Say the last words; what the client has said meanwhile is not looked at any more."""
        await self.push(words)
        self.hang_up()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
            await asyncio.sleep(0)  # we are that coroutine: it ends here

    def hang_up(self) -> None:
        """Close, once what was said is out."""
        if self.transport is not None:
            self.transport.close()

    async def _handle_client(self) -> None:
        if self._refusal is None:
            await super()._handle_client()
            return
        await self.push(self._refusal)
        self.hang_up()

    def _timeout_cb(self) -> None:
        """Who is silent may not be reading either: nothing is left to be flushed to them."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: ARG002, N802
        await self.push("502 5.5.1 Nobody signs in here")

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """From the first byte of a mail to the answer that was given for it."""
        session, envelope = self.session, self.envelope
        if session is None or not session.host_name:
            await self.push("503 5.5.1 Send EHLO first")
        elif envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 Send RCPT first")
        elif arg:
            await self.push("501 5.5.4 Syntax: DATA")
        else:
            self._dialogue.open_mails.begin()
            try:
                await self._take_mail(session, envelope)
            finally:
                self._dialogue.open_mails.end(self._held_bytes)
                self._held_bytes = 0

    async def _take_mail(self, session: Session, envelope: Envelope) -> None:
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self._reset_timeout(self._dialogue.data_seconds)
        read = await self._read_mail()
        self._reset_timeout()
        if isinstance(read, bytes):
            envelope.original_content = read
            read = await self._handler.handle_DATA(self, session, envelope)
        self.envelope = self._create_envelope()
        await self.push(read)

    async def _read_mail(self) -> bytes | str:
        """Return the mail as it was written, with the dots of its transport taken off.

        A str is the refusal of a mail that could not be kept; it was read to its end. A cut
        connection cancels the session.
        """
        read, refusal = bytearray(b"\r\n"), ""  # a mail may begin with the lone dot
        while True:
            looked_at = max(len(read) - len(END_OF_MAIL) + 1, 0)
            chunk = await self._reader.read(CHUNK_BYTES)
            if not chunk:
                raise ConnectionResetError
            read += chunk
            end = read.find(END_OF_MAIL, looked_at)
            size = (end if end >= 0 else len(read)) - 2
            refusal = refusal or self._refuse(size, len(chunk))
            if end >= 0:
                break
            if refusal:
                del read[: -len(END_OF_MAIL) + 1]
        self._give_back(bytes(read[end + len(END_OF_MAIL) :]))
        del read[end + 2 :]
        return refusal or bytes(read.replace(b"\r\n.", b"\r\n")[2:])

    def _refuse(self, size_bytes: int, more_bytes: int) -> str:
        """Why this mail cannot be kept any longer, "" if it can."""
        if size_bytes > self._dialogue.max_bytes:
            return TOO_BIG
        if not self._dialogue.open_mails.hold(more_bytes):
            return TOO_BUSY
        self._held_bytes += more_bytes
        return ""

    def _give_back(self, commands: bytes) -> None:
        """What came behind the mail at once (RFC 2920). The stream is empty: all of it was read."""
        if commands:
            self._reader.feed_data(commands)


def peer_of(session: Session | None) -> str:
    """The client's address; aiosmtpd says str, asyncio gives (host, port, …)."""
    peer: object = session.peer if session is not None else None
    return str(peer[0]) if isinstance(peer, tuple) else ""
