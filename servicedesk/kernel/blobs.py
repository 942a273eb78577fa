"""Content by its sha256: raw mail, attachments, html bodies. Files here; S3 fits the same protocol.

`put` writes and makes durable; the story that needs the content then counts a use with `keep`, in
its own transaction. What nobody uses for an hour is swept. Put and sweep exclude each other through
the blob's row: put touches the row before it writes the file, the sweep holds the row locked from
the look at its age until row and file are gone.
"""

import asyncio
import errno
import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from servicedesk.domain.errors import NotFound, StorageFull, Unavailable
from servicedesk.domain.messages import ScanState
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_time
from servicedesk.kernel.time import LocalClock

KEPT_UNUSED = timedelta(hours=1)
SWEEP_BATCH = 200
INITIAL_SCAN_STATE = ScanState.CLEAN  # no scanner yet; with one, this becomes PENDING
DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
SHA256 = re.compile(r"[0-9a-f]{64}")
UNFINISHED = ".part"


class Blobs(Protocol):
    async def put(self, content: bytes) -> str:
        """Store durably and return the sha256 (hex). Never call it inside a story's block.

        Raises StorageFull, or Unavailable if the disk or the database does not work.
        """
        ...

    async def open(self, sha256: str) -> bytes:
        """Return the content; raise NotFound."""
        ...


class FileBlobs:
    """Blobs as files under `folder`, two levels deep; rows in table `blob`."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def path(self, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):
            raise NotFound("That is not the name of a blob: 64 lower case hex digits.")
        return self._folder / sha256[:2] / sha256[2:]

    async def put(self, content: bytes) -> str:
        sha256 = await asyncio.to_thread(_sha256_of, content)
        await self._touch(sha256, len(content))
        await asyncio.to_thread(_write_durably, self.path(sha256), content)
        return sha256

    async def open(self, sha256: str) -> bytes:
        try:
            return await asyncio.to_thread(self.path(sha256).read_bytes)
        except FileNotFoundError:
            raise NotFound(f"There is no blob {sha256}.") from None
        except OSError as error:
            raise _disk_fault(error) from error

    async def sweep(self) -> int:
        """Remove what nobody has used or put for an hour; return how many blobs went."""
        before = await self._database.now() - KEPT_UNUSED
        rows = await self._database.sql.fetch(
            "SELECT sha256 FROM blob WHERE uses = 0 AND touched_at < $1 "
            "ORDER BY touched_at LIMIT $2",
            before,
            SWEEP_BATCH,
        )
        removed = [await self._remove_unused(row["sha256"]) for row in rows]
        # Files carry the time of this machine, not that of the database.
        old = await LocalClock().now() - KEPT_UNUSED
        await asyncio.to_thread(_sweep_unfinished, self._folder, old.timestamp())
        return sum(removed)

    async def _touch(self, sha256: str, size_bytes: int) -> None:
        row = {
            "sha256": sha256,
            "size_bytes": size_bytes,
            "uses": 0,
            "scan_state": INITIAL_SCAN_STATE,
            "touched_at": await self._database.now(),
        }
        renew = "ON CONFLICT (sha256) DO UPDATE SET touched_at = excluded.touched_at"
        async with self._database.transaction() as sql:
            await sql.insert("blob", [row], renew)

    async def _remove_unused(self, sha256: str) -> bool:
        before = await self._database.now() - KEPT_UNUSED
        async with self._database.transaction() as sql:
            row = await sql.fetch_one(
                f"SELECT uses, touched_at FROM blob WHERE sha256 = $1 {sql.for_update}", sha256
            )
            if row is None or row["uses"] > 0 or as_time(row["touched_at"]) >= before:
                return False
            await asyncio.to_thread(self.path(sha256).unlink, missing_ok=True)
            await sql.execute("DELETE FROM blob WHERE sha256 = $1", sha256)
        return True


async def keep(sql: Sql, sha256s: Sequence[str]) -> None:
    """Count one use per name given, in the caller's transaction.

    Raises NotFound if one was never put or is swept already: put it again.
    """
    await _count(sql, sha256s, "uses = uses + 1", "TRUE")


async def drop(sql: Sql, sha256s: Sequence[str]) -> None:
    """Take one use back per name given. The content goes with its last use, by the sweep."""
    await _count(sql, sha256s, "uses = uses - 1", "uses > 0")


async def _count(sql: Sql, sha256s: Sequence[str], change: str, condition: str) -> None:
    for sha256 in sorted(sha256s):  # one order for all, so that two stories cannot deadlock
        touched = await sql.execute(
            f"UPDATE blob SET {change} WHERE sha256 = $1 AND {condition}", sha256
        )
        if touched == 0:
            raise NotFound(f"There is no blob {sha256} in use here.")


def _sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_durably(path: Path, content: bytes) -> None:
    """Write under another name, fsync, rename, fsync the folder: whole or not at all."""
    try:
        if not path.exists():
            _make_folder(path.parent)
            _write_file(path, content)
        _sync_folder(path.parent)
    except OSError as error:
        raise _disk_fault(error) from error


def _write_file(path: Path, content: bytes) -> None:
    unfinished = path.parent / f".{new_id().hex}{UNFINISHED}"
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep_unfinished(folder: Path, before: float) -> None:
    """Remove what a crash left half written (`before` in seconds since 1970)."""
    for found in folder.glob(f"*/.*{UNFINISHED}"):
        with suppress(FileNotFoundError):
            if found.stat().st_mtime < before:
                found.unlink()


def _disk_fault(error: OSError) -> Unavailable:
    name = errno.errorcode.get(error.errno or 0, "unknown")
    if error.errno in DISK_IS_FULL:
        return StorageFull(f"The disk that holds the blobs is full ({name}). Make room, try again.")
    return Unavailable(f"The folder that holds the blobs does not work ({name}). Look at the disk.")
