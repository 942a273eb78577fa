"""What a viewer may do on a ticket they see."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from servicedesk.desk.shapes import TicketSummary
from servicedesk.desk.views_ticket_page import permissions
from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Role, Viewer
from servicedesk.domain.tickets import Priority, TicketStatus

ME, OTHER, SOME = UserId(UUID(int=1)), UserId(UUID(int=2)), UUID(int=3)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _ticket(status: TicketStatus, assignee_id: UUID | None) -> TicketSummary:
    return TicketSummary(
        id=SOME,
        number=1,
        subject="",
        status=status,
        priority=Priority.NORMAL,
        channel=ChannelKind.EMAIL,
        inbox_id=SOME,
        queue_id=SOME,
        team_id=SOME,
        assignee_id=assignee_id,
        contact=None,
        last_words="",
        last_message_at=None,
        last_message_from="contact",
        message_count=1,
        waiting_since=None,
        created_at=NOON,
        updated_at=NOON,
        version=1,
        order=None,
        unread=False,
        clocks=[],
    )


@pytest.mark.parametrize(
    ("role", "status", "assignee_id", "allowed"),
    [
        (Role.AGENT, TicketStatus.NEW, None, {"reply", "note", "change", "take"}),
        (Role.AGENT, TicketStatus.OPEN, ME, {"reply", "note", "change", "take"}),
        (Role.AGENT, TicketStatus.OPEN, OTHER, {"reply", "note", "change"}),
        (Role.SUPERVISOR, TicketStatus.SOLVED, None, {"reply", "note", "change", "take"}),
        (Role.AGENT, TicketStatus.CLOSED, None, {"note"}),
        (Role.OBSERVER, TicketStatus.NEW, None, set()),
        (Role.OBSERVER, TicketStatus.OPEN, ME, set()),
    ],
)
def test_role_status_and_assignee_decide(
    role: Role, status: TicketStatus, assignee_id: UUID | None, allowed: set[str]
) -> None:
    may = permissions(Viewer(ME, role, frozenset()), _ticket(status, assignee_id))
    assert {name for name, granted in may.model_dump().items() if granted} == allowed
