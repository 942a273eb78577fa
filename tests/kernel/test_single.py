"""One process per data folder."""

import asyncio
import os
import sys

import pytest

from servicedesk.domain.errors import ConfigurationError
from servicedesk.kernel.config import Settings
from servicedesk.kernel.single import claim_data_dir

HOLD = """
import sys, time, pathlib
from servicedesk.kernel.config import load_settings
from servicedesk.kernel.single import claim_data_dir
with claim_data_dir(load_settings(data_dir=pathlib.Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


async def start_holder(settings: Settings) -> asyncio.subprocess.Process:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD, str(settings.data_dir)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    return holder


def claim(settings: Settings) -> None:
    with claim_data_dir(settings):
        pass


async def test_second_process_is_told_who_holds_the_folder_and_what_to_do(
    bare_settings: Settings,
) -> None:
    holder = await start_holder(bare_settings)
    with pytest.raises(ConfigurationError) as raised:
        claim(bare_settings)
    assert f"Process {holder.pid} " in str(raised.value)
    assert "SERVICEDESK_DATA_DIR" in str(raised.value)
    holder.kill()
    await holder.wait()


async def test_folder_of_a_killed_process_is_free(bare_settings: Settings) -> None:
    holder = await start_holder(bare_settings)
    holder.kill()
    await holder.wait()
    claim(bare_settings)


def test_folder_is_free_again_after_the_block(bare_settings: Settings) -> None:
    claim(bare_settings)
    claim(bare_settings)


def test_two_claims_in_one_process_exclude_each_other_too(bare_settings: Settings) -> None:
    with claim_data_dir(bare_settings), pytest.raises(ConfigurationError, match=str(os.getpid())):
        claim(bare_settings)
