"""What waits for one console."""

from __future__ import annotations

from servicedesk.domain.ids import SessionId, UserId
from servicedesk.domain.people import Role, Viewer
from servicedesk.kernel.ids import new_id
from servicedesk.realtime.connection import MOST_WAITING, MOST_WAITING_CHARACTERS, Connection
from servicedesk.realtime.protocol.frames import CloseCode


def _connection() -> Connection:
    viewer = Viewer(UserId(new_id()), Role.AGENT, frozenset())
    return Connection(viewer, SessionId(new_id()))


async def test_texts_are_taken_in_the_order_they_were_pushed() -> None:
    connection = _connection()
    for text in ("a", "b", "c"):
        connection.push(text)
    assert await connection.take() == ["a", "b", "c"]


async def test_a_console_that_lets_too_many_texts_wait_is_closed_as_too_slow() -> None:
    connection = _connection()
    for _ in range(MOST_WAITING):
        connection.push("x")
    before = connection.close_code
    connection.push("one too many")
    assert (before, connection.close_code) == (None, CloseCode.TOO_SLOW)
    assert await connection.take() == []


async def test_a_console_that_lets_too_much_text_wait_is_closed_as_too_slow() -> None:
    connection = _connection()
    connection.push("x" * MOST_WAITING_CHARACTERS)
    before = connection.close_code
    connection.push("y")
    assert (before, connection.close_code) == (None, CloseCode.TOO_SLOW)


async def test_what_was_taken_makes_room_again() -> None:
    connection = _connection()
    for _ in range(3):
        connection.push("x" * MOST_WAITING_CHARACTERS)
        await connection.take()
    assert connection.close_code is None


async def test_the_first_reason_to_close_stays() -> None:
    connection = _connection()
    connection.close(CloseCode.SESSION_ENDED)
    connection.close(CloseCode.TOO_SLOW)
    connection.push("late")
    assert connection.close_code is CloseCode.SESSION_ENDED
    assert await connection.take() == []
