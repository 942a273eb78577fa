"""Decides what becomes of an outbound message after an attempt: done, again and to whom, given up.

Each recipient is served by itself (RFC 5321 §3.3): some may be accepted, some refused for good
(5xx), some for now (4xx). Those refused for now are tried again, and only they; those refused for
good are named on the message, with the other side's words. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.domain.storable import storable

LONGEST_HOLD_SECONDS = 16 * 3_600
"""How long a message may wait untried for a relay that is away; then it has failed."""
LONGEST_ERROR = 2_000


@dataclass(frozen=True, slots=True)
class Progress:
    """What the attempts so far came to; it lies in the envelope of the outbox row.

    `only`: the recipients that are still to be served, () for all. `refused`: address → the other
    side's words. `carried`: somebody has it. `held_seconds`: how long it was held back untried.
    """

    only: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    carried: bool = False
    held_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` QUEUED: it is tried again. `error` is None only if nobody was refused.

    `hold_seconds`: nothing was tried and nothing is counted; it is tried after so many seconds.
    """

    state: DeliveryState
    error: str | None
    progress: Progress
    hold_seconds: float | None = None


def judge(before: Progress, receipt: Receipt, *, may_try_again: bool) -> Verdict:
    """Put this attempt's receipt together with what the attempts before it came to."""
    receipt = _storable(receipt)
    if receipt.wait_seconds is not None and before.held_seconds < LONGEST_HOLD_SECONDS:
        held = replace(before, held_seconds=before.held_seconds + receipt.wait_seconds)
        return Verdict(DeliveryState.QUEUED, receipt.detail, held, receipt.wait_seconds)
    may_try_again = may_try_again and receipt.wait_seconds is None
    refused = dict(before.refused) | receipt.refused
    carried = before.carried or receipt.state is DeliveryState.SENT
    if receipt.retry and may_try_again:
        only = tuple(sorted(receipt.postponed)) or before.only
        error = _words(receipt, refused | receipt.postponed)
        progress = replace(before, only=only, refused=refused, carried=carried)
        return Verdict(DeliveryState.QUEUED, error, progress)
    refused |= receipt.postponed
    state = _end_of(receipt, carried=carried)
    if state is DeliveryState.SENT and receipt.state is not DeliveryState.SENT:
        refused = dict.fromkeys(before.only, receipt.detail) | refused
    return Verdict(state, _words(receipt, refused), Progress(before.only, refused, carried))


def _storable(receipt: Receipt) -> Receipt:
    """The other side's words may hold what no database does, whatever its channel made of them."""
    return replace(
        receipt,
        detail=storable(receipt.detail, LONGEST_ERROR),
        refused={address: storable(words) for address, words in receipt.refused.items()},
        postponed={address: storable(words) for address, words in receipt.postponed.items()},
    )


def _end_of(receipt: Receipt, *, carried: bool) -> DeliveryState:
    """It is sent if anybody has it, and who has not is named; unknown stays unknown."""
    if receipt.state is DeliveryState.UNKNOWN:
        return DeliveryState.UNKNOWN
    if carried:
        return DeliveryState.SENT
    return DeliveryState.FAILED if receipt.retry else receipt.state


def _words(receipt: Receipt, refused: Mapping[str, str]) -> str | None:
    said = "; ".join(f"{address}: {words}" for address, words in sorted(refused.items()))
    detail = "" if receipt.state is DeliveryState.SENT else receipt.detail
    words = " ".join(part for part in ("" if detail in said else detail, said) if part)
    return storable(words, LONGEST_ERROR) or None


def begin_again(progress: Progress) -> Progress:
    """Return where to begin when somebody asks for another try: nobody who has it gets it again."""
    if not progress.carried:
        return Progress()
    return Progress(tuple(sorted({*progress.only, *progress.refused})), {}, carried=True)


def read_progress(envelope: Mapping[str, object]) -> Progress:
    """Read what `write_progress` wrote; an envelope without it is a first attempt."""
    only, refused = envelope.get("only"), envelope.get("refused")
    held = envelope.get("held_seconds")
    return Progress(
        only=tuple(str(address) for address in only) if isinstance(only, list) else (),
        refused=dict(refused) if isinstance(refused, dict) else {},
        carried=envelope.get("carried") is True,
        held_seconds=float(held) if isinstance(held, int | float) else 0.0,
    )


def write_progress(progress: Progress) -> dict[str, object]:
    """Return the envelope of the next attempt."""
    return {
        "only": list(progress.only),
        "refused": dict(progress.refused),
        "carried": progress.carried,
        "held_seconds": progress.held_seconds,
    }
