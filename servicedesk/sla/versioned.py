"""What calendars and policies have in common: a row with a name, and a document of which every edit
is a new version that is kept for ever.

Each store names its tables and reads its rows; the rest of loading, checking and adding a version
is here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from servicedesk.domain.errors import BadInput, NotFound, VersionMismatch
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql
from servicedesk.kernel.work import Work
from servicedesk.sla.setup import change_setup

LONGEST_NAME = 100
KEPT_OF_NAME = LONGEST_NAME - 37  # an id and a space go behind it
MOST_OF_A_KIND = 500


class Versioned(Protocol):
    """`revision` is that of the document, `version` that of the row, for If-Match."""

    @property
    def name(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def version(self) -> int: ...


Value = TypeVar("Value", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Store(Generic[Value]):
    """One kind of them. `table` has the rows, `versions` the documents, `owner` joins the two.

    `columns` are read besides id, name, revision, version, created_at and document.
    """

    word: str
    table: str
    versions: str
    owner: str
    columns: str
    order: str
    read: Callable[[Row], Value]

    async def load_all(self, sql: Sql) -> list[Value]:
        """Return all of them in their order; none that is archived, here and below."""
        rows = await sql.fetch(
            f"{self._select} ORDER BY {self.order}, one.id LIMIT $1", MOST_OF_A_KIND
        )
        return list(map(self.read, rows))

    async def get(self, sql: Sql, wanted: UUID) -> Value:
        """Return one. Raises NotFound."""
        row = await sql.fetch_one(f"{self._select} AND one.id = $1", wanted)
        if row is None:
            raise NotFound(f"There is no {self.word} {wanted}.", **{self.owner: str(wanted)})
        return self.read(row)

    async def get_at(self, sql: Sql, wanted: UUID, version: int) -> Value:
        """Return one that nobody has changed meanwhile. Raises NotFound and VersionMismatch."""
        found = await self.get(sql, wanted)
        if found.version != version:
            raise VersionMismatch(
                f"The {self.word} is at version {found.version}, not {version}: somebody changed "
                "it. Load it again and repeat the change.",
                version=found.version,
            )
        return found

    async def add_version(
        self,
        work: Work,
        owner_id: UUID,
        revision: int,
        document: BaseModel,
        **further: Mapping[str, object],
    ) -> None:
        """Write down one version of the document for ever."""
        row = {
            "id": new_id(),
            self.owner: owner_id,
            "revision": revision,
            "document": document.model_dump(mode="json"),
            "made_by": work.actor.id,
            "created_at": work.now,
            **further,
        }
        await work.sql.insert(self.versions, [row])

    async def archive(self, work: Work, kind: str, wanted: UUID) -> None:
        """Take one out of use for good and record it as `kind`; its name is free again.

        The row and its versions stay: what was counted by them can be recounted.
        """
        found = await self.get(work.sql, wanted)
        name = f"{found.name[:KEPT_OF_NAME]} {wanted}"
        await work.sql.execute(
            f"UPDATE {self.table} SET archived_at = $2, name = $3, version = version + 1 "
            "WHERE id = $1",
            wanted,
            work.now,
            name,
        )
        await self.count_anew(work, kind, wanted)

    async def count_anew(self, work: Work, kind: str, changed: UUID) -> None:
        """Record the change as `kind`; what is promised is looked at again on every open ticket."""
        revision = await change_setup(work)
        work.record(kind, payload={self.owner: str(changed), "setup": revision})

    @property
    def _select(self) -> str:
        return (
            "SELECT one.id, one.name, one.revision, one.version, one.created_at, "
            f"{self.columns}, newest.document FROM {self.table} one JOIN {self.versions} newest "
            f"ON newest.{self.owner} = one.id AND newest.revision = one.revision "
            "WHERE one.archived_at IS NULL"
        )


def checked_name(name: str) -> str:
    """Return the name without the white space around it. Raises BadInput."""
    stripped = name.strip()
    if not 0 < len(stripped) <= LONGEST_NAME:
        raise BadInput(f"The name must have 1 to {LONGEST_NAME} characters.", path="name")
    return stripped
