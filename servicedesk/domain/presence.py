"""Whether an agent takes work now."""

from enum import StrEnum


class PresenceState(StrEnum):
    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class AwayReason(StrEnum):
    """Why somebody is away. NOT_RESPONDING is set by the desk after an offer timed out."""

    BREAK = "break"
    LUNCH = "lunch"
    TRAINING = "training"
    MEETING = "meeting"
    NOT_RESPONDING = "not_responding"
