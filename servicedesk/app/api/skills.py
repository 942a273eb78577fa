"""/api/skills and /api/skill-matrix: what agents can do, and how well."""

from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer, done
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.downloads import content_disposition
from servicedesk.app.api.inputs import Body, PageQuery
from servicedesk.app.api.operation import ADMINISTRATORS, SUPERVISORS, Operation
from servicedesk.domain.ids import Position
from servicedesk.kernel.http.pages import Cursor, Listing, page_of_all
from servicedesk.kernel.sql import Sql
from servicedesk.people.shapes import Skill, SkillMatrix
from servicedesk.people.skill_sheet import read_sheet, write_sheet
from servicedesk.people.skills import (
    Cell,
    create_skill,
    load_levels,
    load_skills,
    set_levels,
)
from servicedesk.routing.skill_use import drop_skill

BY_NAME = Cursor(tuple[str, UUID])
CSV = "text/csv"


class NewSkillBody(Body):
    name: str = Field(min_length=1, max_length=64, pattern=r"^[^\u0000-\u001f\u007f\"\\]*$")


class CellBody(Body):
    user_id: UUID
    skill_id: UUID
    level: int = Field(ge=0, le=5)


class CellsBody(Body):
    cells: list[CellBody] = Field(max_length=5_000)


class SheetBody(Body):
    csv: str = Field(min_length=1, max_length=900_000)


@Operation(tag="skills", answers=Listing[Skill])
async def list_skills(request: Request, query: PageQuery) -> Response:
    """List skills by name, with how many agents have them."""
    found = await load_skills(services(request).database.sql)
    items, following = page_of_all(found, query, BY_NAME, lambda skill: (skill.name, skill.id))
    return answer(Listing[Skill](items=items, next=following))


@Operation(tag="skills", answers=Skill, status=201, roles=ADMINISTRATORS, idempotent=True)
async def add_skill(request: Request, json: NewSkillBody) -> Response:
    """Add a skill."""
    skill_id, position = await create_skill(services(request).database, actor(request), json.name)
    made = Skill(id=skill_id, name=json.name.strip(), agents=0)
    return answer(made, status=201, position=position)


@Operation(tag="skills", status=204, roles=ADMINISTRATORS, problems=(404, 409))
async def delete_skill(request: Request) -> Response:
    """Remove a skill; 409 `skill-in-use` while rules, queues or waiting work ask for it."""
    skill_id = request.path_params["skill_id"]
    return done(await drop_skill(services(request).database, actor(request), skill_id))


@Operation(tag="skills", answers=SkillMatrix, roles=SUPERVISORS)
async def show_skill_matrix(request: Request) -> Response:
    """Show who has which skill at which level: the whole matrix."""
    return answer(await _matrix(services(request).database.sql))


@Operation(tag="skills", answers=SkillMatrix, roles=ADMINISTRATORS)
async def save_skill_matrix(request: Request, json: CellsBody) -> Response:
    """Set these cells of the matrix, all or none; the others stay."""
    cells = [Cell(cell.user_id, cell.skill_id, cell.level) for cell in json.cells]
    return await _set(request, cells)


@Operation(tag="skills", media_type=CSV, roles=SUPERVISORS)
async def download_skill_sheet(request: Request) -> Response:
    """Download the matrix as CSV: a row for each agent, a column for each skill."""
    text = write_sheet(await _matrix(services(request).database.sql))
    headers = {
        "Content-Disposition": content_disposition("skills.csv", inline=False),
        "Cache-Control": "no-store",
    }
    return Response(text.encode(), media_type=CSV, headers=headers)


@Operation(tag="skills", answers=SkillMatrix, roles=ADMINISTRATORS)
async def import_skill_sheet(request: Request, json: SheetBody) -> Response:
    """Set the cells that the CSV holds, all or none: a fault in one line changes nothing."""
    matrix = await _matrix(services(request).database.sql)
    users = {agent.email: agent.user_id for agent in matrix.agents}
    skills = {skill.name: skill.id for skill in matrix.skills}
    return await _set(request, read_sheet(json.csv, users, skills))


async def _set(request: Request, cells: list[Cell]) -> Response:
    database = services(request).database
    position: Position = await set_levels(database, actor(request), cells)
    return answer(await _matrix(database.sql), position=position)


async def _matrix(sql: Sql) -> SkillMatrix:
    return SkillMatrix(skills=await load_skills(sql), agents=await load_levels(sql))


ROUTES = [
    Route("/api/skills", list_skills, methods=["GET"]),
    Route("/api/skills", add_skill, methods=["POST"]),
    Route("/api/skills/{skill_id:uuid}", delete_skill, methods=["DELETE"]),
    Route("/api/skill-matrix", show_skill_matrix, methods=["GET"]),
    Route("/api/skill-matrix", save_skill_matrix, methods=["PATCH"]),
    Route("/api/skill-matrix.csv", download_skill_sheet, methods=["GET"]),
    Route("/api/skill-matrix/import", import_skill_sheet, methods=["POST"]),
]
