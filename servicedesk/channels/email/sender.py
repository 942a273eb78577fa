"""One attempt to hand a mail to the relay over SMTP (RFC 5321), and an honest word about it.

connect ─ refused, timeout ──────────────────────► not sent, try again
EHLO, STARTTLS, AUTH ─ refused ──────────────────► not sent, try again (settings can be mended)
MAIL, RCPT ─ 4xx ► try again   ─ 5xx ► failed    (each recipient for itself)
DATA … <CRLF>.<CRLF> ─ 4xx ► try again   ─ 5xx ► failed
     └ connection lost, or silence, once DATA began ► unknown: it may have arrived
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True, slots=True)
class _Refusals:
    """Recipients refused for good (5xx) and for now (4xx), with the relay's words."""

    refused: dict[str, str] = field(default_factory=dict)
    postponed: dict[str, str] = field(default_factory=dict)


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
            refusals = await _announce(client, letter)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return _judge(error)
    refused, postponed = refusals.refused, refusals.postponed
    if len(refused) + len(postponed) == len(letter.recipients):
        detail = "No recipient was accepted."
        return Receipt(DeliveryState.FAILED, detail, bool(postponed), refused, postponed)
    return await _transmit(client, letter, refusals, ends_at)


async def _announce(client: aiosmtplib.SMTP, letter: Letter) -> _Refusals:
    """MAIL and RCPT; the recipients that were refused, with the relay's words."""
    everyone = (letter.sender, *letter.recipients)
    needs_utf8 = not all(address.isascii() for address in everyone)
    options = ["SMTPUTF8"] if needs_utf8 else []
    encoding = "utf-8" if needs_utf8 else "ascii"
    if client.supports_extension("size"):
        options.append(f"SIZE={len(letter.content)}")
    await client.mail(letter.sender, options=options, encoding=encoding)
    refusals = _Refusals()
    for recipient in letter.recipients:
        try:
            await client.rcpt(recipient, encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as error:
            kept = refusals.refused if error.code >= 500 else refusals.postponed
            kept[recipient] = _words(error)
    return refusals


async def _transmit(
    client: aiosmtplib.SMTP, letter: Letter, refusals: _Refusals, ends_at: float
) -> Receipt:
    refused, postponed = refusals.refused, refusals.postponed
    try:
        async with asyncio.timeout_at(ends_at):
            response = await client.data(letter.content)
    except aiosmtplib.SMTPResponseException as error:
        judged = _judge(error)
        if refused and judged.retry:  # those who will never take it are not asked again
            left = (address for address in letter.recipients if address not in refused)
            postponed = dict.fromkeys(left, judged.detail)
        return replace(judged, refused=refused, postponed=postponed)
    except (TimeoutError, aiosmtplib.SMTPException, OSError) as error:
        detail = (
            f"The connection broke while the mail was handed over ({_words(error)}): it may have "
            "arrived. Ask before sending it again."
        )
        return Receipt(DeliveryState.UNKNOWN, detail, refused=refused, postponed=postponed)
    await _say_goodbye(client)
    said = _said(response.code, response.message)
    return Receipt(DeliveryState.SENT, said, bool(postponed), refused, postponed)


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit(timeout=5)
    except (aiosmtplib.SMTPException, OSError):
        return  # the mail is accepted; how the connection ends does not matter


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
