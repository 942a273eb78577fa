"""What a database that is away looks like, and how callers see it: `Unavailable`."""

import asyncpg
from tortoise.exceptions import DBConnectionError

from servicedesk.domain.errors import Unavailable

CONNECTION_FAULTS = (
    OSError,
    TimeoutError,
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,  # its backend was killed between two statements
)


class unavailable_when_away:  # noqa: N801  # reads as a sentence: with unavailable_when_away()
    """Turn what a lost connection raises into `Unavailable`, which callers can answer with."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CONNECTION_FAULTS):
            raise Unavailable(
                f"The database does not answer ({type(error).__name__}). Nothing was changed; "
                "try again in a moment."
            ) from error
