"""The roles, and which processes run which."""

from collections.abc import Iterable
from enum import StrEnum

from servicedesk.domain.errors import ConfigurationError


class Role(StrEnum):
    ROUTER = "router"  # matches work orders with agents; one of all routers leads
    MAIL_IN = "mail-in"  # lets in what was stored and left behind
    MAILBOXES = "mailboxes"  # fetches mail by IMAP; one owner for each mailbox
    SENDERS = "senders"  # carries outbound messages
    TIMERS = "timers"  # deadlines that rows name, and the stamping sweep
    EFFECTS = "effects"  # what lower layers asked for
    JOBS = "jobs"  # what may be seconds late
    SMTP = "smtp"  # the built-in mail receiver: it binds a port


IN_A_WORKER = frozenset(Role) - {Role.SMTP}
"""What `worker` runs unless `--roles` names others."""


def parse_roles(text: str) -> frozenset[Role]:
    """Read `--roles a,b`. Raises ConfigurationError naming those that exist."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {role.value for role in Role}
    unknown = sorted(set(names) - known)
    if unknown or not names:
        raise ConfigurationError(
            f"--roles has {', '.join(unknown) or 'nothing'}; it takes a list out of "
            f"{', '.join(sorted(known))}."
        )
    return frozenset(Role(name) for name in names)


def in_words(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(role.value for role in roles))
