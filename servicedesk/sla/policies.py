"""The store of SLA policies: an ordered list, of which every edit makes a new version."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput, Conflict
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, as_dict, as_time, as_uuid
from servicedesk.sla.policy.documents import PolicyDocument, policy_of, read_document
from servicedesk.sla.policy.fields import KNOWN_FIELDS
from servicedesk.sla.policy.policies import refuse_unknown_fields
from servicedesk.sla.reach import check_policy_reach
from servicedesk.sla.setup import change_setup, lock_setup
from servicedesk.sla.shapes import PolicyValue
from servicedesk.sla.versioned import MOST_OF_A_KIND, Store, checked_name


class PolicyInUse(Conflict):
    """The policy is switched on: what it promises would end without anybody having said so."""

    code = "policy-in-use"


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """What shall become different; None leaves it as it is."""

    name: str | None = None
    active: bool | None = None
    document: PolicyDocument | None = None


async def create_policy(
    database: Database, actor: Actor, name: str, document: PolicyDocument
) -> tuple[UUID, Position]:
    """Add a policy behind all others; it holds for open tickets soon after. Raises BadInput."""
    policy_id = new_id()
    check_policy(document, policy_id, 1, name)
    async with database.work(actor) as work:
        await lock_setup(work)
        await check_policy_reach(work.sql, document)
        row = await work.sql.fetch_one(
            "SELECT coalesce(max(place), 0) AS place, count(*) AS number FROM sla_policy "
            "WHERE archived_at IS NULL"
        )
        if row is None or row["number"] >= MOST_OF_A_KIND:
            raise BadInput(f"There are {MOST_OF_A_KIND} policies, and no more fit. Join some.")
        new = {
            "id": policy_id,
            "name": name.strip(),
            "place": int(row["place"]) + 1,
            "created_at": work.now,
        }
        await work.sql.insert("sla_policy", [new])
        await POLICIES.add_version(work, policy_id, 1, document)
        await POLICIES.count_anew(work, "policy.created", policy_id)
    return policy_id, work.position


async def change_policy(
    database: Database, actor: Actor, policy_id: UUID, version: int, changes: PolicyChanges
) -> Position:
    """Change a policy; other promises make a new version. Raises VersionMismatch, BadInput."""
    async with database.work(actor) as work:
        await lock_setup(work)
        before = await POLICIES.get_at(work.sql, policy_id, version)
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
            await check_policy_reach(work.sql, document)
            await POLICIES.add_version(work, policy_id, revision, document)
        await POLICIES.count_anew(work, "policy.changed", policy_id)
    return work.position


async def order_policies(database: Database, actor: Actor, policy_ids: Sequence[UUID]) -> Position:
    """Put the policies in this order. Raises BadInput unless each is named exactly once."""
    async with database.work(actor) as work:
        await lock_setup(work)
        rows = await work.sql.fetch(
            "SELECT id FROM sla_policy WHERE archived_at IS NULL ORDER BY id"
        )
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


async def archive_policy(
    database: Database, actor: Actor, policy_id: UUID, version: int
) -> Position:
    """Take a policy that is switched off out of the list for good. Raises NotFound,
    VersionMismatch and PolicyInUse."""
    async with database.work(actor) as work:
        await lock_setup(work)
        found = await POLICIES.get_at(work.sql, policy_id, version)
        if found.active:
            raise PolicyInUse("Tickets are promised this. Switch the policy off first.")
        await POLICIES.archive(work, "policy.archived", policy_id)
    return work.position


def check_policy(document: PolicyDocument, policy_id: UUID, revision: int, name: str) -> None:
    """Raise PolicyInvalid, or BadInput for a name that does not do."""
    checked_name(name)
    refuse_unknown_fields(policy_of(document, str(policy_id), revision, name), KNOWN_FIELDS)


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


POLICIES = Store(
    word="SLA policy",
    table="sla_policy",
    versions="sla_policy_version",
    owner="policy_id",
    columns="one.place, one.active",
    order="one.place",
    read=_value,
)
