"""A live check of a mail inbox, step by step: what was tried, what came of it, what to do.

    mailbox:  name → connect → tls → sign_in → folders        relay:  name → connect → tls → sign_in
                                                                         └─▶ send → round_trip

In each chain the first failure ends it; what comes after it is skipped. Words name hosts, ports and
folders, never a secret.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import aiosmtplib

from servicedesk.domain.errors import ServicedeskError
from servicedesk.domain.storable import storable

STEP_SECONDS = 30.0
LONGEST_WORDS = 500


class StepName(StrEnum):
    MAILBOX_NAME = "mailbox_name"
    MAILBOX_CONNECT = "mailbox_connect"
    MAILBOX_TLS = "mailbox_tls"
    MAILBOX_SIGN_IN = "mailbox_sign_in"
    MAILBOX_FOLDERS = "mailbox_folders"
    RELAY_NAME = "relay_name"
    RELAY_CONNECT = "relay_connect"
    RELAY_TLS = "relay_tls"
    RELAY_SIGN_IN = "relay_sign_in"
    SEND = "send"
    ROUND_TRIP = "round_trip"


class Outcome(StrEnum):
    FINE = "fine"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckStep:
    """`words`: what was found, and what to do about it; "" for a step that was skipped."""

    name: StepName
    outcome: Outcome
    words: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a step that went well has to tell."""

    words: str
    outcome: Outcome = Outcome.FINE


Act = Callable[[], Awaitable[Found]]


@dataclass(frozen=True, slots=True)
class Step:
    name: StepName
    act: Act
    seconds: float = STEP_SECONDS


async def run_chain(steps: Sequence[Step]) -> AsyncIterator[CheckStep]:
    """Run steps in their order; yield each as it ends. Raises nothing."""
    failed = False
    for step in steps:
        if failed:
            yield CheckStep(step.name, Outcome.SKIPPED, "", 0.0)
            continue
        done = await _run(step)
        failed = done.outcome is Outcome.FAILED
        yield done


async def _run(step: Step) -> CheckStep:
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with asyncio.timeout(step.seconds):
            found = await step.act()
    except (ServicedeskError, OSError, TimeoutError, aiosmtplib.SMTPException, ValueError) as error:
        found = Found(storable(in_words(error), LONGEST_WORDS), Outcome.FAILED)
    return CheckStep(step.name, found.outcome, found.words, round(loop.time() - began, 3))


def in_words(error: Exception) -> str:
    """Say what to do about a fault of the network or the other side."""
    match error:
        case ServicedeskError():
            return str(error)
        case aiosmtplib.SMTPConnectError(__cause__=OSError() as cause):
            return in_words(cause)
        case ssl.SSLCertVerificationError():
            return (
                f"The certificate is not trusted ({error.verify_message}). Check the host name; "
                "for a server of your own set SERVICEDESK_MAIL_CA_FILE."
            )
        case ssl.SSLError():
            return "No TLS can be agreed on: check the port and the kind of encryption."
        case socket.gaierror():
            return "There is no host of this name. Check how it is written."
        case ConnectionRefusedError():
            return "Nothing listens on this port. Check the port."
        case aiosmtplib.SMTPAuthenticationError():
            return f"The sign-in is refused: {error.code} {error.message}"
        case aiosmtplib.SMTPResponseException():
            return f"The relay says: {error.code} {error.message}"
        case TimeoutError() | aiosmtplib.SMTPTimeoutError():
            return "No answer in time. Check host and port, and that a firewall lets it through."
        case _:
            return f"It failed ({type(error).__name__}): {error}"


async def resolve(host: str, port: int) -> Found:
    """Look the name up."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return Found(f"{host} is {', '.join(list(addresses)[:3])}")


async def connect_to(host: str, port: int) -> Found:
    """Open a connection and close it."""
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    return Found(f"{host}:{port} answers")
