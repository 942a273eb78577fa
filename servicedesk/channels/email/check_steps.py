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

from servicedesk.channels.email.check_words import Finding, Found, Outcome, failed
from servicedesk.channels.email.imap.errors import SAYS, SignInRefused
from servicedesk.channels.email.oauth import TokenRefused
from servicedesk.domain.errors import ServicedeskError

STEP_SECONDS = 30.0
_TOKEN_FAULTS = {
    "invalid_grant": Finding.GRANT_EXPIRED,
    "invalid_client": Finding.APPLICATION_UNKNOWN,
    "unauthorized_client": Finding.APPLICATION_UNKNOWN,
    "invalid_scope": Finding.SCOPES_MISSING,
}
"""By the error code of RFC 6749 §5.2."""


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


@dataclass(frozen=True, slots=True)
class CheckStep:
    """`found`: what it has to tell, None for a step that was skipped."""

    name: StepName
    outcome: Outcome
    found: Found | None
    seconds: float

    @property
    def words(self) -> str:
        """In English; "" for a step that was skipped."""
        return "" if self.found is None else self.found.words


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
            yield CheckStep(step.name, Outcome.SKIPPED, None, 0.0)
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
        found = fault_of(error)
    return CheckStep(step.name, found.outcome, found, round(loop.time() - began, 3))


def fault_of(error: Exception) -> Found:
    """Say what a fault of the network or the other side is, so that words can say what to do."""
    match error:
        case ServicedeskError():
            return failed(_finding_of(error), says=str(error.facts.get(SAYS, error)))
        case aiosmtplib.SMTPConnectError(__cause__=OSError() as cause):
            return fault_of(cause)
        case ssl.SSLCertVerificationError():
            return failed(Finding.CERTIFICATE_NOT_TRUSTED, says=error.verify_message)
        case ssl.SSLError():
            return failed(Finding.NO_TLS)
        case socket.gaierror():
            return failed(Finding.NO_SUCH_HOST)
        case ConnectionRefusedError():
            return failed(Finding.NOTHING_LISTENS)
        case aiosmtplib.SMTPAuthenticationError():
            return failed(Finding.SIGN_IN_REFUSED, says=f"{error.code} {error.message}")
        case aiosmtplib.SMTPResponseException():
            return failed(Finding.RELAY_SAYS, says=f"{error.code} {error.message}")
        case TimeoutError() | aiosmtplib.SMTPTimeoutError():
            return failed(Finding.NO_ANSWER)
        case _:
            return failed(Finding.BROKEN, says=f"{type(error).__name__}: {error}")


def _finding_of(error: ServicedeskError) -> Finding:
    match error:
        case SignInRefused():
            return Finding.SIGN_IN_REFUSED
        case TokenRefused():
            return _TOKEN_FAULTS.get(str(error.facts.get("error")), Finding.NO_ACCESS)
        case _:
            return Finding.MAILBOX_SHUT


async def resolve(host: str, port: int) -> Found:
    """Look the name up."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return Found(Finding.NAME_KNOWN, {"host": host, "addresses": ", ".join(list(addresses)[:3])})


async def connect_to(host: str, port: int) -> Found:
    """Open a connection and close it."""
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    return Found(Finding.ANSWERS, {"place": f"{host}:{port}"})
