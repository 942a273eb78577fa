"""Content by its sha256: raw mail, attachments, html bodies. Files here; S3 fits the same protocol.

`put` writes and makes durable; the story that needs the content then counts a use with `keep`, in
its own transaction. What nobody uses for an hour is swept. Put and sweep exclude each other through
the blob's row: put touches the row before it writes the file, the sweep holds the row locked from
the look at its age until row and file are gone.

The hot path saves the touch: `lay` writes the file only, the story makes or touches the row with
`keep_laid`, and after its commit, which waits for a sweep that holds the row, `confirm` writes the
file again if that sweep took it. A file whose story never came is given a row by the sweep.
"""

import asyncio
import hashlib
import itertools
import os
import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from servicedesk.domain.errors import NotFound
from servicedesk.domain.messages import ScanState
from servicedesk.kernel.blob_files import (
    FOLDERS,
    disk_fault,
    old_names,
    read_file,
    sweep_unfinished,
    write_all_durably,
)
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql, as_time
from servicedesk.kernel.time import LocalClock

KEPT_UNUSED = timedelta(hours=1)
SWEEP_BATCH = 200
HASHED_AT_ONCE_BYTES = 500_000  # a millisecond
MOST_KNOWN_DURABLE = 2_000
FOLDERS_AT_ONCE = 16
INITIAL_SCAN_STATE = ScanState.CLEAN  # no scanner yet; with one, this becomes PENDING
SHA256 = re.compile(r"[0-9a-f]{64}")
ONE_MORE = (
    "ON CONFLICT (sha256) DO UPDATE SET uses = blob.uses + excluded.uses, "
    "touched_at = excluded.touched_at"
)


class Blobs(Protocol):
    async def put(self, content: bytes) -> str:
        """Store durably and return the sha256 (hex). Never call it inside a story's block.

        Raises StorageFull, or Unavailable if the disk or the database does not work.
        """
        ...

    async def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Store several as `put` stores one; return their names in the same order."""
        ...

    async def lay(self, contents: Sequence[bytes]) -> list[str]:
        """Write files durably, without rows; return their names in the same order.

        The story counts them with `keep_laid`; `confirm` them after its commit.
        """
        ...

    async def confirm(self, contents: Mapping[str, bytes]) -> None:
        """Write again what a sweep took between `lay` and the commit of the story."""
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
        self._root = str(folder)
        self._durable: OrderedDict[str, None] = OrderedDict()
        """Names that were written durably a while ago: a logo comes with every mail. `confirm`
        sees what was swept since."""
        self._looked_at = 0

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
        await self._write(distinct)
        return names

    async def lay(self, contents: Sequence[bytes]) -> list[str]:
        if not contents:
            return []
        names = await _names_of(contents)
        wanted = zip(names, contents, strict=True)
        await self._write({name: content for name, content in wanted if not self._is_durable(name)})
        for sha256 in names:
            self._durable[sha256] = None
            self._durable.move_to_end(sha256)
        while len(self._durable) > MOST_KNOWN_DURABLE:
            self._durable.popitem(last=False)
        return names

    async def confirm(self, contents: Mapping[str, bytes]) -> None:
        missing = {
            sha256: content for sha256, content in contents.items() if not self._is_there(sha256)
        }
        await self._write(missing)

    def _is_durable(self, sha256: str) -> bool:
        return sha256 in self._durable and self._is_there(sha256)

    def _is_there(self, sha256: str) -> bool:
        return os.path.exists(f"{self._root}/{sha256[:2]}/{sha256[2:]}")  # noqa: PTH110  # hot path

    async def _write(self, contents: Mapping[str, bytes]) -> None:
        files = [(self.path(sha256), content) for sha256, content in contents.items()]
        if files:
            await asyncio.to_thread(write_all_durably, files)

    async def open(self, sha256: str) -> bytes:
        return await self._read(sha256, -1)

    async def open_head(self, sha256: str, most_bytes: int) -> bytes:
        return await self._read(sha256, most_bytes)

    async def _read(self, sha256: str, most_bytes: int) -> bytes:
        try:
            return await asyncio.to_thread(read_file, self.path(sha256), most_bytes)
        except FileNotFoundError:
            raise NotFound(f"There is no blob {sha256}.") from None
        except OSError as error:
            raise disk_fault(error) from error

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
        await asyncio.to_thread(sweep_unfinished, self._folder, old.timestamp())
        await self._give_rows_to_strays(old)
        return sum(removed)

    async def _give_rows_to_strays(self, before: datetime) -> None:
        """Make rows for files that were laid for a story that never came; some folders at a time.

        The sweep removes them an hour later, as it removes what was put and never used.
        """
        first, self._looked_at = self._looked_at, (self._looked_at + FOLDERS_AT_ONCE) % FOLDERS
        numbers = range(first, first + FOLDERS_AT_ONCE)
        names = await asyncio.to_thread(old_names, self._folder, numbers, before.timestamp())
        for some in _batched(names, SWEEP_BATCH):
            rows = await self._database.sql.fetch(
                f"SELECT sha256 FROM blob WHERE {self._database.sql.member('sha256', 1)}", some
            )
            strays = set(some) - {row["sha256"] for row in rows}
            if strays:
                sizes = {sha256: self.path(sha256).stat().st_size for sha256 in strays}
                await self._touch(sizes)

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


async def keep_later(sql: Sql, sha256s: Iterable[str]) -> None:
    """Count as `keep` does, with the transaction's next statement, for what was put just now.

    A name that was swept already lets the whole transaction fail with Unavailable: put it again.
    """
    await sql.gather_later(_count_uses, [Put(sha256) for sha256 in sha256s])


@dataclass(frozen=True, slots=True)
class Put:
    """A file that was put, and has a row, to be counted once."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Laid:
    """A file that was laid, to be counted once. `at`: now."""

    sha256: str
    size_bytes: int
    at: datetime


async def keep_laid(sql: Sql, laid: Iterable[Laid]) -> None:
    """Count one use for each file, with the transaction's next statement; its row is made if it
    has none."""
    await sql.gather_later(_count_uses, laid)


async def _count_uses(sql: Sql, uses: Sequence[Put | Laid]) -> None:
    """Count all at once: one statement may touch a row only once."""
    times = Counter(use.sha256 for use in uses)
    laid = {use.sha256: use for use in uses if isinstance(use, Laid)}
    put = times.keys() - laid.keys()
    for count in sorted({times[sha256] for sha256 in put}):
        names = sorted(sha256 for sha256 in put if times[sha256] == count)
        await sql.execute_later(
            f"UPDATE blob SET uses = uses + $2 WHERE {sql.member('sha256', 1)}",
            names,
            count,
            must_touch=len(names),
        )
    rows = [
        {
            "sha256": sha256,
            "size_bytes": laid[sha256].size_bytes,
            "uses": times[sha256],
            "scan_state": INITIAL_SCAN_STATE,
            "touched_at": laid[sha256].at,
        }
        for sha256 in sorted(laid)  # one order for all: two cannot deadlock
    ]
    if rows:
        await sql.insert_later("blob", rows, ONE_MORE)


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


def _batched(names: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), most):
        yield names[start : start + most]


async def _names_of(contents: Sequence[bytes]) -> list[str]:
    """Hash in a thread only what is large: waking one costs more than hashing a mail."""
    if sum(map(len, contents)) < HASHED_AT_ONCE_BYTES:
        return [_sha256_of(content) for content in contents]
    return await asyncio.to_thread(lambda: [_sha256_of(content) for content in contents])


def _sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
