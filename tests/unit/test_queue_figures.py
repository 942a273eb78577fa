"""A queue's figures count tickets, so they follow the rule of who may see those."""

from servicedesk.domain.ids import TeamId, UserId
from servicedesk.domain.people import Role, Viewer
from servicedesk.kernel.ids import new_id
from servicedesk.routing.shapes import Queue
from servicedesk.routing.views import as_seen_by

TEAM, OTHER = TeamId(new_id()), TeamId(new_id())
QUEUE = Queue(
    id=new_id(),
    name="Mail",
    team_id=TEAM,
    offer_seconds=45,
    active=True,
    version=1,
    agent_ids=[],
    team_ids=[],
    waiting=7,
    oldest_waiting_at=None,
    offered=1,
    stuck=0,
    active_orders=2,
)


def viewer(role: Role, *teams: TeamId) -> Viewer:
    return Viewer(UserId(new_id()), role, frozenset(teams))


def test_its_team_and_administrators_see_the_figures() -> None:
    assert as_seen_by(viewer(Role.AGENT, TEAM), QUEUE) == QUEUE
    assert as_seen_by(viewer(Role.OBSERVER, TEAM, OTHER), QUEUE) == QUEUE
    assert as_seen_by(viewer(Role.ADMINISTRATOR), QUEUE) == QUEUE


def test_others_know_the_queue_but_not_what_waits_in_it() -> None:
    for role in (Role.AGENT, Role.SUPERVISOR, Role.OBSERVER):
        seen = as_seen_by(viewer(role, OTHER), QUEUE)
        assert (seen.name, seen.team_id) == ("Mail", TEAM)
        assert (seen.waiting, seen.offered, seen.active_orders) == (None, None, None)
