"""What the desk's own rules read of an inbox's settings, which are its channel's otherwise."""

from dataclasses import dataclass

from servicedesk.desk.inboxes import InboxFacts


@dataclass(frozen=True, slots=True)
class InboxRules:
    """`acknowledge`: a new ticket is acknowledged. `people_lists`: List-Ids (lower case) whose mail
    is a person's. `trusted_hosts`: who is believed about senders."""

    acknowledge: bool
    people_lists: frozenset[str]
    trusted_hosts: tuple[str, ...]


def rules_of(inbox: InboxFacts) -> InboxRules:
    lists = _strings(inbox.settings.get("people_lists"))
    return InboxRules(
        acknowledge=inbox.settings.get("acknowledge") is True,
        people_lists=frozenset(one.strip("<> ").lower() for one in lists),
        trusted_hosts=_strings(inbox.settings.get("trusted_hosts")),
    )


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
