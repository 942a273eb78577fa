"""Who may hear of what: the one rule of visibility, applied to frames."""

from dataclasses import dataclass
from typing import assert_never

from servicedesk.domain.ids import TeamId, UserId
from servicedesk.domain.people import Viewer
from servicedesk.people.visibility import may_see


@dataclass(frozen=True, slots=True)
class TicketSight:
    """Through what a ticket is seen: its team, and the users named for it in `ticket_viewer`."""

    team_id: TeamId
    user_ids: frozenset[UserId]


@dataclass(frozen=True, slots=True)
class Everyone:
    """Whoever is signed in: names of users, teams, queues, inboxes."""


@dataclass(frozen=True, slots=True)
class OneUser:
    user_id: UserId


@dataclass(frozen=True, slots=True)
class SeesTicket:
    sight: TicketSight


@dataclass(frozen=True, slots=True)
class Readers:
    """Those among the users who see the ticket: for what of it is their own."""

    sight: TicketSight
    user_ids: frozenset[UserId]


@dataclass(frozen=True, slots=True)
class LostTicket:
    """Those who saw the ticket before and do not see it now (`sight` None: nobody does)."""

    sight: TicketSight | None
    team_ids: frozenset[TeamId]
    user_ids: frozenset[UserId]


@dataclass(frozen=True, slots=True)
class KnowsContact:
    """Those who see one of the contact's tickets: its team's members, or named for it."""

    team_ids: frozenset[TeamId]
    user_ids: frozenset[UserId]


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Those who share a team with the user, the user, supervisors and administrators."""

    user_id: UserId
    team_ids: frozenset[TeamId]


Audience = Everyone | OneUser | SeesTicket | Readers | LostTicket | KnowsContact | Colleagues


def sees(viewer: Viewer, sight: TicketSight) -> bool:
    return may_see(viewer, sight.team_id, personally=viewer.user_id in sight.user_ids)


def hears(viewer: Viewer, audience: Audience) -> bool:
    """Say whether the viewer belongs to the audience."""
    match audience:
        case Everyone():
            return True
        case OneUser(user_id):
            return viewer.user_id == user_id
        case SeesTicket(sight):
            return sees(viewer, sight)
        case Readers(sight, user_ids):
            return viewer.user_id in user_ids and sees(viewer, sight)
        case LostTicket(sight, team_ids, user_ids):
            saw = viewer.user_id in user_ids or not team_ids.isdisjoint(viewer.team_ids)
            return saw and not (sight is not None and sees(viewer, sight))
        case KnowsContact(team_ids, user_ids):
            shares = not team_ids.isdisjoint(viewer.team_ids)
            return viewer.sees_everything or shares or viewer.user_id in user_ids
        case Colleagues(user_id, team_ids):
            shares = viewer.user_id == user_id or not team_ids.isdisjoint(viewer.team_ids)
            return viewer.may_supervise or shares
    assert_never(audience)
