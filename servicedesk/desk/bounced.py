"""A notice says that a message of ours did not arrive: it marks the message and the address.

It never opens a ticket and is never answered, but an agent's answer that did not arrive gives its
ticket work again, once. The message is found by what the notice names (its Message-ID, or one that
the notice answers) among those of the same inbox, else by the ticket that the signed bounce address
names and the failed recipient there. RFC 3464, RFC 5965.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk.attention import call_attention, lock_heir
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.ids import MessageId, TicketId
from servicedesk.domain.messages import (
    DeliveryState,
    FailedRecipient,
    Inbound,
    MailClass,
)
from servicedesk.domain.orders import Attention
from servicedesk.domain.storable import storable
from servicedesk.kernel.sql import Row, Sql, as_uuid
from servicedesk.kernel.work import Work

LONGEST_WORDS = 2_000
LONGEST_REASON = 200
MOST_FAILURES = 50
BOUNCE_ADDRESS = "bounce_address"
SIGNED_PLACES = (BOUNCE_ADDRESS, "bounced_message")
NOT_ARRIVED = frozenset({DeliveryState.BOUNCED, DeliveryState.FAILED})
UNKNOWN = FailedRecipient("", "", hard=False, reason="unknown")


@dataclass(frozen=True, slots=True)
class Marked:
    """The message that did not arrive."""

    ticket_id: TicketId
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message of ours; `recipients` maps lower-case addresses to their rows. `by_agent`: a person
    wrote it. `state`: what was known of it before."""

    message_id: UUID
    ticket_id: UUID
    by_agent: bool
    state: str | None
    recipients: dict[str, list[UUID]]


async def mark_bounced(work: Work, inbound: Inbound) -> Marked | None:
    """Mark what the notice tells of, in the caller's transaction. None: no message of ours."""
    failures = inbound.failures[:MOST_FAILURES] or (UNKNOWN,)
    sent = await _find_sent(work.sql, inbound, failures)
    if sent is None:
        return None
    ticket = await lock_heir(work.sql, sent.ticket_id)
    complaint = inbound.mail_class is MailClass.FEEDBACK_REPORT
    for failure in failures:
        await _mark_recipients(work, sent, failure, complaint=complaint)
        if not failure.delayed:
            await _mark_address(work, sent, failure, complaint=complaint)
    lost = () if complaint else tuple(one for one in failures if not one.delayed)
    if lost:
        await _mark_message(work, sent, lost)
    _record(work, sent, inbound, failures)
    if lost and sent.by_agent and sent.state not in NOT_ARRIVED:
        await call_attention(work, ticket, Attention.UNDELIVERED)
    return Marked(TicketId(sent.ticket_id), MessageId(sent.message_id))


def _record(work: Work, sent: _Sent, inbound: Inbound, failures: Sequence[FailedRecipient]) -> None:
    """A message that is only late has not come back."""
    late = all(failure.delayed for failure in failures)
    payload = {
        "message_id": str(sent.message_id),
        "mail_class": inbound.mail_class.value,
        "hard": any(failure.hard for failure in failures),
    }
    kind = "message.delayed" if late else "message.bounced"
    work.record(kind, ticket_id=sent.ticket_id, payload=payload)


async def _find_sent(
    sql: Sql, inbound: Inbound, failures: Sequence[FailedRecipient]
) -> _Sent | None:
    row = await _by_message_id(sql, inbound, failures) or await _by_token(sql, inbound, failures)
    if row is None:
        return None
    message_id = as_uuid(row["id"])
    recipients: dict[str, list[UUID]] = {}
    for found in await sql.fetch(
        "SELECT id, address FROM message_recipient WHERE message_id = $1 ORDER BY id", message_id
    ):
        recipients.setdefault(found["address"].lower(), []).append(as_uuid(found["id"]))
    by_agent = row["author_kind"] == ActorKind.USER
    ticket_id = as_uuid(row["ticket_id"])
    return _Sent(message_id, ticket_id, by_agent, row["delivery_state"], recipients)


