"""What two administrators do at the same instant. SQLite has one writer: PostgreSQL only."""

import asyncio

from argon2 import PasswordHasher

from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import Conflict, TooManyAttempts, WrongCredentials
from servicedesk.domain.people import Role
from servicedesk.kernel.database import Database
from servicedesk.people.sessions import Origin
from servicedesk.people.sign_in import Attempt, Started, sign_in
from servicedesk.people.teams import TeamChanges, add_team, change_team
from servicedesk.people.users import LastAdministrator, NewUser, UserChanges, add_user, change_user
from servicedesk.people.views import find_team, find_user

ACTOR = system_actor("test")
PASSWORD = "four unrelated words"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


async def test_two_administrators_who_demote_each_other_leave_one(
    postgres_database: Database,
) -> None:
    async with postgres_database.work(ACTOR) as work:
        ids = [
            await add_user(work, NewUser(name, f"{name}@example.com", Role.ADMINISTRATOR, ""), "x")
            for name in ("ada", "ben")
        ]
    for _ in range(5):
        outcomes = await asyncio.gather(
            *(
                change_user(postgres_database, ACTOR, user_id, 1, UserChanges(role=Role.AGENT))
                for user_id in ids
            ),
            return_exceptions=True,
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, LastAdministrator)]
        assert len(refused) == 1
        await postgres_database.sql.execute(
            "UPDATE app_user SET role = 'administrator', version = 1"
        )


async def test_team_and_user_saved_at_once_end_up_agreeing_without_a_deadlock(
    postgres_database: Database,
) -> None:
    database = postgres_database
    async with database.work(ACTOR) as work:
        teams = [await add_team(work, f"team {number}", []) for number in range(3)]
        users = [
            await add_user(work, NewUser("U", f"u{number}@example.com", Role.AGENT, ""), "x")
            for number in range(3)
        ]

    async def save_team(number: int) -> None:
        team = await find_team(database.sql, teams[number])
        assert team is not None
        changes = TeamChanges(member_ids=tuple(reversed(users)))
        await change_team(database, ACTOR, team.id, team.version, changes)

    async def save_user(number: int) -> None:
        user = await find_user(database.sql, users[number])
        assert user is not None
        changes = UserChanges(team_ids=tuple(reversed(teams)))
        await change_user(database, ACTOR, user.id, user.version, changes)

    outcomes = await asyncio.gather(
        *(save(number) for number in range(3) for save in (save_team, save_user)),
        return_exceptions=True,
    )
    unexpected = [it for it in outcomes if it is not None and not isinstance(it, Conflict)]
    assert not unexpected
    for team_id in teams:
        team = await find_team(database.sql, team_id)
        assert team is not None
        for user_id in users:
            user = await find_user(database.sql, user_id)
            assert user is not None
            assert (user_id in team.member_ids) == (team_id in user.team_ids)


async def test_right_and_wrong_passwords_at_once_do_not_wait_for_each_other_for_ever(
    postgres_database: Database,
) -> None:
    async with postgres_database.work(ACTOR) as work:
        await add_user(work, NewUser("Ann", "ann@example.com", Role.AGENT, ""), HASH)
    outcomes = await asyncio.gather(
        *(
            sign_in(
                postgres_database,
                Attempt("ann@example.com", password, Origin("192.0.2.1", "test")),
                3600,
            )
            for password in (PASSWORD, "a guess") * 4
        ),
        return_exceptions=True,
    )
    expected = (Started, WrongCredentials, TooManyAttempts)
    assert [outcome for outcome in outcomes if not isinstance(outcome, expected)] == []
