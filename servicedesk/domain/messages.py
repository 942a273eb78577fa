"""What travels between channels and the desk: Inbound on the way in, Outbound on the way out.

Every channel speaks these two; nothing above `channels` knows a MIME part or a webhook.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from servicedesk.domain.ids import InboxId, MessageId, TicketId


class ChannelKind(StrEnum):
    EMAIL = "email"
    CHAT = "chat"
    SMS = "sms"
    VOICE = "voice"
    WEB = "web"
    API = "api"


class MessageKind(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    NOTE = "note"
    CALL = "call"
    SYSTEM = "system"


class MailClass(StrEnum):
    """What wrote the message. Only a PERSON opens, reopens, starts clocks or is acknowledged."""

    PERSON = "person"
    AUTO_REPLY = "auto_reply"
    OUT_OF_OFFICE = "out_of_office"
    MAILING_LIST = "mailing_list"
    BOUNCE_HARD = "bounce_hard"
    BOUNCE_SOFT = "bounce_soft"
    FEEDBACK_REPORT = "feedback_report"
    OWN_LOOP = "own_loop"
    SPAM = "spam"
    OVERSIZE = "oversize"


class RecipientKind(StrEnum):
    TO = "to"
    CC = "cc"
    BCC = "bcc"


class DeliveryState(StrEnum):
    """Where an outbound message is. UNKNOWN is honest: it may or may not have arrived."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"


class ScanState(StrEnum):
    PENDING = "pending"
    CLEAN = "clean"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a channel: `value` normalised (mail: lower case; phone: E.164)."""

    value: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class InboundAttachment:
    """One file of a message, still in memory. `content_id` without angle brackets."""

    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class TicketToken:
    """What a signed address or Message-ID of ours named, already verified by its channel.

    `found_in` says where ("reply_address", "in_reply_to", "references"): it becomes "why here?".
    """

    ticket_id: TicketId
    found_in: str


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One recipient that a message of ours did not reach, as a notice about delivery tells it.

    `address` is "" where the notice names nobody. `status` is RFC 3463's code ("5.1.1"). `hard`:
    the address itself is dead. `reason` is a short name ("user-unknown", "mailbox-full"),
    `diagnostic` the words of the server. `original_message_id` has no brackets, "" where untold.
    `delayed`: nothing failed yet, that server goes on trying (RFC 3464 §2.3.3).
    """

    address: str
    status: str
    hard: bool
    reason: str
    diagnostic: str = ""
    original_message_id: str = ""
    delayed: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as its channel understood it; all text is str, all times aware UTC.

    `text` is all that was written, `reply_text` what was written this time, `quoted_text` the rest
    (history and signature, kept and folded). `html` is as it came: it is cleaned where it is shown.
    `references` are foreign message ids, oldest first, without brackets. `tokens` are in the order
    of trust. `external_id` is never empty: a channel makes one up from the content if need be.
    `language` is an ISO 639-1 code, "" when unsure. `failures` are those that a bounce tells of.
    `hops` counts how often the message passed this installation. `authenticated` says whether a
    host that is trusted vouches for the sender's domain, None when none told. `original_author`
    wrote what `sender` only passed on. `list_id` names the mailing list (RFC 2919), "" for none.
    """

    inbox_id: InboxId
    channel: ChannelKind
    external_id: str
    content_hash: str
    sender: Address
    received_at: datetime
    subject: str = ""
    text: str = ""
    reply_text: str = ""
    quoted_text: str = ""
    html: str | None = None
    mail_class: MailClass = MailClass.PERSON
    reply_to: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    tokens: tuple[TicketToken, ...] = ()
    attachments: tuple[InboundAttachment, ...] = ()
    language: str = ""
    sent_at: datetime | None = None
    defects: tuple[str, ...] = ()
    failures: tuple[FailedRecipient, ...] = ()
    hops: int = 0
    authenticated: bool | None = None
    original_author: Address | None = None
    signed: bool = False
    encrypted: bool = False
    list_id: str = ""


@dataclass(frozen=True, slots=True)
class OutboundAttachment:
    filename: str
    content_type: str
    sha256: str
    size_bytes: int
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to be carried out. `external_id` is fixed before the first attempt.

    `only` names the recipients that it goes to now, () for all: the others have it already, or will
    never take it. Whom it is addressed to does not change by that. `written_at` None: now. `hops`
    counts how often what it answers passed here by itself.
    """

    message_id: MessageId
    ticket_id: TicketId
    inbox_id: InboxId
    external_id: str
    from_address: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    html: str | None = None
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[OutboundAttachment, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    automatic: bool = False
    only: tuple[str, ...] = ()
    written_at: datetime | None = None
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the channel said about one attempt.

    `state` SENT: somebody was accepted. `retry` is True when a later attempt may succeed.
    `refused` and `postponed` map the addresses that the other side will never take, and those that
    it does not take now, to the words it used. `retry` with `postponed`: only they are tried again.
    `wait_seconds`: nothing was tried, since the other side is known to be away; ask again then.
    `keep_copy`: once it is sent, a copy goes into the mailbox.
    """

    state: DeliveryState
    detail: str = ""
    retry: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    postponed: dict[str, str] = field(default_factory=dict)
    wait_seconds: float | None = None
    keep_copy: bool = False
