"""The rule table: read for each piece of new work, written as a whole by administrators.

Its stamp is drawn anew with each change. It is read together with the inbox, and what it stands for
is kept in memory: rules cost no statement of their own unless they changed.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from pydantic import ValidationError

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.kernel.http.conditions import check_version
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_dict, as_uuid, json_text
from servicedesk.kernel.work import Work
from servicedesk.people.skills import check_skills_exist
from servicedesk.routing.rules.rule import Miss, Rule
from servicedesk.routing.rules.table import RULES
from servicedesk.routing.rules.written import WrittenRule, as_rule

SETTING = "routing_rules"
STAMP = f"(SELECT value FROM setting WHERE name = '{SETTING}')"
"""For a statement that reads something else anyway; `stamp_of` reads the column."""
MOST_RULES = 500
TABLES_KEPT = 8
COLUMNS = "id, place, name, kind, settings, active"
log = structlog.get_logger(__name__)
_tables: OrderedDict[str, tuple[Rule, ...]] = OrderedDict()
"""By stamp. A stamp is never drawn twice, so nothing in here can be outdated."""


@dataclass(frozen=True, slots=True)
class RuleTable:
    """`version` is 0 until somebody saves the table for the first time."""

    version: int
    rules: tuple[WrittenRule, ...]


def stamp_of(value: object) -> str:
    """Return the stamp in the column, empty while the table was never saved."""
    return str(as_dict(value).get("stamp", ""))


async def rules_of(sql: Sql, stamp: str) -> Sequence[Rule]:
    """Return the rules in the order in which they are asked, for the stamp that was just read."""
    if not stamp:
        return RULES
    known = _tables.get(stamp)
    if known is None:
        rows = await sql.fetch(
            f"SELECT {COLUMNS}, {STAMP} AS stamp FROM routing_rule WHERE active ORDER BY place, id"
        )
        known = (*map(_rule_of, rows), *RULES)
        _tables[stamp_of(rows[0]["stamp"]) if rows else stamp] = known
        while len(_tables) > TABLES_KEPT:
            _tables.popitem(last=False)
    return known


async def load_table(sql: Sql) -> RuleTable:
    """Return the table as administrators edit it. A row that cannot be read is left out."""
    row = await sql.fetch_one("SELECT value FROM setting WHERE name = $1", SETTING)
    rows = await sql.fetch(f"SELECT {COLUMNS} FROM routing_rule ORDER BY place, id")
    rules = [rule for rule in map(_written_or_none, rows) if rule is not None]
    return RuleTable(_version(row), tuple(rules))


async def save_table(
    database: Database, actor: Actor, version: int, rules: Sequence[WrittenRule]
) -> Position:
    """Put these rules, in this order, in the place of all others. A story.

    Raises VersionMismatch, and BadInput naming the rule that asks for what does not exist.
    """
    async with database.work(actor) as work:
        row = await _lock(work)
        check_version(version, _version(row))
        await check_rules(work.sql, rules)
        await work.sql.execute("DELETE FROM routing_rule")
        if rules:
            await work.sql.insert("routing_rule", [_row(work, *one) for one in enumerate(rules)])
        value = {"version": version + 1, "stamp": str(new_id())}
        await work.sql.execute("UPDATE setting SET value = $2 WHERE name = $1", SETTING, value)
        work.record("rules.changed", payload={"version": version + 1, "rules": len(rules)})
    return work.position


async def check_rules(sql: Sql, rules: Sequence[WrittenRule]) -> None:
    """Raise BadInput for the first rule that settles nothing or names what is not there."""
    if len(rules) > MOST_RULES or len({rule.id for rule in rules}) < len(rules):
        raise BadInput(f"At most {MOST_RULES} rules fit, each with an id of its own.", path="rules")
    queues = await _ids(sql, "SELECT id FROM queue WHERE active")
    agents = await _ids(sql, "SELECT id FROM app_user WHERE active AND role <> 'observer'")
    for place, rule in enumerate(rules):
        path, settled = f"rules.{place}.outcome", rule.outcome
        if not settled.settles_something:
            raise BadInput(
                f"Rule {place + 1} settles nothing. Give it a queue, a skill, a priority, an agent "
                "or an attribute, or remove it.",
                path=path,
            )
        if settled.queue_id is not None and settled.queue_id not in queues:
            raise BadInput(
                f"Rule {place + 1} names a queue that does not exist or is switched off. Choose "
                "another.",
                path=f"{path}.queue_id",
            )
        if settled.preferred_user_id is not None and settled.preferred_user_id not in agents:
            raise BadInput(
                f"Rule {place + 1} prefers somebody who takes no work. Choose an active agent.",
                path=f"{path}.preferred_user_id",
            )
        await check_skills_exist(sql, settled.skills, f"{path}.skills")


async def _lock(work: Work) -> Row | None:
    """Lock the table's row, making it if this is the first time that somebody saves."""
    first = {"name": SETTING, "value": {"version": 0, "stamp": ""}}
    await work.sql.insert("setting", [first], "ON CONFLICT (name) DO NOTHING")
    return await work.sql.fetch_one(
        f"SELECT value FROM setting WHERE name = $1 {work.sql.for_update}", SETTING
    )


async def _ids(sql: Sql, statement: str) -> set[UUID]:
    return {as_uuid(row["id"]) for row in await sql.fetch(statement)}


def _version(row: Row | None) -> int:
    return 0 if row is None else int(as_dict(row["value"]).get("version", 0))


def _row(work: Work, place: int, rule: WrittenRule) -> dict[str, object]:
    settings = rule.model_dump(mode="json", include={"conditions", "outcome", "stops"})
    return {
        "id": rule.id,
        "place": place,
        "name": rule.name,
        "kind": rule.joined,
        "settings": settings,
        "active": rule.active,
        "created_at": work.now,
    }


def _rule_of(row: Row) -> Rule:
    """Mail must come in whatever a row holds: one that nobody can read never applies."""
    written = _written_or_none(row)
    if written is not None:
        return as_rule(written)
    return Rule(str(as_uuid(row["id"])), lambda _: Miss("unreadable"))


def _written_or_none(row: Row) -> WrittenRule | None:
    rule = {
        "id": as_uuid(row["id"]),
        "name": row["name"],
        "joined": row["kind"],
        "active": bool(row["active"]),
        **as_dict(row["settings"]),
    }
    try:
        return WrittenRule.model_validate_json(json_text(rule))
    except ValidationError as error:
        log.warning("routing_rule_unreadable", rule_id=str(rule["id"]), faults=error.error_count())
        return None
