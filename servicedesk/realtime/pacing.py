"""Fills connections no faster than their senders can empty them, as far as patience goes."""

import asyncio
from collections.abc import Sequence

from servicedesk.realtime.connection import Connection
from servicedesk.realtime.protocol.frames import Presentable

PUSHES_AT_ONCE = 500
"""Then everything else in the process gets its turn."""


async def present(
    presentables: Sequence[Presentable],
    connections: Sequence[Connection],
    patience_seconds: float | None,
) -> None:
    """Push each frame to whoever may hear it, and let connections that are full be emptied first.

    `patience_seconds`: for all such waits together, and for one connection that takes nothing; None
    without end (until the connection closes). Beyond it, what is full is filled on: a few slow
    consoles must not hold up the others.
    """
    loop = asyncio.get_running_loop()
    ends_at = None if patience_seconds is None else loop.time() + patience_seconds
    pushes = 0
    for presentable in presentables:
        for connection in connections:
            text = presentable.text_for(connection.viewer)
            if text is None:
                continue
            connection.push(text)
            connection.told_position = presentable.position
            pushes += 1
            if pushes % PUSHES_AT_ONCE == 0:
                await asyncio.sleep(0)
        full = [it for it in connections if it.is_full and _is_worth_waiting(it, patience_seconds)]
        await _wait_for(full, ends_at)


def _is_worth_waiting(connection: Connection, patience_seconds: float | None) -> bool:
    return patience_seconds is None or connection.stuck_seconds <= patience_seconds


async def _wait_for(full: Sequence[Connection], ends_at: float | None) -> None:
    """Wait until all were emptied, or until `ends_at` by the loop's clock."""
    try:
        async with asyncio.timeout_at(ends_at):
            for connection in full:
                await connection.emptied()
    except TimeoutError:
        return
