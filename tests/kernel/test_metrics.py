"""Figures for Prometheus."""

import pytest

from servicedesk.domain.actors import system_actor
from servicedesk.kernel import metrics
from servicedesk.kernel.database import Database

ACTOR = system_actor("test")


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_request_is_counted_by_route_and_class_of_answer() -> None:
    labels = {"method": "GET", "route": "/api/tickets/{ticket_id}", "status": "4xx"}
    before = value("servicedesk_request_seconds_count", **labels)
    metrics.note_request("GET", "/api/tickets/{ticket_id}", 404, 0.02)
    assert value("servicedesk_request_seconds_count", **labels) == before + 1


async def test_story_is_timed_under_what_it_recorded_first(frozen_database: Database) -> None:
    story = {"story": "ticket.opened", "outcome": "done"}
    before = value("servicedesk_story_seconds_count", **story)
    happened = value("servicedesk_happened_total", kind="order.opened")
    async with frozen_database.work(ACTOR) as work:
        work.record("ticket.opened")
        work.record("order.opened")
    assert value("servicedesk_story_seconds_count", **story) == before + 1
    assert value("servicedesk_happened_total", kind="order.opened") == happened + 1


async def test_story_that_failed_counts_as_its_error_and_recorded_nothing(
    frozen_database: Database,
) -> None:
    async def story() -> None:
        async with frozen_database.work(ACTOR) as work:
            work.record("ticket.opened")
            raise KeyError

    failed = {"story": "ticket.opened", "outcome": "KeyError"}
    before = value("servicedesk_story_seconds_count", **failed)
    happened = value("servicedesk_happened_total", kind="ticket.opened")
    with pytest.raises(KeyError):
        await story()
    assert value("servicedesk_story_seconds_count", **failed) == before + 1
    assert value("servicedesk_happened_total", kind="ticket.opened") == happened


def test_state_that_emptied_is_not_shown_with_its_old_figure() -> None:
    metrics.show_outbox({"queued": 3, "sent": 1})
    metrics.show_outbox({"sent": 4})
    assert value("servicedesk_outbox_messages", state="sent") == 4
    assert value("servicedesk_outbox_messages", state="queued") == 0


def test_answer_to_metrics_names_every_figure() -> None:
    metrics.note_arrival("email", "accepted")
    metrics.note_job("sweep_blobs", "done")
    metrics.show_parked_effects(2)
    metrics.show_sockets(5)
    metrics.show_journal_head(42)
    body, content_type = metrics.render()
    assert content_type.startswith("text/plain")
    for line in (
        b'servicedesk_arrivals_total{channel="email",outcome="accepted"}',
        b'servicedesk_jobs_total{job="sweep_blobs",outcome="done"}',
        b"servicedesk_parked_effects 2.0",
        b"servicedesk_sockets 5.0",
        b"servicedesk_journal_position 42.0",
        b"process_resident_memory_bytes",
    ):
        assert line in body
