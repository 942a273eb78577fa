"""Mail templates of each brand: read where mail is written, kept by administrators."""

from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk.template_texts import BUILT_IN
from servicedesk.desk.template_words import TemplateKind, Words, check_words, choose_language
from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput, Conflict, NotFound
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.kernel.http.conditions import check_version
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_uuid
from servicedesk.kernel.work import Work

COLUMNS = "id, brand_id, kind, language, subject, text, html, active, version"


@dataclass(frozen=True, slots=True)
class Template:
    """`language` is a BCP 47 tag such as "en" or "zh-CN"."""

    id: UUID
    brand_id: UUID
    kind: TemplateKind
    language: str
    words: Words
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class NewTemplate:
    brand_id: UUID
    kind: TemplateKind
    language: str
    words: Words
    active: bool = True


class TemplateExists(Conflict):
    """The brand has a template of this kind in this language."""

    code = "template-exists"


async def list_templates(sql: Sql) -> list[Template]:
    """Return all templates, by brand, kind and language."""
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM mail_template ORDER BY brand_id, kind, language, id"
    )
    return [_template(row) for row in rows]


async def get_template(sql: Sql, template_id: UUID) -> Template:
    """Return the template; raise NotFound."""
    return _template(await _row(sql, template_id, lock=""))


async def load_words(
    sql: Sql, brand_id: UUID, kinds: tuple[TemplateKind, ...]
) -> dict[TemplateKind, dict[str, Words]]:
    """Return the brand's own words of these kinds that are in use, by kind and language."""
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM mail_template WHERE brand_id = $1 "
        f"AND {sql.member('kind', 2)} AND active ORDER BY created_at, id",
        brand_id,
        [kind.value for kind in kinds],
    )
    found: dict[TemplateKind, dict[str, Words]] = {}
    for template in map(_template, rows):
        found.setdefault(template.kind, {})[template.language] = template.words
    return found


async def find_words(
    sql: Sql, brand_id: UUID, kind: TemplateKind, wanted: list[str]
) -> tuple[str, Words] | None:
    """Return the language and words to write with: the brand's own before those built in.

    `wanted` are languages, best first. None: there is nothing of this kind.
    """
    own = (await load_words(sql, brand_id, (kind,))).get(kind, {})
    found = choose_language(wanted, list(own), list(BUILT_IN[kind]))
    return None if found is None else (found, (BUILT_IN[kind] | own)[found])


async def create_template(
    database: Database, actor: Actor, new: NewTemplate
) -> tuple[UUID, Position]:
    """A story. Raises BadInput for words that could not be filled in, and TemplateExists."""
    check_words(new.kind, new.words)
    template_id = new_id()
    async with database.work(actor) as work:
        brand = await work.sql.fetch_one("SELECT id FROM brand WHERE id = $1", new.brand_id)
        if brand is None:
            raise BadInput(f"There is no brand {new.brand_id}. Choose another.", path="brand_id")
        row = {
            "id": template_id,
            "brand_id": new.brand_id,
            "kind": new.kind,
            "language": new.language,
            "active": new.active,
            "created_at": work.now,
            **_columns(work, new.words),
        }
        tail = "ON CONFLICT (brand_id, kind, language) DO NOTHING"
        if not await work.sql.insert("mail_template", [row], tail):
            raise TemplateExists(
                "There is a template of this kind in this language. Change that one.",
                path="language",
            )
        work.record("template.created", payload={"template_id": str(template_id)})
    return template_id, work.position


async def change_template(
    database: Database, actor: Actor, before: Template, words: Words, *, active: bool
) -> Position:
    """A story; `before` is what the caller has seen. Raises as above, NotFound, VersionMismatch."""
    check_words(before.kind, words)
    async with database.work(actor) as work:
        row = await _row(work.sql, before.id, lock=work.sql.for_update)
        check_version(before.version, row["version"])
        columns = {**_columns(work, words), "active": active}
        settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
        await work.sql.execute(
            f"UPDATE mail_template SET {settings}, version = version + 1 WHERE id = $1",
            before.id,
            *columns.values(),
        )
        work.record("template.changed", payload={"template_id": str(before.id)})
    return work.position


async def delete_template(
    database: Database, actor: Actor, template_id: UUID, version: int
) -> Position:
    """A story: what is built in holds again. Raises NotFound, VersionMismatch."""
    async with database.work(actor) as work:
        row = await _row(work.sql, template_id, lock=work.sql.for_update)
        check_version(version, row["version"])
        await work.sql.execute("DELETE FROM mail_template WHERE id = $1", template_id)
        work.record("template.deleted", payload={"template_id": str(template_id)})
    return work.position


async def _row(sql: Sql, template_id: UUID, *, lock: str) -> Row:
    row = await sql.fetch_one(
        f"SELECT {COLUMNS} FROM mail_template WHERE id = $1 {lock}", template_id
    )
    if row is None:
        raise NotFound(f"There is no template {template_id}.", template_id=str(template_id))
    return row


def _columns(work: Work, words: Words) -> dict[str, object]:
    return {
        "subject": words.subject,
        "text": words.text,
        "html": words.html,
        "updated_at": work.now,
    }


def _template(row: Row) -> Template:
    return Template(
        id=as_uuid(row["id"]),
        brand_id=as_uuid(row["brand_id"]),
        kind=TemplateKind(row["kind"]),
        language=row["language"],
        words=Words(row["subject"], row["text"], row["html"]),
        active=bool(row["active"]),
        version=row["version"],
    )
