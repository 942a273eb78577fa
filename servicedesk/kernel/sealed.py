"""Settings with secrets in them: sealed where they are stored, never shown, kept if not named.

A field of the type SecretStr, in the settings or a section of them, is a secret. Stored it is
{"sealed": "v1.…"}, shown it is true. Each is sealed for its own place (whose settings, which
field), so that what is copied into other settings does not open there.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from servicedesk.domain.errors import BadInput
from servicedesk.kernel.secrets import Secrets

SEALED = "sealed"
SHOWN = True
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens the secrets of one owner, such as "inbox:<id>"."""

    secrets: Secrets
    owner: str

    def seal(self, settings: BaseModel) -> dict[str, Any]:
        """Return the settings as they are stored; an empty secret is left out."""
        stored = settings.model_dump(mode="json")
        for path, secret in _secrets_of(settings):
            section = _section(stored, path)
            plain = secret.get_secret_value()
            section.pop(path[-1])
            if plain:
                section[path[-1]] = {SEALED: self.secrets.seal(plain, self._purpose(path))}
        return stored

    def open(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return stored settings with their secrets in the clear. Raises SealBroken."""
        return self._open(stored, ())

    def keep(
        self, typed: Mapping[str, Any], stored: Mapping[str, Any], bound_to: Sequence[str]
    ) -> dict[str, Any]:
        """Return what was typed, with the stored secrets that it does not name in the clear.

        A secret is not named if it is left out, null or true (what was shown); "" removes it. In a
        section whose fields `bound_to` changed, a stored secret is not kept: it would be told to
        somebody else. Raises BadInput for that, and SealBroken.
        """
        return self._keep(typed, stored, bound_to, ())

    def replace(
        self, stored: Mapping[str, Any], path: Path, old: str, new: str
    ) -> dict[str, Any] | None:
        """Return stored settings with another secret at `path`; None if `old` is not there."""
        changed = copy.deepcopy(dict(stored))
        section: object = changed
        for name in path[:-1]:
            section = section.get(name) if isinstance(section, dict) else None
        there = section.get(path[-1]) if isinstance(section, dict) else None
        if not isinstance(section, dict) or self._open_value(there, path) != old:
            return None
        section[path[-1]] = {SEALED: self.secrets.seal(new, self._purpose(path))}
        return changed

    def _open(self, stored: Mapping[str, Any], path: Path) -> dict[str, Any]:
        return {name: self._open_value(value, (*path, name)) for name, value in stored.items()}

    def _open_value(self, value: object, path: Path) -> object:
        if not isinstance(value, Mapping):
            return value
        if _is_sealed(value):
            return self.secrets.unseal_text(value[SEALED], self._purpose(path))
        return self._open(value, path)

    def _keep(
        self,
        typed: Mapping[str, Any],
        stored: Mapping[str, Any],
        bound_to: Sequence[str],
        path: Path,
    ) -> dict[str, Any]:
        whole = dict(typed)
        moved = any((typed.get(name) or "") != (stored.get(name) or "") for name in bound_to)
        for name, before in stored.items():
            given, here = typed.get(name), (*path, name)
            if _is_sealed(before) and (given is None or given is SHOWN):
                if moved:
                    raise _enter_again(here, bound_to)
                whole[name] = self._open_value(before, here)
            elif isinstance(before, Mapping) and isinstance(given, Mapping):
                whole[name] = self._keep(given, before, bound_to, here)
        return whole

    def _purpose(self, path: Path) -> str:
        return f"{self.owner}:{'.'.join(path)}"


def show_settings(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings as they may be shown: each secret that is set is `true`."""
    return {name: _shown(value) for name, value in stored.items()}


def _shown(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return SHOWN if _is_sealed(value) else show_settings(value)


def _is_sealed(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() == {SEALED}


def _secrets_of(settings: BaseModel, path: Path = ()) -> Iterator[tuple[Path, SecretStr]]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield (*path, name), value
        elif isinstance(value, BaseModel):
            yield from _secrets_of(value, (*path, name))


def _section(stored: dict[str, Any], path: Path) -> dict[str, Any]:
    for name in path[:-1]:
        stored = stored[name]
    return stored


def _enter_again(path: Path, bound_to: Sequence[str]) -> BadInput:
    return BadInput(
        f"Enter {'.'.join(path)} again: what it is told to has changed "
        f"({', '.join(bound_to)}), and a stored secret is not told to somebody else.",
        path=".".join(path),
    )
