"""Blobs: durable before anybody is told, counted by use, swept when nobody needs them."""

import asyncio
import hashlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from servicedesk.domain.errors import NotFound, StorageFull, Unavailable
from servicedesk.kernel.blobs import FileBlobs, drop, keep
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import as_time
from tests.fakes.clock import FakeClock

HOUR = 3_600
MAIL = b"From: a@example.org\r\n\r\nhello"
NAME = hashlib.sha256(MAIL).hexdigest()


@pytest_asyncio.fixture
async def blobs(frozen_database: Database, settings: Settings) -> FileBlobs:
    return FileBlobs(frozen_database, settings.blob_dir)


async def uses(database: Database, sha256: str) -> int | None:
    row = await database.sql.fetch_one("SELECT uses FROM blob WHERE sha256 = $1", sha256)
    return None if row is None else int(row["uses"])


async def count_use(database: Database, sha256: str) -> None:
    async with database.transaction() as sql:
        await keep(sql, [sha256])


async def end_use(database: Database, sha256: str) -> None:
    async with database.transaction() as sql:
        await drop(sql, [sha256])


async def test_content_comes_back_under_its_sha256(blobs: FileBlobs) -> None:
    assert await blobs.put(MAIL) == NAME
    assert await blobs.open(NAME) == MAIL


@pytest.mark.parametrize("content", [b"", b"\x00" * 10, os.urandom(3_000_000)])
async def test_any_bytes_come_back(blobs: FileBlobs, content: bytes) -> None:
    assert await blobs.open(await blobs.put(content)) == content


async def test_same_content_is_stored_once(blobs: FileBlobs, settings: Settings) -> None:
    await asyncio.gather(*(blobs.put(MAIL) for _ in range(8)))
    assert files_in(settings.blob_dir) == [blobs.path(NAME)]


async def test_put_makes_good_a_file_that_got_lost(blobs: FileBlobs) -> None:
    await blobs.put(MAIL)
    blobs.path(NAME).unlink()
    await blobs.put(MAIL)
    assert await blobs.open(NAME) == MAIL


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", NAME.upper(), "0" * 63])
async def test_unknown_or_impossible_name_is_not_found(blobs: FileBlobs, name: str) -> None:
    with pytest.raises(NotFound):
        await blobs.open(name)


async def test_what_nobody_used_for_an_hour_is_swept(
    blobs: FileBlobs, frozen_database: Database, clock: FakeClock
) -> None:
    await blobs.put(MAIL)
    clock.advance(HOUR - 1)
    assert await blobs.sweep() == 0
    clock.advance(2)
    assert await blobs.sweep() == 1
    assert await uses(frozen_database, NAME) is None
    with pytest.raises(NotFound):
        await blobs.open(NAME)


async def test_what_is_used_stays_until_its_last_use_ends(
    blobs: FileBlobs, frozen_database: Database, clock: FakeClock
) -> None:
    await blobs.put(MAIL)
    await count_use(frozen_database, NAME)
    await count_use(frozen_database, NAME)
    clock.advance(2 * HOUR)
    assert await blobs.sweep() == 0
    await end_use(frozen_database, NAME)
    assert await blobs.sweep() == 0
    await end_use(frozen_database, NAME)
    assert await blobs.sweep() == 1


async def test_putting_again_keeps_old_content_for_another_hour(
    blobs: FileBlobs, clock: FakeClock
) -> None:
    await blobs.put(MAIL)
    clock.advance(2 * HOUR)
    await blobs.put(MAIL)
    assert await blobs.sweep() == 0
    assert await blobs.open(NAME) == MAIL


async def test_use_counted_in_a_story_that_fails_does_not_count(
    blobs: FileBlobs, frozen_database: Database
) -> None:
    await blobs.put(MAIL)

    async def story() -> None:
        async with frozen_database.transaction() as sql:
            await keep(sql, [NAME])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await story()
    assert await uses(frozen_database, NAME) == 0


async def test_swept_content_cannot_be_used(
    blobs: FileBlobs, frozen_database: Database, clock: FakeClock
) -> None:
    await blobs.put(MAIL)
    clock.advance(2 * HOUR)
    await blobs.sweep()
    with pytest.raises(NotFound):
        await count_use(frozen_database, NAME)


async def test_uses_never_fall_below_none(blobs: FileBlobs, frozen_database: Database) -> None:
    await blobs.put(MAIL)
    with pytest.raises(NotFound):
        await end_use(frozen_database, NAME)
    assert await uses(frozen_database, NAME) == 0


async def test_puts_and_sweeps_at_once_never_leave_a_name_without_content(
    blobs: FileBlobs, frozen_database: Database, clock: FakeClock
) -> None:
    async def use() -> None:
        await blobs.put(MAIL)
        await count_use(frozen_database, NAME)
        assert await blobs.open(NAME) == MAIL
        await end_use(frozen_database, NAME)

    async def sweep() -> None:
        clock.advance(HOUR / 2)
        await blobs.sweep()

    for _ in range(10):
        # A use that is swept between put and keep is told so, and puts again: as a story would.
        outcomes = await asyncio.gather(use(), sweep(), use(), sweep(), return_exceptions=True)
        assert all(outcome is None or isinstance(outcome, NotFound) for outcome in outcomes)
    await blobs.put(MAIL)
    assert await blobs.open(NAME) == MAIL


async def test_half_written_files_of_a_crash_are_swept(blobs: FileBlobs) -> None:
    await blobs.put(MAIL)
    old, fresh = (blobs.path(NAME).parent / f".{name}.part" for name in ("old", "fresh"))
    for path in (old, fresh):
        path.write_bytes(b"half")
    made_at = old.stat().st_mtime - 2 * HOUR
    os.utime(old, (made_at, made_at))
    await blobs.sweep()
    assert [old.exists(), fresh.exists()] == [False, True]


async def test_row_tells_size_time_and_that_it_may_be_shown(
    blobs: FileBlobs, frozen_database: Database, clock: FakeClock
) -> None:
    await blobs.put(MAIL)
    [row] = await frozen_database.sql.fetch("SELECT size_bytes, scan_state, touched_at FROM blob")
    assert (row["size_bytes"], row["scan_state"]) == (len(MAIL), "clean")
    assert as_time(row["touched_at"]) == clock.time
    assert isinstance(clock.time, datetime)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB; where none may be mounted, a folder in which no file gets past 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") and subprocess.run(command, check=False).returncode == 0:
        yield folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, hard))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_full_disk_is_said_and_leaves_nothing_half_written(
    frozen_database: Database, small_disk: Path
) -> None:
    blobs = FileBlobs(frozen_database, small_disk)
    await blobs.put(MAIL)
    with pytest.raises(StorageFull):
        await blobs.put(os.urandom(5_000_000))
    assert files_in(small_disk) == [blobs.path(NAME)]
    other = await blobs.put(b"still room for this")
    assert await blobs.open(other) == b"still room for this"


async def test_folder_that_is_no_folder_is_unavailable(
    frozen_database: Database, tmp_path: Path
) -> None:
    (tmp_path / "blobs").write_text("a file")
    with pytest.raises(Unavailable, match=r"ENOTDIR|EEXIST"):
        await FileBlobs(frozen_database, tmp_path / "blobs").put(MAIL)
