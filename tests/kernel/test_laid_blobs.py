"""Files that are written before their rows: counted, confirmed, and swept if nobody came."""

import os
from pathlib import Path

import pytest_asyncio

from servicedesk.kernel.blob_files import FOLDERS
from servicedesk.kernel.blobs import FOLDERS_AT_ONCE, FileBlobs, Laid, keep_laid, keep_later
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.fakes.clock import FakeClock
from tests.kernel.test_blobs import HOUR, MAIL, NAME, files_in, uses

LONG_AGO = 1_000_000_000


@pytest_asyncio.fixture
async def blobs(frozen_database: Database, settings: Settings) -> FileBlobs:
    return FileBlobs(frozen_database, settings.blob_dir)


async def count_laid(database: Database, *, put: int = 0, laid: int = 1) -> None:
    now = await database.now()
    async with database.transaction() as sql:
        await keep_later(sql, [NAME] * put)
        await keep_laid(sql, [Laid(NAME, len(MAIL), now)] * laid)


async def test_laid_file_is_counted_as_often_as_it_is_used(
    blobs: FileBlobs, frozen_database: Database
) -> None:
    assert await blobs.lay([MAIL, MAIL]) == [NAME, NAME]
    assert await uses(frozen_database, NAME) is None
    await count_laid(frozen_database, laid=2)
    assert await uses(frozen_database, NAME) == 2
    await count_laid(frozen_database, put=1, laid=2)
    assert await uses(frozen_database, NAME) == 5
    assert await blobs.open(NAME) == MAIL


async def test_file_that_a_sweep_took_meanwhile_is_written_again(
    blobs: FileBlobs, frozen_database: Database
) -> None:
    await blobs.lay([MAIL])
    blobs.path(NAME).unlink()  # as a sweep that held its row
    await count_laid(frozen_database)
    await blobs.confirm({NAME: MAIL})
    assert await blobs.open(NAME) == MAIL


async def test_file_known_as_durable_is_written_again_once_it_is_gone(blobs: FileBlobs) -> None:
    await blobs.lay([MAIL])
    blobs.path(NAME).unlink()
    await blobs.lay([MAIL])
    assert await blobs.open(NAME) == MAIL


async def test_file_that_a_crash_left_half_written_is_replaced(blobs: FileBlobs) -> None:
    path = blobs.path(NAME)
    path.parent.mkdir(parents=True)
    path.write_bytes(MAIL[:5])
    await blobs.lay([MAIL])
    assert await blobs.open(NAME) == MAIL
    path.write_bytes(b"\x00" * len(MAIL))
    assert await blobs.put(MAIL) == NAME
    assert await blobs.open(NAME) == MAIL


async def test_file_whose_story_never_came_goes_after_a_while(
    blobs: FileBlobs, frozen_database: Database, clock: FakeClock, settings: Settings
) -> None:
    await blobs.lay([MAIL])
    _make_old(blobs.path(NAME))
    for _ in range(FOLDERS // FOLDERS_AT_ONCE):
        await blobs.sweep()
    assert await uses(frozen_database, NAME) == 0
    clock.advance(HOUR + 1)
    assert await blobs.sweep() == 1
    assert files_in(settings.blob_dir) == []


async def test_used_file_is_no_stray(
    blobs: FileBlobs, frozen_database: Database, clock: FakeClock
) -> None:
    await blobs.lay([MAIL])
    await count_laid(frozen_database)
    _make_old(blobs.path(NAME))
    clock.advance(2 * HOUR)
    for _ in range(FOLDERS // FOLDERS_AT_ONCE):
        assert await blobs.sweep() == 0
    assert await blobs.open(NAME) == MAIL


def _make_old(path: Path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))
