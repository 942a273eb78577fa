"""Who did something: written into the journal as `kind:id`."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    USER = "user"
    CONTACT = "contact"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is a user's or contact's id; the system has a name instead ("router", "intake")."""

    kind: ActorKind
    id: UUID | None = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id or self.name}"

    @classmethod
    def parse(cls, text: str) -> "Actor":
        """Read what `str` wrote. Raises ValueError on anything else."""
        kind, _, rest = text.partition(":")
        if kind == ActorKind.SYSTEM:
            return cls(ActorKind.SYSTEM, None, rest)
        return cls(ActorKind(kind), UUID(rest))


def user_actor(user_id: UUID) -> Actor:
    return Actor(ActorKind.USER, user_id)


def system_actor(name: str) -> Actor:
    return Actor(ActorKind.SYSTEM, None, name)
