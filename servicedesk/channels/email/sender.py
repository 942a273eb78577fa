"""One attempt to hand a mail to the relay over SMTP (RFC 5321), and an honest word about it.

connect ─ refused, timeout ──────────────────────► not sent, try again
EHLO, STARTTLS, AUTH ─ refused ──────────────────► not sent, try again (settings can be mended)
MAIL, RCPT ─ 4xx ► try again   ─ 5xx ► failed    (each recipient for itself)
DATA … <CRLF>.<CRLF> ─ 4xx ► try again   ─ 5xx ► failed
     └ connection lost, or silence, once DATA began ► unknown: it may have arrived
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import aiosmtplib

from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.domain.storable import storable

TIMEOUT_SECONDS = 60.0
LETTER_SECONDS = 150.0
LOCAL_NAME = "localhost"
LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Relay:
    """Where outgoing mail goes. `tls_context` None: the system's certificates.

    `timeout_seconds` is for one command, `letter_seconds` for all of them together: a relay that
    is slow with each of a hundred recipients would keep a sender for an hour.
    """

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    tls_context: ssl.SSLContext | None = None
    letter_seconds: float = LETTER_SECONDS


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed mail and the envelope it travels in."""

    sender: str
    recipients: Sequence[str]
    content: bytes


async def send_letter(relay: Relay, letter: Letter) -> Receipt:
    """Try once. What the other side says or does becomes the Receipt; nothing is raised for it."""
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.security == "tls",
        start_tls=relay.security == "starttls",
        tls_context=relay.tls_context,
        timeout=relay.timeout_seconds,
        local_hostname=LOCAL_NAME,
    )
    try:
        return await _connect_and_send(client, relay, letter)
    finally:
        client.close()


async def _connect_and_send(client: aiosmtplib.SMTP, relay: Relay, letter: Letter) -> Receipt:
    ends_at = asyncio.get_running_loop().time() + relay.letter_seconds
    try:
        async with asyncio.timeout_at(ends_at):
            await client.connect()
            if relay.username:
                await client.login(relay.username, relay.password)
    except aiosmtplib.SMTPAuthenticationError as error:
        return _again(f"The relay does not accept the sign-in: {_words(error)}")
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return _again(f"The relay {relay.host}:{relay.port} cannot be used: {_words(error)}")
    try:
        async with asyncio.timeout_at(ends_at):
            refused = await _announce(client, letter)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return _judge(error)
    if len(refused) == len(letter.recipients):
        return _all_refused(refused)
    return await _transmit(client, letter, refused, ends_at)


async def _announce(
    client: aiosmtplib.SMTP, letter: Letter
) -> dict[str, aiosmtplib.SMTPRecipientRefused]:
    """MAIL and RCPT; the recipients that were refused, with the relay's words."""
    everyone = (letter.sender, *letter.recipients)
    needs_utf8 = not all(address.isascii() for address in everyone)
    options = ["SMTPUTF8"] if needs_utf8 else []
    encoding = "utf-8" if needs_utf8 else "ascii"
    if client.supports_extension("size"):
        options.append(f"SIZE={len(letter.content)}")
    await client.mail(letter.sender, options=options, encoding=encoding)
    refused: dict[str, aiosmtplib.SMTPRecipientRefused] = {}
    for recipient in letter.recipients:
        try:
            await client.rcpt(recipient, encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as error:
            refused[recipient] = error
    return refused


async def _transmit(
    client: aiosmtplib.SMTP,
    letter: Letter,
    refused: Mapping[str, aiosmtplib.SMTPRecipientRefused],
    ends_at: float,
) -> Receipt:
    words = {address: _words(error) for address, error in refused.items()}
    try:
        async with asyncio.timeout_at(ends_at):
            response = await client.data(letter.content)
    except aiosmtplib.SMTPResponseException as error:
        return _judge(error)
    except (TimeoutError, aiosmtplib.SMTPException, OSError) as error:
        return Receipt(
            DeliveryState.UNKNOWN,
            f"The connection broke while the mail was handed over ({_words(error)}): it may have "
            "arrived. Ask before sending it again.",
            refused=words,
        )
    await _say_goodbye(client)
    return Receipt(DeliveryState.SENT, _said(response.code, response.message), refused=words)


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit(timeout=5)
    except (aiosmtplib.SMTPException, OSError):
        return  # the mail is accepted; how the connection ends does not matter


def _all_refused(refused: Mapping[str, aiosmtplib.SMTPRecipientRefused]) -> Receipt:
    words = {address: _words(error) for address, error in refused.items()}
    temporary = any(error.code < 500 for error in refused.values())
    detail = "; ".join(sorted(set(words.values())))
    return Receipt(DeliveryState.FAILED, detail, retry=temporary, refused=words)


def _judge(error: Exception) -> Receipt:
    """Before the last byte nothing was sent: 5xx is final, all else may pass."""
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500:
        return Receipt(DeliveryState.FAILED, _words(error))
    if isinstance(error, aiosmtplib.SMTPNotSupported | ValueError):
        return Receipt(DeliveryState.FAILED, _words(error))
    return _again(_words(error))


def _again(detail: str) -> Receipt:
    return Receipt(DeliveryState.FAILED, detail, retry=True)


def _words(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _said(error.code, error.message)
    return storable(f"{type(error).__name__}: {error}", LONGEST_WORDS)


def _said(code: int, message: str) -> str:
    """The relay's own words. They may be in any charset: aiosmtplib escapes such bytes."""
    return storable(f"{code} {message}", LONGEST_WORDS)
