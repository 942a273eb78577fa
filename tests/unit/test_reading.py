"""Reading foreign bytes ends, and leaves others room."""

import asyncio
import re
import threading

import pytest

from servicedesk.intake.reading import LARGE_BYTES, ReadTooLong, read_apart, within_cpu

ENDLESS = re.compile(r"(?:a+)+b")


def read_for_ever() -> bool:
    return ENDLESS.match("a" * 60) is None


def test_one_pattern_that_never_ends_is_ended() -> None:
    with pytest.raises(ReadTooLong), within_cpu(0.05):
        read_for_ever()


def read_stubbornly() -> None:
    try:
        read_for_ever()
    except ReadTooLong:
        read_for_ever()


def test_who_catches_it_is_ended_all_the_same() -> None:
    with pytest.raises(ReadTooLong), within_cpu(0.05):
        read_stubbornly()


def test_nothing_is_ended_after_the_reading() -> None:
    with within_cpu(0.02):
        pass
    assert sum(range(4_000_000)) > 0  # more CPU than the bound


async def test_small_input_is_read_where_it_can_be_ended_and_large_input_off_the_loop() -> None:
    places = [
        await read_apart(threading.current_thread, size) for size in (LARGE_BYTES - 1, LARGE_BYTES)
    ]
    assert places[0] is threading.main_thread()
    assert places[1] is not threading.main_thread()


async def test_others_go_on_while_a_large_input_is_read() -> None:
    may_end = threading.Event()
    reading = asyncio.create_task(read_apart(lambda: may_end.wait(30), LARGE_BYTES))
    await asyncio.sleep(0)
    may_end.set()
    assert await reading
