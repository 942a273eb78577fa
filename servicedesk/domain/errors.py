"""One small tree of errors. Each says what was found, what was expected and what to do.

Errors carry ids, never a person's words, addresses or secrets: they end up in logs.
"""

from collections.abc import Mapping, Sequence


class ServicedeskError(Exception):
    """The root: everything that this project raises on purpose."""

    code = "error"
    """What the console translates and the API names as `code` and in `type`."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts: Mapping[str, object] = facts


class NotFound(ServicedeskError):
    """There is no such thing, or the viewer may not know of it: the two look alike."""

    code = "not-found"


class Forbidden(ServicedeskError):
    """The viewer may see the thing but not do this to it."""

    code = "forbidden"


class Conflict(ServicedeskError):
    """What was asked does not fit the present state. `code` says how."""

    code = "conflict"


class VersionMismatch(Conflict):
    """Somebody changed the row since the caller read it."""

    code = "version-mismatch"


class AlreadyTaken(Conflict):
    """Another agent holds the ticket."""

    code = "already-taken"


class OfferGone(Conflict):
    """The offer was answered, timed out or was taken back."""

    code = "offer-gone"


class NewerMessage(Conflict):
    """The contact wrote after what the agent had read."""

    code = "newer-message"


class WrongStep(Conflict):
    """A state machine was asked for a step that it does not have."""

    code = "wrong-step"

    def __init__(self, machine: str, state: str, action: str, allowed: Sequence[str]) -> None:
        steps = ", ".join(allowed) or "none"
        super().__init__(
            f"{machine} is {state}: it cannot {action}. Possible now: {steps}.",
            state=state,
            action=action,
            allowed=list(allowed),
        )


class BadInput(ServicedeskError):
    """What came in cannot be used; `facts` may name the field."""

    code = "bad-input"


class NotSignedIn(ServicedeskError):
    """No session, or one that has ended."""

    code = "not-signed-in"


class WrongCredentials(ServicedeskError):
    """E-mail address or password do not fit. Which of them is not said."""

    code = "wrong-credentials"


class TooManyAttempts(ServicedeskError):
    """The brake on guessing is on; `facts["retry_after_seconds"]` says for how long."""

    code = "too-many-attempts"


class Unavailable(ServicedeskError):
    """Something that the desk stands on does not answer now (database, disk). Try again."""

    code = "unavailable"


class StorageFull(Unavailable):
    """The disk that holds the blobs is full."""

    code = "storage-full"


class LeaseLost(ServicedeskError):
    """Somebody else leads now: stop, do not write."""

    code = "lease-lost"


class ConfigurationError(ServicedeskError):
    """The settings cannot work together; the message says which to change."""

    code = "configuration"
