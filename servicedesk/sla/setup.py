"""What is promised now: the policies in their order with their ladders, and the calendars.

Every change of a policy, a calendar or the default calendar gives the setup a new revision (a
number, for what is still to be re-targeted) and a new stamp (unique among all desks, for memory).
A story reads both together with its ticket, and the rest only when the stamp is new to the process.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from servicedesk.domain.errors import NotFound
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_dict, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.reading import CalendarDocument, hours_of
from servicedesk.sla.policy.documents import policy_of, read_document
from servicedesk.sla.policy.ladders import Ladder
from servicedesk.sla.policy.policies import Policy
from servicedesk.sla.promises import CalendarVersion

SETTING = "sla"
REVISION = f"(SELECT version FROM setting WHERE name = '{SETTING}')"
STAMP = f"(SELECT value FROM setting WHERE name = '{SETTING}')"
"""In SQL, for whoever reads a ticket's clocks: `read_mark` reads the two columns."""

Key = TypeVar("Key")
Value = TypeVar("Value")

MOST_SETUPS = 8
MOST_VERSIONS = 2_048
PolicyVersion = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """Which setup holds. `stamp` is empty until there is a policy or calendar."""

    revision: int
    stamp: str


@dataclass(frozen=True, slots=True)
class Setup:
    """`current` names the newest version of each calendar."""

    mark: Mark
    policies: tuple[Policy, ...] = ()
    current: Mapping[UUID, CalendarVersion] = field(default_factory=dict)
    default: UUID | None = None

    def calendar_of(self, calendar_id: UUID | None) -> CalendarVersion | None:
        """Return the version that counts for a queue with this calendar, or with none."""
        wanted = self.default if calendar_id is None else calendar_id
        return None if wanted is None else self.current.get(wanted)


def read_mark(revision: object, value: object) -> Mark:
    return Mark(int(str(revision or 0)), str(as_dict(value).get("stamp", "")))


async def load_mark(sql: Sql) -> Mark:
    row = await sql.fetch_one(f"SELECT {REVISION} AS revision, {STAMP} AS stamp")
    return read_mark(row["revision"], row["stamp"]) if row else Mark(0, "")


async def load_setup(sql: Sql, mark: Mark) -> Setup:
    """Return what holds at the mark or since; from memory unless it is new to this process."""
    if not mark.stamp:
        return Setup(mark)
    found = _SETUPS.get(mark.stamp)
    while found is None:
        read = await _read_setup(sql, mark)
        mark = await load_mark(sql)
        if read.mark == mark:  # else somebody changed it while it was being read
            found = read
            _remember(_SETUPS, mark.stamp, found, MOST_SETUPS)
    return found


async def load_calendars(
    sql: Sql, versions: Iterable[CalendarVersion]
) -> dict[CalendarVersion, Calendar]:
    """Return these versions, each ready to be asked. Raises NotFound."""
    wanted = set(versions)
    missing = [version for version in wanted if version not in _CALENDARS]
    if missing:
        for calendar_id, revision, document in await _fetch_versions(
            sql, "calendar_version", "calendar_id", map(split_version, missing)
        ):
            hours = hours_of(CalendarDocument.model_validate(document))
            version = calendar_version(calendar_id, revision)
            _remember(_CALENDARS, version, Calendar(hours), MOST_VERSIONS)
    try:
        return {version: _CALENDARS[version] for version in wanted}
    except KeyError as error:
        raise NotFound(f"There is no calendar version {error.args[0]!r}.") from None


async def load_ladders(sql: Sql, versions: Iterable[PolicyVersion]) -> dict[PolicyVersion, Ladder]:
    """Return the ladder of each version of a policy; one that does not exist has no steps."""
    wanted = set(versions)
    missing = [version for version in wanted if version not in _LADDERS]
    if missing:
        keys = [(UUID(policy_id), revision) for policy_id, revision in missing]
        for policy_id, revision, document in await _fetch_versions(
            sql, "sla_policy_version", "policy_id", keys
        ):
            ladder = read_document(document).ladder
            _remember(_LADDERS, (str(policy_id), revision), ladder, MOST_VERSIONS)
    return {version: _LADDERS.get(version, ()) for version in wanted}


async def lock_setup(work: Work) -> None:
    """Let one story at a time change what is promised: the first statement of each that does."""
    await work.sql.fetch_one(
        f"SELECT name FROM setting WHERE name = $1 {work.sql.for_update}", SETTING
    )


async def change_setup(work: Work) -> int:
    """Give the setup a new revision and return it; every open ticket is looked at again later.

    Called by each story that changes what is promised, after `lock_setup` and its changes.
    """
    await work.sql.execute(
        "UPDATE setting SET value = $2, version = version + 1 WHERE name = $1",
        SETTING,
        {"stamp": str(new_id())},
    )
    mark = await load_mark(work.sql)
    await work.ask(
        "sla.setup_changed",
        f"sla.setup_changed:{mark.revision}",
        arguments={"revision": mark.revision},
    )
    return mark.revision


def calendar_version(calendar_id: UUID, revision: int) -> CalendarVersion:
    return CalendarVersion(f"{calendar_id}:{revision}")


def split_version(version: CalendarVersion) -> tuple[UUID, int]:
    calendar_id, _, revision = version.rpartition(":")
    return UUID(calendar_id), int(revision)


async def _read_setup(sql: Sql, mark: Mark) -> Setup:
    policies = await sql.fetch(
        "SELECT p.id, p.name, p.revision, v.document FROM sla_policy p "
        "JOIN sla_policy_version v ON v.policy_id = p.id AND v.revision = p.revision "
        "WHERE p.active ORDER BY p.place, p.id"
    )
    calendars = await sql.fetch("SELECT id, revision, is_default FROM calendar ORDER BY id")
    defaults = [as_uuid(row["id"]) for row in calendars if row["is_default"]]
    return Setup(
        mark=mark,
        policies=tuple(map(_policy, policies)),
        current={
            as_uuid(row["id"]): calendar_version(as_uuid(row["id"]), row["revision"])
            for row in calendars
        },
        default=defaults[0] if defaults else None,
    )


def _policy(row: Row) -> Policy:
    document = read_document(as_dict(row["document"]))
    return policy_of(document, str(as_uuid(row["id"])), int(row["revision"]), row["name"])


async def _fetch_versions(
    sql: Sql, table: str, owner: str, wanted: Iterable[tuple[UUID, int]]
) -> list[tuple[UUID, int, dict[str, object]]]:
    keys = set(wanted)
    rows = await sql.fetch(
        f"SELECT {owner} AS owner, revision, document FROM {table} WHERE {sql.member(owner, 1)}",
        sorted({owner_id for owner_id, _ in keys}),
    )
    found = [(as_uuid(row["owner"]), int(row["revision"]), row["document"]) for row in rows]
    return [(one, number, as_dict(text)) for one, number, text in found if (one, number) in keys]


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    memory[key] = value
    while len(memory) > most:
        memory.popitem(last=False)


_SETUPS: OrderedDict[str, Setup] = OrderedDict()
_CALENDARS: OrderedDict[CalendarVersion, Calendar] = OrderedDict()
_LADDERS: OrderedDict[PolicyVersion, Ladder] = OrderedDict()
"""Versions never change and their ids are never used twice: memory of them is never wrong."""
