"""The store of SLA policies: an ordered list, of which every edit makes a new version."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput, NotFound, VersionMismatch
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.sla.policy.documents import PolicyDocument, policy_of, read_document
from servicedesk.sla.policy.fields import KNOWN_FIELDS
from servicedesk.sla.policy.policies import refuse_unknown_fields
from servicedesk.sla.setup import change_setup, lock_setup
from servicedesk.sla.shapes import PolicyValue

MOST_POLICIES = 500
LONGEST_NAME = 100
_SELECT = (
    "SELECT p.id, p.name, p.place, p.active, p.revision, p.version, p.created_at, v.document "
    "FROM sla_policy p JOIN sla_policy_version v "
    "ON v.policy_id = p.id AND v.revision = p.revision"
)


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """What shall become different; None leaves it as it is."""

    name: str | None = None
    active: bool | None = None
    document: PolicyDocument | None = None


async def load_policies(sql: Sql) -> list[PolicyValue]:
    """Return all policies in their order, those switched off included."""
    rows = await sql.fetch(f"{_SELECT} ORDER BY p.place, p.id LIMIT $1", MOST_POLICIES)
    return list(map(_value, rows))


async def get_policy(sql: Sql, policy_id: UUID) -> PolicyValue:
    """Return the policy. Raises NotFound."""
    row = await sql.fetch_one(f"{_SELECT} WHERE p.id = $1", policy_id)
    if row is None:
        raise NotFound(f"There is no SLA policy {policy_id}.", policy_id=str(policy_id))
    return _value(row)


async def create_policy(
    database: Database, actor: Actor, name: str, document: PolicyDocument
) -> tuple[UUID, Position]:
    """Add a policy behind all others; it holds for open tickets soon after. Raises BadInput."""
    policy_id = new_id()
    check_policy(document, policy_id, 1, name)
    async with database.work(actor) as work:
        await lock_setup(work)
        row = await work.sql.fetch_one(
            "SELECT coalesce(max(place), 0) AS place, count(*) AS number FROM sla_policy"
        )
        if row is None or row["number"] >= MOST_POLICIES:
            raise BadInput(f"There are {MOST_POLICIES} policies, and no more fit. Join some.")
        new = {
            "id": policy_id,
            "name": name.strip(),
            "place": int(row["place"]) + 1,
            "created_at": work.now,
        }
        await work.sql.insert("sla_policy", [new])
        await _add_version(work, policy_id, 1, document)
        await _promise_anew(work, "policy.created", policy_id)
    return policy_id, work.position


async def change_policy(
    database: Database, actor: Actor, policy_id: UUID, version: int, changes: PolicyChanges
) -> Position:
    """Change a policy; other promises make a new version. Raises VersionMismatch, BadInput."""
    async with database.work(actor) as work:
        await lock_setup(work)
        before = await _read(work.sql, policy_id, version)
        name = before.name if changes.name is None else changes.name
        document = before.document if changes.document is None else changes.document
        is_new = document != before.document
        revision = before.revision + 1 if is_new else before.revision
        check_policy(document, policy_id, revision, name)
        await work.sql.execute(
            "UPDATE sla_policy SET name = $2, active = $3, revision = $4, version = version + 1 "
            "WHERE id = $1",
            policy_id,
            name.strip(),
            before.active if changes.active is None else changes.active,
            revision,
        )
        if is_new:
            await _add_version(work, policy_id, revision, document)
        await _promise_anew(work, "policy.changed", policy_id)
    return work.position


async def order_policies(database: Database, actor: Actor, policy_ids: Sequence[UUID]) -> Position:
    """Put the policies in this order. Raises BadInput unless each is named exactly once."""
    async with database.work(actor) as work:
        await lock_setup(work)
        rows = await work.sql.fetch("SELECT id FROM sla_policy ORDER BY id")
        if sorted(as_uuid(row["id"]) for row in rows) != sorted(policy_ids):
            raise BadInput(
                "The order must name each policy exactly once. Load the list again.",
                path="policy_ids",
            )
        for place, policy_id in enumerate(policy_ids, start=1):
            await work.sql.execute(
                "UPDATE sla_policy SET place = $2 WHERE id = $1", policy_id, place
            )
        work.record("policy.ordered", payload={"policy_ids": [str(one) for one in policy_ids]})
        await change_setup(work)
    return work.position


def check_policy(document: PolicyDocument, policy_id: UUID, revision: int, name: str) -> None:
    """Raise PolicyInvalid, or BadInput for a name that does not do."""
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BadInput(f"The name must have 1 to {LONGEST_NAME} characters.", path="name")
    refuse_unknown_fields(policy_of(document, str(policy_id), revision, name), KNOWN_FIELDS)


async def _promise_anew(work: Work, kind: str, policy_id: UUID) -> None:
    revision = await change_setup(work)
    work.record(kind, payload={"policy_id": str(policy_id), "setup": revision})


async def _add_version(
    work: Work, policy_id: UUID, revision: int, document: PolicyDocument
) -> None:
    row = {
        "id": new_id(),
        "policy_id": policy_id,
        "revision": revision,
        "document": document.model_dump(mode="json"),
        "made_by": work.actor.id,
        "created_at": work.now,
    }
    await work.sql.insert("sla_policy_version", [row])


async def _read(sql: Sql, policy_id: UUID, version: int) -> PolicyValue:
    found = await get_policy(sql, policy_id)
    if found.version != version:
        raise VersionMismatch(
            f"The policy is at version {found.version}, not {version}: somebody changed it. "
            "Load it again and repeat the change.",
            version=found.version,
        )
    return found


def _value(row: Row) -> PolicyValue:
    return PolicyValue(
        id=as_uuid(row["id"]),
        name=row["name"],
        place=int(row["place"]),
        active=bool(row["active"]),
        document=read_document(as_dict(row["document"])),
        revision=int(row["revision"]),
        version=int(row["version"]),
        created_at=as_time(row["created_at"]),
    )
