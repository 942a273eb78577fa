"""Roles, and the viewer: who asks, with what decides what they may see."""

from dataclasses import dataclass
from enum import StrEnum

from servicedesk.domain.ids import TeamId, UserId


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    OBSERVER = "observer"


class ViewerWhy(StrEnum):
    """Why a user sees a ticket that is not their team's (table ticket_viewer)."""

    OWNS = "owns"
    OFFERED = "offered"
    FOLLOWS = "follows"
    MENTIONED = "mentioned"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in user with the teams they belong to at this moment."""

    user_id: UserId
    role: Role
    team_ids: frozenset[TeamId]

    @property
    def sees_everything(self) -> bool:
        return self.role is Role.ADMINISTRATOR

    @property
    def may_change_tickets(self) -> bool:
        return self.role is not Role.OBSERVER

    @property
    def may_supervise(self) -> bool:
        return self.role in (Role.ADMINISTRATOR, Role.SUPERVISOR)
