"""The settings of an inbox, typed by its channel: checked when typed, sealed when stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from servicedesk.desk.inboxes import InboxFacts
from servicedesk.domain.errors import BadInput, ConfigurationError
from servicedesk.kernel.database import Database
from servicedesk.kernel.sealed import Sealer
from servicedesk.kernel.secrets import SealBroken, Secrets
from servicedesk.kernel.sql import as_dict

Typed = TypeVar("Typed", bound=BaseModel)
TOLD_TO = ("host", "provider", "token_url")
"""Fields that say to whom the secrets of their section are told."""


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """What somebody typed for an inbox, not yet checked; `kind` is its channel's settings type."""

    kind: type[BaseModel]
    typed: Mapping[str, Any]
    secrets: Secrets

    def checked(self, inbox_id: UUID, stored: Mapping[str, Any]) -> BaseModel:
        """Return them with the stored secrets that they keep. Raises BadInput.

        `stored` is {} for a new inbox. It is also what a check of settings that are not saved yet
        goes by.
        """
        try:
            whole = _sealer(self.secrets, inbox_id).keep(self.typed, stored, TOLD_TO)
        except SealBroken as error:
            raise BadInput(f"{error} Or enter the secrets anew.", path="settings") from None
        try:
            return self.kind.model_validate(whole)
        except ValidationError as error:
            path, words = _first_fault(error)
            raise BadInput(f"{path}: {words}.", path=path) from None

    def sealed(self, inbox_id: UUID, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return them as the inbox's row holds them. Raises BadInput."""
        return _sealer(self.secrets, inbox_id).seal(self.checked(inbox_id, stored))


def open_settings(secrets: Secrets, inbox: InboxFacts, kind: type[Typed]) -> Typed:
    """Return an inbox's settings with their secrets in the clear: for its channel only.

    Raises SealBroken (a key is gone) and ConfigurationError (they fit no longer).
    """
    try:
        return kind.model_validate(_sealer(secrets, inbox.id).open(inbox.settings))
    except ValidationError as error:
        path, words = _first_fault(error)
        raise ConfigurationError(
            f"The settings of inbox {inbox.id} cannot be used ({path}: {words}). Save them again.",
            inbox_id=str(inbox.id),
        ) from None


@dataclass(frozen=True, slots=True)
class RenewedSecret:
    """`path` names the field, such as ("oauth", "refresh_token")."""

    path: tuple[str, ...]
    old: str = field(repr=False)
    new: str = field(repr=False)


async def renew_secret(
    database: Database, secrets: Secrets, inbox_id: UUID, renewed: RenewedSecret
) -> bool:
    """Keep a secret that its giver renewed. False: somebody changed the settings meanwhile.

    Nobody is told, and the version stays: what a person set is what it was.
    """
    async with database.transaction() as sql:
        row = await sql.fetch_one(
            f"SELECT settings FROM inbox WHERE id = $1 {sql.for_update}", inbox_id
        )
        stored = as_dict(row["settings"]) if row else {}
        changed = _sealer(secrets, inbox_id).replace(stored, renewed.path, renewed.old, renewed.new)
        if changed is not None:
            await sql.execute("UPDATE inbox SET settings = $2 WHERE id = $1", inbox_id, changed)
    return changed is not None


def _sealer(secrets: Secrets, inbox_id: UUID) -> Sealer:
    return Sealer(secrets, f"inbox:{inbox_id}")


def _first_fault(error: ValidationError) -> tuple[str, str]:
    """Where and what, without the value: it may be a secret."""
    fault = error.errors(include_input=False, include_url=False)[0]
    words = fault["msg"].removeprefix("Value error, ")
    return ".".join(("settings", *(str(part) for part in fault["loc"]))), words
