"""Who types and who looks: passed on among those who see the ticket, stored nowhere.

The rule of sight is asked twice: of the sender before it goes on the bus, of each receiver after.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from servicedesk.kernel.bus import Bus, Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql
from servicedesk.realtime.connection import Connection
from servicedesk.realtime.protocol.audience import sees
from servicedesk.realtime.protocol.client import (
    Ephemeral,
    MindKind,
    PresenceOfMind,
    parse_ephemeral,
)
from servicedesk.realtime.views import load_sights

MOST_TICKETS_IN_MIND = 50


async def listen_to(
    database: Database, bus: Bus, connection: Connection, message: PresenceOfMind
) -> None:
    """Ring with what the user does, if they may see the ticket; say nothing if not."""
    sight = (await load_sights(database.sql, [message.ticket_id])).get(message.ticket_id)
    if sight is None or not sees(connection.viewer, sight):
        return
    if message.kind is MindKind.GONE:
        connection.minds.discard(message.ticket_id)
    elif len(connection.minds) < MOST_TICKETS_IN_MIND:
        connection.minds.add(message.ticket_id)
    await _ring(bus, connection, message)


async def leave_all(bus: Bus, connection: Connection) -> None:
    """The console is gone: so is its user from every ticket that it looked at."""
    minds, connection.minds = connection.minds, set()
    for ticket_id in minds:
        gone = PresenceOfMind(type="presence_of_mind", kind=MindKind.GONE, ticket_id=ticket_id)
        await _ring(bus, connection, gone)


async def tell_minds(
    sql: Sql, connections: Sequence[Connection], payloads: Sequence[bytes]
) -> None:
    """Tell each connection what others do with tickets that its viewer may see."""
    told = [ephemeral for ephemeral in map(parse_ephemeral, payloads) if ephemeral is not None]
    if not told or not connections:
        return
    sights = await load_sights(sql, {ephemeral.ticket_id for ephemeral in told})
    for ephemeral in told:
        sight = sights.get(ephemeral.ticket_id)
        if sight is None:
            continue
        text = ephemeral.model_dump_json()
        for connection in connections:
            viewer = connection.viewer
            if viewer.user_id != ephemeral.user_id and sees(viewer, sight):
                connection.push(text)


async def _ring(bus: Bus, connection: Connection, message: PresenceOfMind) -> None:
    """Ring with this machine's time: consoles count from when they hear it."""
    ephemeral = Ephemeral(
        kind=message.kind,
        ticket_id=message.ticket_id,
        user_id=connection.viewer.user_id,
        at=datetime.now(UTC),
    )
    await bus.ring(Topic.EPHEMERAL, ephemeral.model_dump_json().encode())
