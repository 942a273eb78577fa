"""Stories of one's own account: name, language, time zone, password."""

from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.kernel.throttle import Brake, begin_attempt, forget_attempts
from servicedesk.people.passwords import check_password, hash_password, is_right_password
from servicedesk.people.sessions import revoke_all
from servicedesk.people.shapes import User
from servicedesk.people.sign_in import PER_EMAIL, SignedIn
from servicedesk.people.users import UserChanges, change_user


class WrongPassword(BadInput):
    """The present password, asked for once more, is not right."""

    code = "wrong-password"


async def change_own_account(database: Database, user: User, changes: UserChanges) -> Position:
    """A story. `changes` names only what is one's own to change.

    Raises VersionMismatch when an administrator saves the account at the same instant.
    """
    return await change_user(database, user_actor(user.id), user.id, user.version, changes)


async def change_own_password(
    database: Database, signed_in: SignedIn, current: str, new: str
) -> Position:
    """A story: set the password and end every other session of the user.

    Raises WrongPassword, WeakPassword, and TooManyAttempts: a stolen session may not guess on.
    """
    user = signed_in.user
    brake = Brake("own password", str(user.id), PER_EMAIL)
    await begin_attempt(database, [brake])
    row = await database.sql.fetch_one("SELECT password_hash FROM app_user WHERE id = $1", user.id)
    if not await is_right_password(current, row["password_hash"] if row else None):
        raise WrongPassword("The present password is wrong.", path="current")
    check_password(new, (user.name, user.email))
    new_hash = await hash_password(new)
    async with database.work(user_actor(user.id)) as work:
        await forget_attempts(work.sql, brake)
        await work.sql.execute(
            "UPDATE app_user SET password_hash = $2, version = version + 1 WHERE id = $1",
            user.id,
            new_hash,
        )
        work.record("user.changed", payload={"user_id": user.id, "fields": ["password"]})
        await revoke_all(work, user.id, but=signed_in.session_id)
    return work.position
