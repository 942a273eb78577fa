"""One rule, two forms: the predicate and the SQL condition agree on every viewer and ticket."""

from itertools import chain, combinations
from uuid import UUID

from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import TeamId, UserId
from servicedesk.domain.people import Role, Viewer, ViewerWhy
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import as_uuid
from servicedesk.people.teams import add_team
from servicedesk.people.users import NewUser, add_user
from servicedesk.people.viewers import add_viewer, remove_viewer, viewers_of
from servicedesk.people.visibility import may_see, visible_condition

TICKETS = "(SELECT id AS id, id AS team_id FROM team)"
"""One ticket for each team, named as its team."""


async def seen_by(database: Database, viewer: Viewer) -> set[UUID]:
    condition, values = visible_condition(
        viewer, on_sqlite=database.on_sqlite, ticket="t", first_number=2
    )
    rows = await database.sql.fetch(
        f"SELECT t.id FROM {TICKETS} t WHERE $1 = 'x' AND {condition}", "x", *values
    )
    return {as_uuid(row["id"]) for row in rows}


async def two_teams_and_a_user(database: Database) -> tuple[list[TeamId], UserId]:
    async with database.work(system_actor("test")) as work:
        teams = [await add_team(work, name, []) for name in ("North", "South")]
        new = NewUser("Ann", "ann@example.com", Role.AGENT, "")
        return teams, await add_user(work, new, "no hash")


async def test_predicate_and_condition_agree_for_every_role_team_and_reason(
    database: Database,
) -> None:
    teams, user_id = await two_teams_and_a_user(database)
    subsets = list(chain.from_iterable(combinations(teams, size) for size in range(3)))
    seen_at_all = 0
    for named_for in subsets:
        await database.sql.execute("DELETE FROM ticket_viewer")
        for ticket_id in named_for:
            await add_viewer(database.sql, ticket_id, user_id, ViewerWhy.FOLLOWS)
        for role in Role:
            for member_of in subsets:
                viewer = Viewer(user_id, role, frozenset(member_of))
                expected = {
                    team_id
                    for team_id in teams
                    if may_see(viewer, team_id, personally=team_id in named_for)
                }
                assert await seen_by(database, viewer) == expected, (role, member_of, named_for)
                seen_at_all += len(expected)
    assert 0 < seen_at_all < 4 * 4 * 4 * 2


def test_administrator_sees_all_and_a_stranger_nothing() -> None:
    team, other = TeamId(UUID(int=1)), TeamId(UUID(int=2))
    user_id = UserId(UUID(int=3))
    assert may_see(Viewer(user_id, Role.ADMINISTRATOR, frozenset()), team, personally=False)
    for role in (Role.SUPERVISOR, Role.AGENT, Role.OBSERVER):
        stranger = Viewer(user_id, role, frozenset({other}))
        assert not may_see(stranger, team, personally=False)
        assert may_see(stranger, team, personally=True)
        assert may_see(Viewer(user_id, role, frozenset({team})), team, personally=False)


async def test_ticket_is_seen_until_the_last_reason_is_gone(database: Database) -> None:
    [ticket_id, other_id], user_id = await two_teams_and_a_user(database)
    sql = database.sql
    for why in (ViewerWhy.OWNS, ViewerWhy.OFFERED, ViewerWhy.OFFERED):
        await add_viewer(sql, ticket_id, user_id, why)
    await remove_viewer(sql, ticket_id, user_id, ViewerWhy.OFFERED)
    assert await viewers_of(sql, [ticket_id, other_id]) == {
        ticket_id: frozenset({user_id}),
        other_id: frozenset(),
    }
    await remove_viewer(sql, ticket_id, user_id, ViewerWhy.OWNS)
    assert await viewers_of(sql, [ticket_id]) == {ticket_id: frozenset()}
