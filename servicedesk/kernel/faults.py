"""What a database that is away looks like, and how callers see it: `Unavailable`."""

import sqlite3
from types import TracebackType

import asyncpg
from tortoise.exceptions import DBConnectionError, OperationalError

from servicedesk.domain.errors import StorageFull, Unavailable

CONNECTION_FAULTS = (
    OSError,
    TimeoutError,
    DBConnectionError,
    sqlite3.OperationalError,  # only with a code of SQLITE_FAULTS
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,  # a primary that became a replica
    asyncpg.InternalClientError,  # its backend was killed between two statements
)
SQLITE_FAULTS = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
    }
)
PRIMARY_CODE = 0xFF  # of SQLite's extended result codes


class unavailable_when_away:  # noqa: N801  # reads as a sentence: with unavailable_when_away()
    """Turn what a lost connection raises into `Unavailable`, which callers can answer with."""

    def __init__(self, *, committing: bool = False) -> None:
        self._outcome = (
            "It is not known whether the change was made: look before you repeat it."
            if committing
            else "Nothing was changed; try again in a moment."
        )

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        cause = error.args[0] if isinstance(error, OperationalError) and error.args else error
        if not _is_fault(cause):
            return
        if _sqlite_code(cause) == sqlite3.SQLITE_FULL:
            raise StorageFull("The disk that holds the database is full. Make room.") from error
        raise Unavailable(
            f"The database does not answer ({type(cause).__name__}). {self._outcome}"
        ) from error


def _is_fault(error: object) -> bool:
    if isinstance(error, ValueError):  # asyncpg refuses a value: an InterfaceError, yet ours
        return False
    if isinstance(error, sqlite3.OperationalError):
        return _sqlite_code(error) in SQLITE_FAULTS
    return isinstance(error, CONNECTION_FAULTS)


def _sqlite_code(error: object) -> int:
    """Return SQLite's primary result code, 0 if it is no error of SQLite."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & PRIMARY_CODE
