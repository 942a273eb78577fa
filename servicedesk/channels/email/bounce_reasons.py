"""Why a mail did not arrive, from the words and codes of servers (RFC 3463, and what they write).

Hard means that the address itself is dead: no such user, no such domain, moved, takes no mail. All
else (full, blocked, refused, expired) may pass or concerns the mail, and the address stays good.
"""

from enum import StrEnum


class BounceReason(StrEnum):
    USER_UNKNOWN = "user-unknown"
    HOST_UNKNOWN = "host-unknown"
    HAS_MOVED = "has-moved"
    NOT_ACCEPT = "not-accept"
    MAILBOX_FULL = "mailbox-full"
    SUSPENDED = "suspend"
    FILTERED = "filtered"
    MESSAGE_TOO_BIG = "mesg-too-big"
    EXCEEDS_LIMIT = "exceed-limit"
    SPAM = "spam-detected"
    VIRUS = "virus-detected"
    BLOCKED = "blocked"
    BAD_REPUTATION = "bad-reputation"
    AUTHENTICATION = "auth-failure"
    REVERSE_DNS = "require-ptr"
    NOT_RFC = "not-compliant-rfc"
    POLICY = "policy-violation"
    SECURITY = "security-error"
    REJECTED = "rejected"
    NO_RELAYING = "no-relaying"
    RATE = "speeding"
    CONNECTIONS = "too-many-conn"
    CONTENT = "content-error"
    EXPIRED = "expired"
    NETWORK = "network-error"
    MAILER = "mailer-error"
    SYSTEM = "system-error"
    SYSTEM_FULL = "system-full"
    SYNTAX = "syntax-error"
    ON_HOLD = "on-hold"
    UNDEFINED = "undefined"


HARD = frozenset({
    BounceReason.USER_UNKNOWN,
    BounceReason.HOST_UNKNOWN,
    BounceReason.HAS_MOVED,
    BounceReason.NOT_ACCEPT,
})  # fmt: skip
TEMPORARY = frozenset({BounceReason.RATE, BounceReason.CONNECTIONS})

# More telling than any words.
DECISIVE_CODES: dict[str, BounceReason] = {
    "1.6": BounceReason.HAS_MOVED,
    "1.7": BounceReason.REJECTED,
    "1.8": BounceReason.REJECTED,
    "1.10": BounceReason.NOT_ACCEPT,
}
# RFC 3463 codes that say enough by themselves, for notices without words.
CODES: dict[str, BounceReason] = {
    "1.0": BounceReason.USER_UNKNOWN,
    "1.1": BounceReason.USER_UNKNOWN,
    "1.2": BounceReason.HOST_UNKNOWN,
    "1.3": BounceReason.USER_UNKNOWN,
    "2.1": BounceReason.SUSPENDED,
    "2.2": BounceReason.MAILBOX_FULL,
    "2.3": BounceReason.EXCEEDS_LIMIT,
    "3.1": BounceReason.SYSTEM_FULL,
    "3.4": BounceReason.MESSAGE_TOO_BIG,
    "3.5": BounceReason.SYSTEM,
    "4.1": BounceReason.EXPIRED,
    "4.2": BounceReason.NETWORK,
    "4.4": BounceReason.HOST_UNKNOWN,
    "4.6": BounceReason.NETWORK,
    "4.7": BounceReason.EXPIRED,
    "7.0": BounceReason.SECURITY,
    "7.1": BounceReason.REJECTED,
}
