"""What a process tells Prometheus. Labels are few and closed: never ids, addresses or raw paths."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from time import perf_counter

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

_requests = Histogram(
    "servicedesk_request_seconds",
    "Answering a request, by route (its pattern), method and status class.",
    ("method", "route", "status"),
    buckets=SECONDS,
    registry=REGISTRY,
)
_stories = Histogram(
    "servicedesk_story_seconds",
    "One story, transaction and stamp, named by the first thing it recorded.",
    ("story", "outcome"),
    buckets=SECONDS,
    registry=REGISTRY,
)
_arrivals = Counter(
    "servicedesk_arrivals",
    "What became of what came in.",
    ("channel", "outcome"),
    registry=REGISTRY,
)
_happened = Counter(
    "servicedesk_happened", "What was recorded in the journal.", ("kind",), registry=REGISTRY
)
_jobs = Counter("servicedesk_jobs", "Jobs run.", ("job", "outcome"), registry=REGISTRY)
_outbox = Gauge(
    "servicedesk_outbox_messages", "Outgoing messages, by state.", ("state",), registry=REGISTRY
)
_parked = Gauge(
    "servicedesk_parked_effects", "Effects that failed for good and wait.", registry=REGISTRY
)
_failed_notices = Gauge(
    "servicedesk_failed_notices",
    "Mails to users of the desk that were given up.",
    registry=REGISTRY,
)
_collected = Counter(
    "servicedesk_collected_mails", "Mails fetched from mailboxes and stored.", registry=REGISTRY
)
_mailboxes = Gauge("servicedesk_mailboxes", "Mailboxes that this process reads.", registry=REGISTRY)
_mailbox_losses = Counter(
    "servicedesk_mailbox_losses",
    "Connections to mailboxes that ended, by the fault.",
    ("fault",),
    registry=REGISTRY,
)
_sockets = Gauge("servicedesk_sockets", "Consoles connected to this process.", registry=REGISTRY)
_head = Gauge("servicedesk_journal_position", "The last position given.", registry=REGISTRY)


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer. `route` names what handled it, never the path: paths hold ids."""
    _requests.labels(method, route, f"{status // 100}xx").observe(seconds)


@contextmanager
def timed_story(kinds: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Time the block as one story and count what it recorded, which `kinds` tells at its end.

    `outcome` is "done" or the error's class; a story that failed has recorded nothing.
    """
    began, outcome = perf_counter(), "done"
    try:
        yield
    except BaseException as error:
        outcome = type(error).__name__
        raise
    finally:
        recorded = kinds()
        name = recorded[0] if recorded else "nothing"
        _story(name, outcome).observe(perf_counter() - began)
        if outcome == "done":
            for kind in set(recorded):
                _happening(kind).inc(recorded.count(kind))


@lru_cache(maxsize=1_000)
def _story(name: str, outcome: str) -> Histogram:
    return _stories.labels(name, outcome)


@lru_cache(maxsize=1_000)
def _happening(kind: str) -> Counter:
    return _happened.labels(kind)


def note_arrival(channel: str, outcome: str) -> None:
    _arrivals.labels(channel, outcome).inc()


def note_job(job: str, outcome: str) -> None:
    _jobs.labels(job, outcome).inc()


def note_collected(mails: int) -> None:
    _collected.inc(mails)


def note_mailbox_loss(fault: str) -> None:
    """Count a connection that ended. `fault` is the code of an error of ours."""
    _mailbox_losses.labels(fault).inc()


def show_mailboxes(held: int) -> None:
    _mailboxes.set(held)


def show_failed_notices(count: int) -> None:
    _failed_notices.set(count)


def show_outbox(messages_by_state: Mapping[str, int]) -> None:
    """Show these figures and no others: a state that emptied shows nothing."""
    _outbox.clear()
    for state, messages in messages_by_state.items():
        _outbox.labels(state).set(messages)


def show_parked_effects(parked: int) -> None:
    _parked.set(parked)


def show_sockets(connected: int) -> None:
    _sockets.set(connected)


def show_journal_head(position: int) -> None:
    _head.set(position)


def render() -> tuple[bytes, str]:
    """Return the answer to /metrics and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
