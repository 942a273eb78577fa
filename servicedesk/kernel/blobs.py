"""Content by its sha256: raw mail, attachments, html bodies. Files here; S3 fits the same protocol.

`put` writes and makes durable; the story that needs the content then counts a use with `keep`, in
its own transaction. What nobody uses for an hour is swept. Put and sweep exclude each other through
the blob's row: put touches the row before it writes the file, the sweep holds the row locked from
the look at its age until row and file are gone.
"""

import asyncio
import errno
import hashlib
import itertools
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
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
HASHED_AT_ONCE_BYTES = 500_000  # a millisecond
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

    async def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Store several as `put` stores one; return their names in the same order."""
        ...

    async def open(self, sha256: str) -> bytes:
        """Return the content; raise NotFound."""
        ...

    async def open_head(self, sha256: str, most_bytes: int) -> bytes:
        """Return how the content begins; raise NotFound."""
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
        (sha256,) = await self.put_all([content])
        return sha256

    async def put_all(self, contents: Sequence[bytes]) -> list[str]:
        if not contents:
            return []
        names = await _names_of(contents)
        distinct = dict(zip(names, contents, strict=True))
        await self._touch({sha256: len(content) for sha256, content in distinct.items()})
        files = [(self.path(sha256), content) for sha256, content in distinct.items()]
        await asyncio.to_thread(_write_all_durably, files)
        return names

    async def open(self, sha256: str) -> bytes:
        return await self._read(sha256, -1)

    async def open_head(self, sha256: str, most_bytes: int) -> bytes:
        return await self._read(sha256, most_bytes)

    async def _read(self, sha256: str, most_bytes: int) -> bytes:
        try:
            return await asyncio.to_thread(_read_file, self.path(sha256), most_bytes)
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

    async def _touch(self, sizes: Mapping[str, int]) -> None:
        now = await self._database.now()
        rows = [
            {
                "sha256": sha256,
                "size_bytes": sizes[sha256],
                "uses": 0,
                "scan_state": INITIAL_SCAN_STATE,
                "touched_at": now,
            }
            for sha256 in sorted(sizes)  # one order for all: two cannot deadlock
        ]
        renew = "ON CONFLICT (sha256) DO UPDATE SET touched_at = excluded.touched_at"
        await self._database.sql.insert("blob", rows, renew)

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
    await _count(sql, sha256s, "+", "TRUE")


async def keep_later(sql: Sql, sha256s: Sequence[str]) -> None:
    """Count as `keep` does, with the transaction's next statement, for what was put just now.

    A name that was swept already lets the whole transaction fail with Unavailable: put it again.
    """
    times = Counter(sha256s)
    for count in sorted(set(times.values())):
        names = sorted(name for name, times_named in times.items() if times_named == count)
        await sql.execute_later(
            f"UPDATE blob SET uses = uses + $2 WHERE {sql.member('sha256', 1)}",
            names,
            count,
            must_touch=len(names),
        )


async def drop(sql: Sql, sha256s: Sequence[str]) -> None:
    """Take one use back per name given. The content goes with its last use, by the sweep."""
    await _count(sql, sha256s, "-", "uses >= $2")


async def _count(sql: Sql, sha256s: Sequence[str], sign: str, condition: str) -> None:
    """Change `uses` by the number of times that each is named."""
    if not sha256s:
        return
    times = Counter(sha256s)
    names = sorted(times)
    if not sql.on_sqlite and len(names) > 1:  # one order for all: two stories cannot deadlock
        await sql.fetch(
            f"SELECT sha256 FROM blob WHERE {sql.member('sha256', 1)} ORDER BY sha256 FOR UPDATE",
            names,
        )
    for count, same in itertools.groupby(sorted(names, key=times.__getitem__), times.__getitem__):
        wanted = list(same)
        rows = await sql.fetch_along(
            f"UPDATE blob SET uses = uses {sign} $2 WHERE {sql.member('sha256', 1)} "
            f"AND {condition} RETURNING sha256",
            wanted,
            count,
        )
        if missing := set(wanted) - {row["sha256"] for row in rows}:
            raise NotFound(f"There is no blob {min(missing)} in use here.")


async def _names_of(contents: Sequence[bytes]) -> list[str]:
    """Hash in a thread only what is large: waking one costs more than hashing a mail."""
    if sum(map(len, contents)) < HASHED_AT_ONCE_BYTES:
        return [_sha256_of(content) for content in contents]
    return await asyncio.to_thread(lambda: [_sha256_of(content) for content in contents])


def _sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_all_durably(files: Sequence[tuple[Path, bytes]]) -> None:
    for path, content in files:
        _write_durably(path, content)


def _read_file(path: Path, most_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most_bytes)


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
