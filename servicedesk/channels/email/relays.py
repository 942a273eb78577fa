"""Which relay carries the mail of an inbox: its own, else the installation's."""

import ssl
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from servicedesk.channels.email.oauth import AccessTokens, TellsToken
from servicedesk.channels.email.sender import LOCAL_NAME, Relay
from servicedesk.channels.email.settings import EmailInboxSettings, SignIn
from servicedesk.kernel.config import Settings


@dataclass(frozen=True, slots=True)
class Relays:
    """`common` None: the installation has none. `tls_context` names the authorities trusted.

    One context for all: a relay is known again by it (`destinations`), and making one takes time.
    """

    common: Relay | None
    tokens: AccessTokens
    tls_context: ssl.SSLContext
    local_name: str = LOCAL_NAME

    def of_inbox(self, inbox_id: UUID, settings: EmailInboxSettings) -> Relay | None:
        """Return the relay for an inbox, None if there is none yet."""
        smtp = settings.smtp
        if smtp is None:
            return self.common
        by_token = smtp.sign_in is SignIn.XOAUTH2
        return Relay(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security.value,
            username=smtp.username,
            password=smtp.password.get_secret_value(),
            tls_context=self.tls_context,
            tell_token=self.tell_token(inbox_id, settings) if by_token else None,
            local_name=self.local_name,
        )

    def tell_token(self, inbox_id: UUID, settings: EmailInboxSettings) -> TellsToken | None:
        """Return what tells the access tokens of an inbox, None if it has no section oauth."""
        oauth = settings.oauth
        return None if oauth is None else self.tokens.of_mailbox(inbox_id, lambda: oauth)


def relays_from(settings: Settings, tokens: AccessTokens, tls_context: ssl.SSLContext) -> Relays:
    """Return the relays of the installation as its settings have them."""
    name = local_name(settings.public_host)
    common = _common_relay(settings)
    if common is not None:
        common = replace(common, tls_context=tls_context, local_name=name)
    return Relays(common, tokens, tls_context, name)


def _common_relay(settings: Settings) -> Relay | None:
    if not settings.relay_host:
        return None
    return Relay(
        host=settings.relay_host,
        port=settings.relay_port,
        security=settings.relay_security,
        username=settings.relay_username,
        password=settings.relay_password.get_secret_value(),
    )


def local_name(public_host: str) -> str:
    """What we call ourselves in EHLO: a name, never a bare address (RFC 5321 §4.1.3)."""
    host = urlsplit(f"//{public_host}").hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host if host and host.isascii() else LOCAL_NAME
    return LOCAL_NAME
