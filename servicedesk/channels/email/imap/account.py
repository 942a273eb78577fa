"""Where a mailbox is and how one signs in to it."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from servicedesk.channels.email.oauth import TellsToken
from servicedesk.channels.email.settings import ImapSecurity, ImapSettings, SignIn
from servicedesk.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds. `answer` counts silence, not the length of an answer."""

    connect_seconds: float = 30.0
    answer_seconds: float = 60.0
    longest_idle_seconds: float = 1_500.0  # RFC 2177: servers may hang up after 30 minutes
    goodbye_seconds: float = 3.0


USUAL_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Account:
    """`tls_context` None: no TLS. `tokens` None: sign in by password."""

    host: str
    port: int
    username: str
    password: str = field(default="", repr=False)
    tls_context: ssl.SSLContext | None = None
    tokens: TellsToken | None = None
    patience: Patience = USUAL_PATIENCE


def account_of(
    settings: ImapSettings,
    tokens: TellsToken | None,
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
) -> Account:
    """Return the account that the settings name. `trust` makes the context of a TLS connection."""
    return Account(
        host=settings.host,
        port=settings.port,
        username=settings.username,
        password=settings.password.get_secret_value(),
        tls_context=trust() if settings.security is ImapSecurity.TLS else None,
        tokens=tokens if settings.sign_in is SignIn.XOAUTH2 else None,
    )


def trust_also(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, and those of the file (PEM).

    Raises ConfigurationError if the file cannot be used.
    """
    context = ssl.create_default_context()
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            f"SERVICEDESK_MAIL_CA_FILE names {ca_file}, which holds no certificates in PEM "
            f"({type(error).__name__}). Mend the file or unset the variable."
        ) from None
    return context
