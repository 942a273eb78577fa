"""Skills, their matrix and its CSV sheet over HTTP."""

from __future__ import annotations

from uuid import UUID

from tests.api.offices import Office


async def _skill(office: Office, name: str) -> str:
    made = await office.client("ada").post("/api/skills", json={"name": name})
    assert made.status_code == 201
    return str(made.json()["id"])


async def _matrix(office: Office) -> dict[str, dict[str, int]]:
    """Name of the agent → name of the skill → level."""
    shown = (await office.client("sam").get("/api/skill-matrix")).json()
    names = {skill["id"]: skill["name"] for skill in shown["skills"]}
    return {
        agent["name"].split()[0].lower(): {
            names[key]: level for key, level in agent["levels"].items()
        }
        for agent in shown["agents"]
    }


async def test_cells_of_the_matrix_are_set_in_one_request_and_the_others_stay(
    office: Office,
) -> None:
    english, billing = await _skill(office, "English"), await _skill(office, "账单")
    ann, bob = str(office.people["ann"].id), str(office.people["bob"].id)
    cells = [
        {"user_id": ann, "skill_id": english, "level": 3},
        {"user_id": bob, "skill_id": english, "level": 5},
        {"user_id": bob, "skill_id": billing, "level": 1},
    ]
    set_to = await office.client("ada").patch("/api/skill-matrix", json={"cells": cells})
    assert set_to.status_code == 200
    fewer = [{"user_id": bob, "skill_id": english, "level": 0}]
    await office.client("ada").patch("/api/skill-matrix", json={"cells": fewer})
    shown = await _matrix(office)
    assert (shown["ann"], shown["bob"]) == ({"English": 3}, {"账单": 1})
    assert "olga" not in shown  # an observer takes no work
    listed = (await office.client("ann").get("/api/skills")).json()["items"]
    assert [(skill["name"], skill["agents"]) for skill in listed] == [("English", 1), ("账单", 1)]


async def test_a_cell_that_names_nobody_changes_nothing(office: Office) -> None:
    english = await _skill(office, "English")
    ann = str(office.people["ann"].id)
    for wrong in (
        {"user_id": str(UUID(int=1)), "skill_id": english, "level": 3},
        {"user_id": ann, "skill_id": str(UUID(int=1)), "level": 3},
        {"user_id": str(office.people["olga"].id), "skill_id": english, "level": 3},
        {"user_id": ann, "skill_id": english, "level": 6},
    ):
        good = {"user_id": ann, "skill_id": english, "level": 2}
        answer = await office.client("ada").patch(
            "/api/skill-matrix", json={"cells": [good, wrong]}
        )
        assert answer.status_code == 422, wrong
    assert (await _matrix(office))["ann"] == {}


async def test_the_sheet_comes_back_as_it_went(office: Office) -> None:
    english = await _skill(office, "English")
    await _skill(office, "=1+1, \t".strip())
    ann = office.people["ann"]
    cells = [{"user_id": str(ann.id), "skill_id": english, "level": 4}]
    await office.client("ada").patch("/api/skill-matrix", json={"cells": cells})
    before = await _matrix(office)
    sheet = (await office.client("sam").get("/api/skill-matrix.csv")).text
    assert "'=1+1" in sheet  # no spreadsheet runs it
    await office.client("ada").patch(
        "/api/skill-matrix", json={"cells": [{**cells[0], "level": 1}]}
    )
    back = await office.client("ada").post("/api/skill-matrix/import", json={"csv": sheet})
    assert back.status_code == 200, back.text
    assert await _matrix(office) == before


async def test_a_fault_in_a_sheet_is_named_by_its_line_and_changes_nothing(office: Office) -> None:
    await _skill(office, "English")
    ann = office.people["ann"].email
    for sheet, words in {
        "name,English\nAnn,3": "email,name",
        f"email,name,Latin\n{ann},Ann,3": "'Latin'",
        f"email,name,English\n{ann},Ann,3\nnobody@x.example,,1": "Line 3",
        f"email,name,English\n{ann},Ann,seven": "'seven' is no level",
        f'email,name,English\n{ann},"Ann,3': "no CSV",
    }.items():
        answer = await office.client("ada").post("/api/skill-matrix/import", json={"csv": sheet})
        assert answer.status_code == 422, sheet
        assert words in answer.text, answer.text
    assert (await _matrix(office))["ann"] == {}


async def test_a_skill_that_a_rule_asks_for_stays(office: Office) -> None:
    english, latin = await _skill(office, "English"), await _skill(office, "Latin")
    rule = {
        "id": str(UUID(int=7)),
        "name": "Letters in English",
        "conditions": [{"kind": "language", "languages": ["en"]}],
        "outcome": {"skills": {"English": 2}},
    }
    saved = await office.client("ada").put(
        "/api/routing-rules", json={"rules": [rule]}, headers={"If-Match": '"0"'}
    )
    assert saved.status_code == 200, saved.text
    held = await office.client("ada").delete(f"/api/skills/{english}")
    assert (held.status_code, held.json()["code"]) == (409, "skill-in-use")
    assert (await office.client("ada").delete(f"/api/skills/{latin}")).status_code == 204
    assert (await office.client("ada").delete(f"/api/skills/{latin}")).status_code == 404


async def test_two_skills_of_one_name_are_refused(office: Office) -> None:
    await _skill(office, "English")
    again = await office.client("ada").post("/api/skills", json={"name": " English "})
    assert (again.status_code, again.json()["code"]) == (409, "name-taken")
