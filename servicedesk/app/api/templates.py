"""/api/templates: what the desk writes by itself, and what stands below and around replies."""

import asyncio
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer, done
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.inputs import NO_CONTROLS, NO_NUL, Body, PageQuery
from servicedesk.app.api.operation import ADMINISTRATORS, Operation
from servicedesk.channels.email.sanitize import Pictures, sanitize
from servicedesk.desk.template_words import VARIABLES, TemplateKind, Words, as_page, check_words
from servicedesk.desk.template_words import render as fill
from servicedesk.desk.templates import (
    NewTemplate,
    Template,
    change_template,
    create_template,
    delete_template,
    get_template,
    list_templates,
)
from servicedesk.desk.views_brands import Brand, find_brand, list_brands
from servicedesk.kernel.http.conditions import check_version, expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, page_of_all
from servicedesk.people.shapes import Shape

LONGEST_TEXT = 20_000
LONGEST_HTML = 100_000
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
SAMPLE = {
    "ticket_number": "10482",
    "subject": "<Refund> & more",
    "contact_name": "Lin Wei",
    "agent_name": "Ana",
}
SAMPLE_BODY = "Hello,\n\nyour refund is on its way."
_places = Cursor(tuple[str, UUID])


class TemplateShape(Shape):
    id: UUID
    brand_id: UUID
    kind: TemplateKind
    language: str
    subject: str
    text: str
    html: str | None
    active: bool
    version: int


class WordsBody(Body):
    subject: str = Field("", max_length=200, pattern=NO_CONTROLS)
    text: str = Field(min_length=1, max_length=LONGEST_TEXT, pattern=NO_NUL)
    html: str | None = Field(None, max_length=LONGEST_HTML, pattern=NO_NUL)


class NewTemplateBody(WordsBody):
    brand_id: UUID
    kind: TemplateKind
    language: Language
    active: bool = True


class TemplateChangesBody(WordsBody):
    """The whole of the words: what is left out is empty from then on."""

    active: bool = True


class PreviewBody(WordsBody):
    brand_id: UUID
    kind: TemplateKind


class Preview(Shape):
    """The words filled in for a made-up ticket, and the variables that there are."""

    subject: str
    text: str
    html: str | None
    variables: list[str]


@Operation(tag="templates", answers=Listing[Brand])
async def list_all_brands(request: Request, query: PageQuery) -> Response:
    """List the brands."""
    brands = await list_brands(services(request).database.sql)
    items, following = page_of_all(brands, query, _places, lambda brand: (brand.name, brand.id))
    return answer(Listing[Brand](items=items, next=following))


@Operation(tag="templates", answers=Listing[TemplateShape], roles=ADMINISTRATORS)
async def list_all_templates(request: Request, query: PageQuery) -> Response:
    """List the templates that were written here; what is built in has none."""
    found = [_shape(one) for one in await list_templates(services(request).database.sql)]
    items, following = page_of_all(
        found, query, _places, lambda one: (f"{one.brand_id} {one.kind} {one.language}", one.id)
    )
    return answer(Listing[TemplateShape](items=items, next=following))


@Operation(
    tag="templates",
    answers=TemplateShape,
    status=201,
    roles=ADMINISTRATORS,
    idempotent=True,
    problems=(409,),
)
async def add_template(request: Request, json: NewTemplateBody) -> Response:
    """Write a template; 409 `template-exists` if there is one of its kind and language."""
    database = services(request).database
    new = NewTemplate(json.brand_id, json.kind, json.language, await _words(json), json.active)
    template_id, position = await create_template(database, actor(request), new)
    made = await get_template(database.sql, template_id)
    return answer(_shape(made), status=201, position=position, version=made.version)


@Operation(tag="templates", answers=TemplateShape, roles=ADMINISTRATORS, conditional=True)
async def save_template(request: Request, json: TemplateChangesBody) -> Response:
    """Change the words of a template, or switch it off."""
    database = services(request).database
    version = expected_version(request.headers.get("if-match"))
    before = await get_template(database.sql, request.path_params["template_id"])
    check_version(version, before.version)
    words = await _words(json)
    position = await change_template(database, actor(request), before, words, active=json.active)
    after = await get_template(database.sql, before.id)
    return answer(_shape(after), position=position, version=after.version)


@Operation(tag="templates", status=204, roles=ADMINISTRATORS, conditional=True)
async def remove_template(request: Request) -> Response:
    """Remove a template: what is built in holds again."""
    version = expected_version(request.headers.get("if-match"))
    template_id = request.path_params["template_id"]
    database = services(request).database
    return done(await delete_template(database, actor(request), template_id, version))


@Operation(tag="templates", answers=Preview, roles=ADMINISTRATORS)
async def preview_template(request: Request, json: PreviewBody) -> Response:
    """Show what a template would make of a made-up ticket, before it is saved."""
    words = await _words(json)
    check_words(json.kind, words)
    brand = await find_brand(services(request).database.sql, json.brand_id)
    values = {**SAMPLE, "brand": brand.name, "body": SAMPLE_BODY}
    filled = fill(words, values, as_page(SAMPLE_BODY))
    return answer(
        Preview(
            subject=filled.subject,
            text=filled.text,
            html=filled.html,
            variables=list(VARIABLES[json.kind]),
        )
    )


async def _words(body: WordsBody) -> Words:
    """Return the words with safe html, made in a thread: long ones take their time."""
    html = body.html
    if html is not None:
        html = (await asyncio.to_thread(sanitize, html, Pictures.SHOWN)).html
    return Words(body.subject.strip(), body.text, html)


def _shape(template: Template) -> TemplateShape:
    return TemplateShape(
        id=template.id,
        brand_id=template.brand_id,
        kind=template.kind,
        language=template.language,
        subject=template.words.subject,
        text=template.words.text,
        html=template.words.html,
        active=template.active,
        version=template.version,
    )


ROUTES = [
    Route("/api/brands", list_all_brands, methods=["GET"]),
    Route("/api/templates", list_all_templates, methods=["GET"]),
    Route("/api/templates", add_template, methods=["POST"]),
    Route("/api/templates/preview", preview_template, methods=["POST"]),
    Route("/api/templates/{template_id:uuid}", save_template, methods=["PATCH"]),
    Route("/api/templates/{template_id:uuid}", remove_template, methods=["DELETE"]),
]
