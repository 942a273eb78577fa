"""The settings of an inbox, typed by its channel: checked when typed, sealed when stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from servicedesk.desk.inboxes import InboxFacts
from servicedesk.domain.errors import BadInput, ConfigurationError
from servicedesk.kernel.database import Database
from servicedesk.kernel.sealed import SEALED, Sealer
from servicedesk.kernel.secrets import SealBroken, Secrets
from servicedesk.kernel.sql import as_dict

Typed = TypeVar("Typed", bound=BaseModel)
TOLD_TO = ("host", "provider", "token_url")
"""Fields that say to whom the secrets of their section are told."""
OPEN, BY_TOKEN, TOKENS = "none", "xoauth2", "oauth"
"""A `security` and a `sign_in`, and the section whose tokens other sections are signed in with."""


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
        _require_same_listeners(self.typed, stored)
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


def _require_same_listeners(typed: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """A stored secret that is not typed anew is told to nobody new: not to whoever listens once a
    connection goes without encryption, and tokens to no host that they were not for. Raises
    BadInput.
    """
    for name, section in typed.items():
        before = stored.get(name)
        if not isinstance(section, Mapping):
            continue
        before = before if isinstance(before, Mapping) else {}
        open_now = section.get("security") == OPEN != before.get("security")
        if open_now and _keeps_a_secret(section, before):
            raise _enter_again(f"{name}.password")
        to_another = section.get("sign_in") == BY_TOKEN and (
            section.get("host") != before.get("host") or section.get("security") == OPEN
        )
        if to_another and _keeps_a_secret(typed.get(TOKENS), stored.get(TOKENS)):
            raise _enter_again(f"{TOKENS}.refresh_token")


def _keeps_a_secret(section: object, before: object) -> bool:
    if not isinstance(section, Mapping) or not isinstance(before, Mapping):
        return False
    return any(
        isinstance(value, Mapping) and SEALED in value and section.get(name) in (None, True)
        for name, value in before.items()
    )


def _enter_again(path: str) -> BadInput:
    return BadInput(
        f"Enter {path} again: where or how it is told has changed, and a stored secret is not told "
        "to somebody else.",
        path=path,
    )


def _sealer(secrets: Secrets, inbox_id: UUID) -> Sealer:
    return Sealer(secrets, f"inbox:{inbox_id}")


def _first_fault(error: ValidationError) -> tuple[str, str]:
    """Where and what, without the value: it may be a secret."""
    fault = error.errors(include_input=False, include_url=False)[0]
    words = fault["msg"].removeprefix("Value error, ")
    return ".".join(("settings", *(str(part) for part in fault["loc"]))), words
