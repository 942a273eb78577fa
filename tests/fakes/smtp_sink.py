"""A real SMTP server that keeps what it is given: the outside that a sender talks to."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Delivered:
    """One mail as the sink got it; `raw` has CRLF line ends."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    tls: bool
    signed_in: bool


@dataclass(slots=True)
class SmtpSink:
    """Keeps mails. `answers` maps a recipient, or "DATA", to the line to answer with instead.

    `hang_up_at_data` closes the connection when the whole mail has been read, without a word.
    `tokens` are those that were told by XOAUTH2; only `good_token` is taken.
    """

    port: int = 0
    mails: list[Delivered] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    hang_up_at_data: bool = False
    connections: int = 0
    tokens: list[str] = field(default_factory=list)
    good_token: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_EHLO(  # noqa: N802  # the name is aiosmtpd's
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 0 if session.ssl else 1  # it is said again after STARTTLS
        session.host_name = hostname
        return responses

    async def auth_XOAUTH2(  # noqa: N802
        self, server: SMTP, args: list[str]
    ) -> AuthResult:
        """https://developers.google.com/gmail/imap/xoauth2-protocol: refused by a challenge."""
        said = base64.b64decode(args[1]).decode()
        self.tokens.append(said.partition("auth=Bearer ")[2].rstrip("\x01"))
        if self.tokens[-1] == self.good_token:
            return AuthResult(success=True, auth_data=said)
        await server.challenge_auth(b'{"status":"401"}')
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(  # noqa: N802  # the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.hang_up_at_data:
            assert server.transport is not None
            server.transport.close()
            return "250 too late"
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.mails.append(
            Delivered(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                raw=envelope.original_content or b"",
                tls=session.ssl is not None,
                signed_in=bool(session.authenticated),
            )
        )
        self.arrived.set()
        return "250 kept"


@dataclass(frozen=True, slots=True)
class SinkRules:
    """What the sink demands: TLS (STARTTLS) and a sign-in, each only if it is given."""

    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    most_bytes: int = 33_554_432
    utf8: bool = True


@asynccontextmanager
async def smtp_sink(rules: SinkRules = SinkRules()) -> AsyncIterator[SmtpSink]:
    """A sink on a free port of 127.0.0.1 for the length of the block."""
    sink = SmtpSink()

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(
            data, LoginPassword
        ) else None  # fmt: skip
        return AuthResult(success=given == rules.login, handled=False)

    def protocol() -> SMTP:
        return SMTP(
            sink,
            hostname="sink.example",
            data_size_limit=rules.most_bytes,
            enable_SMTPUTF8=rules.utf8,
            tls_context=rules.tls,
            require_starttls=rules.tls is not None,
            authenticator=authenticate if rules.login else None,
            auth_required=rules.login is not None,
            auth_require_tls=rules.tls is not None,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        await server.wait_closed()


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(server context, client context that trusts it) for 127.0.0.1, made anew."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, SHA256())
    )
    path = folder / "sink.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.create_default_context(cadata=certificate.public_bytes(Encoding.PEM).decode())
    return server, client
