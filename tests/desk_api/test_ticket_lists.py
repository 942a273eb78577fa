"""GET /api/tickets: what is in a list, in which order, page by page."""

from __future__ import annotations

import pytest

from servicedesk.desk.take import take_ticket
from servicedesk.domain.ids import TicketId
from tests.desk_api.calls import get, page_through, post
from tests.realtime.scenes import Scene
from tests.stories.company import letter, open_by_mail


async def _tickets(scene: Scene, subjects: list[str]) -> list[TicketId]:
    return [
        await open_by_mail(scene.services, scene.company, letter(subject)) for subject in subjects
    ]


async def _subjects(scene: Scene, who: str, query: str) -> list[str]:
    return [row["subject"] for row in await page_through(scene, who, f"/api/tickets?{query}")]


async def test_hurt_lists_who_waits_longest_first_then_the_rest_by_change(scene: Scene) -> None:
    second, _ = await _tickets(scene, ["Second", "Third"])
    (answered,) = await _tickets(scene, ["Answered"])
    (also_answered,) = await _tickets(scene, ["Also answered"])
    for ticket_id in (answered, also_answered):
        await _answer(scene, ticket_id)
    assert await _subjects(scene, "ana", "sort=hurt") == [
        "Refund",
        "Second",
        "Third",
        "Also answered",
        "Answered",
    ]
    await _answer(scene, second)
    assert (await _subjects(scene, "ana", "sort=hurt"))[2:] == [
        "Second",
        "Also answered",
        "Answered",
    ]


async def _answer(scene: Scene, ticket_id: TicketId) -> None:
    body = {"text": "Here you are.", "seen_seq": 1}
    assert (await post(scene, "ana", f"/api/tickets/{ticket_id}/replies", body)).status_code == 201


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("created", ["D", "C", "B", "A", "Refund"]),
        ("updated", ["B", "D", "C", "A", "Refund"]),
        ("hurt", ["Refund", "A", "B", "C", "D"]),
    ],
)
async def test_pages_of_each_order_hold_every_ticket_once(
    scene: Scene, sort: str, expected: list[str]
) -> None:
    tickets = await _tickets(scene, ["A", "B", "C", "D"])
    await take_ticket(scene.database, tickets[1], scene.company.ana)
    assert await _subjects(scene, "ana", f"sort={sort}") == expected


async def test_each_view_shows_its_tickets(scene: Scene) -> None:
    mine, solved = await _tickets(scene, ["Mine", "Solved"])
    await take_ticket(scene.database, mine, scene.company.ana)
    version = await scene.version("ticket", solved)
    response = await scene.clients["ana"].patch(
        f"/api/tickets/{solved}", json={"status": "solved"}, headers={"If-Match": f'"{version}"'}
    )
    assert response.status_code == 200, response.text
    expected = {
        "view=mine": ["Mine"],
        "view=mine&status=open,solved": ["Mine", "Solved"],
        "view=unassigned": ["Refund"],
        "view=team": ["Refund", "Mine", "Solved"],
        "view=all": ["Refund", "Mine", "Solved"],
        "status=solved": ["Solved"],
        f"queue_id={scene.company.sales_queue}": [],
        f"contact_id={await scene.contact_id()}&sort=created": ["Solved", "Mine", "Refund"],
    }
    for query, subjects in expected.items():
        assert await _subjects(scene, "ana", query) == subjects, query
        assert await _subjects(scene, "zoe", query) == [], query
    assert await _subjects(scene, "ada", "view=team") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("parcel", ["Parcel 100% lost"]),
        ("100%25", ["Parcel 100% lost"]),
        ("0%25 l", ["Parcel 100% lost"]),
        ("_", []),
        ("wanda@", ["Parcel 100% lost"]),
        ("WANDA W", ["Parcel 100% lost"]),
        ("nothing like it", []),
    ],
)
async def test_words_are_found_in_subject_and_contact(
    scene: Scene, words: str, found: list[str]
) -> None:
    mail = letter("Parcel 100% lost", sender="Wanda Wood <wanda@contact.example>")
    await open_by_mail(scene.services, scene.company, mail)
    assert await _subjects(scene, "ana", f"q={words}") == found


async def test_a_number_finds_its_ticket(scene: Scene) -> None:
    page = await get(scene, "ana", "/api/tickets?view=all")
    number = page["items"][0]["number"]
    for words in (f"{number}", f"%23{number}"):
        assert await _subjects(scene, "ana", f"q={words}") == ["Refund"]
        assert await _subjects(scene, "zoe", f"q={words}") == []


@pytest.mark.parametrize(
    "query",
    ["sort=worst", "status=open,odd", "status=,", "limit=0", "limit=101", "cursor=abc", "x=1"],
)
async def test_a_query_that_is_not_described_is_refused(sqlite_scene: Scene, query: str) -> None:
    problem = await get(sqlite_scene, "ana", f"/api/tickets?{query}", status=422)
    assert problem["errors"]
