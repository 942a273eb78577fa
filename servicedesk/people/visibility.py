"""The one rule that says who may see a ticket, as a predicate and as a SQL condition. Pure.

Source: ARCHITECTURE, "Rules that carry the design". Administrators see every ticket. Everyone else
sees those of their teams, and those that name them in `ticket_viewer` (owns, offered, follows,
mentioned). Every list, search, count, frame and download goes through here.
"""

from servicedesk.domain.ids import TeamId
from servicedesk.domain.people import Viewer


def may_see(viewer: Viewer, team_id: TeamId, *, personally: bool) -> bool:
    """Say whether the viewer sees a ticket of the team.

    `personally`: the table ticket_viewer has a row for this ticket and this user.
    """
    return viewer.sees_everything or personally or team_id in viewer.team_ids


def visible_condition(
    viewer: Viewer, *, on_sqlite: bool, ticket: str, first_number: int
) -> tuple[str, list[object]]:
    """Return the same rule as a SQL condition, and the values for its placeholders.

    `ticket` is the name or alias of the ticket table in the statement; the placeholders count from
    `$first_number`. The condition is in parentheses where it needs them: write `AND {condition}`.
    """
    if viewer.sees_everything:
        return "1 = 1", []
    teams, user = f"${first_number}", f"${first_number + 1}"
    of_a_team = (
        f"{ticket}.team_id IN (SELECT value FROM json_each({teams}))"
        if on_sqlite
        else f"{ticket}.team_id = ANY({teams})"
    )
    personally = f"{ticket}.id IN (SELECT ticket_id FROM ticket_viewer WHERE user_id = {user})"
    return f"({of_a_team} OR {personally})", [sorted(viewer.team_ids), viewer.user_id]
