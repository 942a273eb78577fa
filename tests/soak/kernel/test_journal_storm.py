"""The journal under a long storm: `make soak PART=kernel`."""

import os

from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.kernel.storm import Storm, run_storm

SIZE = int(os.environ.get("SERVICEDESK_TEST_STORM_ENTRIES", "20000"))


async def test_no_reader_misses_an_entry_through_a_long_storm(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    storm = Storm(writers=16, readers=3, tickets=40, entries=SIZE, kills=SIZE // 400)
    outcome = await run_storm(postgres_database, postgres_settings, storm)
    for seen in outcome.seen_by_reader:
        assert [entry.id for entry in seen] == outcome.written
        assert [entry.position for entry in seen] == list(range(1, len(seen) + 1))
        assert outcome.is_in_lock_order(seen)
    print(  # noqa: T201  # what a soak run is for
        f"{len(outcome.written)} entries, {outcome.killed} backends killed, "
        f"{storm.readers} readers missed none"
    )
