"""One attempt to hand a mail to the relay over SMTP (RFC 5321), and an honest word about it.

was away a moment ago ───────────────────────────► not tried, wait (`destinations`)
connect ─ refused, timeout ──────────────────────► not sent, try again
EHLO, STARTTLS, AUTH ─ refused ──────────────────► not sent, try again (settings can be mended)
SIZE, SMTPUTF8 ─ the relay cannot carry it ──────► failed
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

from servicedesk.channels.email.destinations import Destinations
from servicedesk.channels.email.oauth import TellsToken
from servicedesk.domain.errors import BadInput, ServicedeskError, Unavailable
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.domain.storable import storable

TIMEOUT_SECONDS = 60.0
LETTER_SECONDS = 150.0
LOCAL_NAME = "localhost"
LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Relay:
    """Where outgoing mail goes. `tls_context` None: the system's certificates.

    `tell_token` None: sign in by password. `local_name` is what we call ourselves in EHLO.
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
    tell_token: TellsToken | None = field(default=None, repr=False, compare=False)
    local_name: str = LOCAL_NAME


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


class RelayAway(Unavailable):
    """The relay cannot be reached, or does not let us in; the words say which."""

    code = "relay-away"


async def send_letter(relay: Relay, letter: Letter, destinations: Destinations) -> Receipt:
    """Try once. What the other side says or does becomes the Receipt; nothing is raised for it."""
    clock = asyncio.get_running_loop().time
    wait = destinations.seconds_to_wait(relay, clock())
    if wait:
        detail = f"The relay {relay.host}:{relay.port} was away a moment ago; it is tried again."
        return Receipt(DeliveryState.QUEUED, detail, retry=True, wait_seconds=wait)
    ends_at = clock() + relay.letter_seconds
    client = make_client(relay)
    try:
        await connect(client, relay, ends_at)
        destinations.note_reached(relay)
        return await _hand_over(client, letter, ends_at)
    except RelayAway as error:
        destinations.note_away(relay, clock())
        return _again(str(error))
    finally:
        client.close()


def make_client(relay: Relay) -> aiosmtplib.SMTP:
    """Return a client of the relay, not yet connected. Whoever makes one closes it."""
    return aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.security == "tls",
        start_tls=relay.security == "starttls",
        tls_context=relay.tls_context,
        timeout=relay.timeout_seconds,
        local_hostname=relay.local_name,
    )


async def connect(client: aiosmtplib.SMTP, relay: Relay, ends_at: float) -> None:
    """Connect, start TLS and sign in, as the relay demands. Raises RelayAway."""
    try:
        async with asyncio.timeout_at(ends_at):
            await client.connect()
            await say_hello(client)
            if relay.username:
                await sign_in(client, relay)
    except aiosmtplib.SMTPAuthenticationError as error:
        raise RelayAway(f"The relay does not accept the sign-in: {_words(error)}") from None
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        name = f"{relay.host}:{relay.port}"
        raise RelayAway(f"The relay {name} cannot be used: {_words(error)}") from None
    except ServicedeskError as error:
        raise RelayAway(f"The relay needs an access token: {error}") from None


async def say_hello(client: aiosmtplib.SMTP) -> None:
    """What the relay can carry is known only after EHLO; very old ones know only HELO."""
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


async def sign_in(client: aiosmtplib.SMTP, relay: Relay) -> None:
    """Sign in; a token that is refused may have ended or been withdrawn: one more is fetched."""
    if relay.tell_token is None:
        await client.login(relay.username, relay.password)
        return
    try:
        await client.auth_xoauth2(relay.username, await relay.tell_token(fresh=False))
    except aiosmtplib.SMTPAuthenticationError:
        await client.auth_xoauth2(relay.username, await relay.tell_token(fresh=True))


async def _hand_over(client: aiosmtplib.SMTP, letter: Letter, ends_at: float) -> Receipt:
    try:
        async with asyncio.timeout_at(ends_at):
            refusals = await _announce(client, letter)
            if asyncio.get_running_loop().time() >= ends_at:
                # Python 3.11's wait_for, which aiosmtplib uses, may swallow a time limit that runs
                # out just as an answer comes. Nothing of the mail has been sent yet.
                raise TimeoutError
    except BadInput as error:
        return Receipt(DeliveryState.FAILED, str(error))
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return _judge(error)
    refused, postponed = refusals.refused, refusals.postponed
    if len(refused) + len(postponed) == len(letter.recipients):
        detail = "No recipient was accepted."
        return Receipt(DeliveryState.FAILED, detail, bool(postponed), refused, postponed)
    return await _transmit(client, letter, refusals, ends_at)


async def _announce(client: aiosmtplib.SMTP, letter: Letter) -> _Refusals:
    """MAIL and RCPT; the recipients that were refused, with the relay's words.

    Raises BadInput for a mail that the relay says it cannot carry.
    """
    wire = {address: _on_the_wire(address) for address in (letter.sender, *letter.recipients)}
    options = _mail_options(client, letter, needs_utf8=not all(map(str.isascii, wire.values())))
    encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
    await client.mail(wire[letter.sender], options=options, encoding=encoding)
    refusals = _Refusals()
    for recipient in letter.recipients:
        try:
            await client.rcpt(wire[recipient], encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as error:
            kept = refusals.refused if error.code >= 500 else refusals.postponed
            kept[recipient] = _words(error)
    return refusals


def _mail_options(client: aiosmtplib.SMTP, letter: Letter, *, needs_utf8: bool) -> list[str]:
    """What MAIL says of the mail (RFC 1870, 6152, 6531), checked against what EHLO offered."""
    options = []
    if client.supports_extension("size"):
        _check_size(client.esmtp_extensions["size"], len(letter.content))
        options.append(f"SIZE={len(letter.content)}")
    if not needs_utf8 and letter.content.isascii():
        return options
    if not client.supports_extension("smtputf8"):
        raise BadInput(
            "The relay cannot carry addresses with letters beyond a to z (no SMTPUTF8). Take them "
            "off the message, or use another relay."
        )
    return [*options, "SMTPUTF8", "BODY=8BITMIME"]


def _check_size(offered: str, size_bytes: int) -> None:
    most = int(offered) if offered.isdecimal() else 0  # 0 says: no fixed limit (RFC 1870 §4)
    if 0 < most < size_bytes:
        raise BadInput(
            f"The mail has {size_bytes / 1e6:.1f} MB with its attachments, the relay takes at most "
            f"{most / 1e6:.1f} MB. Send fewer or smaller files."
        )


def _on_the_wire(address: str) -> str:
    """The domain as DNS has it: only what stands before the @ may need SMTPUTF8."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


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