async def _by_message_id(
    sql: Sql, inbound: Inbound, failures: Sequence[FailedRecipient]
) -> Row | None:
    originals = [failure.original_message_id for failure in failures]
    named = [*originals, inbound.in_reply_to, *reversed(inbound.references)]
    wanted = list(dict.fromkeys(filter(None, named)))
    if not wanted:
        return None
    rows = await sql.fetch(
        "SELECT m.id, m.ticket_id, m.author_kind, m.delivery_state, r.external_id "
        "FROM message_reference r "
        "JOIN message m ON m.id = r.message_id AND m.kind = 'outbound' "
        f"WHERE {sql.member('r.external_id', 1)} AND r.inbox_id = $2 ORDER BY r.created_at DESC",
        wanted,
        inbound.inbox_id,
    )
    return min(rows, key=lambda row: wanted.index(row["external_id"]), default=None)


async def _by_token(sql: Sql, inbound: Inbound, failures: Sequence[FailedRecipient]) -> Row | None:
    """The newest message on the signed ticket that went to a failed recipient, or to anybody where
    the notice names none."""
    named = [token.ticket_id for token in inbound.tokens if token.found_in in SIGNED_PLACES]
    if not named:
        return None
    addresses = [failure.address for failure in failures if failure.address]
    to_them = (
        "AND EXISTS (SELECT 1 FROM message_recipient r WHERE r.message_id = m.id "
        f"AND {sql.member('lower(r.address)', 2)})"
    )
    return await sql.fetch_one(
        "SELECT m.id, m.ticket_id, m.author_kind, m.delivery_state FROM message m "
        "WHERE m.ticket_id = $1 AND m.kind = 'outbound' "
        f"{to_them if addresses else ''} ORDER BY m.seq DESC LIMIT 1",
        named[0],
        *((addresses,) if addresses else ()),
    )


async def _mark_recipients(
    work: Work, sent: _Sent, failure: FailedRecipient, *, complaint: bool
) -> None:
    """A recipient whom the notice names otherwise (they forward) is the only one that there is.

    One whose server goes on trying is marked as waiting, not as failed.
    """
    rows = sent.recipients.get(failure.address)
    if rows is None and len(sent.recipients) == 1:
        (rows,) = sent.recipients.values()
    if rows:
        still = "" if not failure.delayed else "AND coalesce(delivery_state, '') <> 'bounced'"
        await work.sql.execute(
            "UPDATE message_recipient SET delivery_state = $2, delivery_error = $3 "
            f"WHERE {work.sql.member('id', 1)} {still}",
            rows,
            _state_there(failure, complaint=complaint),
            _words(failure),
        )


def _state_there(failure: FailedRecipient, *, complaint: bool) -> DeliveryState | None:
    if complaint:
        return None
    return DeliveryState.QUEUED if failure.delayed else DeliveryState.BOUNCED


async def _mark_message(work: Work, sent: _Sent, failures: Sequence[FailedRecipient]) -> None:
    words = storable("; ".join(_words(failure) for failure in failures), LONGEST_WORDS)
    await work.sql.execute(
        "UPDATE message SET delivery_state = $2, delivery_error = $3, delivery_at = $4 "
        "WHERE id = $1",
        sent.message_id,
        DeliveryState.BOUNCED,
        words,
        work.now,
    )


async def _mark_address(
    work: Work, sent: _Sent, failure: FailedRecipient, *, complaint: bool
) -> None:
    """Dead for good when the address itself is (or its owner wants no mail), else counted.

    Only an address that the message went to: a forged notice says nothing of others.
    """
    address = failure.address or (next(iter(sent.recipients)) if len(sent.recipients) == 1 else "")
    if address not in sent.recipients:
        return
    dead = failure.hard or complaint
    change = (
        "undeliverable_at = coalesce(undeliverable_at, $2), undeliverable_reason = $3"
        if dead
        else "soft_bounces = soft_bounces + 1"
    )
    values = (work.now, storable(failure.reason, LONGEST_REASON)) if dead else ()
    rows = await work.sql.fetch(
        f"UPDATE contact_identity SET {change} WHERE kind = 'email' AND value = $1 "
        "RETURNING contact_id",
        address,
        *values,
    )
    if dead:
        for row in rows:
            payload = {"contact_id": str(as_uuid(row["contact_id"])), "complaint": complaint}
            work.record("contact.undeliverable", payload=payload)


def _words(failure: FailedRecipient) -> str:
    said = " ".join(filter(None, (failure.status, failure.reason)))
    words = f"{said}: {failure.diagnostic}" if failure.diagnostic else said
    return storable(f"{failure.address}: {words}" if failure.address else words, LONGEST_WORDS)
