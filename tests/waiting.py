"""Waiting for what another task, process or server does: as short as can be, never for ever."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 0.01


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as it holds; raise TimeoutError naming what never came true."""
    give_up_at = time.monotonic() + seconds
    while not await holds():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{holds.__qualname__} did not hold within {seconds} s")
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
