"""Stand-ins for intake at the receiver's door, and a fixture that offers one."""

from collections.abc import Mapping, Sequence


class Door:
    """Accepts for known addresses, or fails as it was told to."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.accepted: list[tuple[list[str], bytes, Mapping[str, object]]] = []
        self.known = {"support@desk.example", "ann@contact.example"}
        self.fault = fault

    async def accept(
        self, recipients: Sequence[str], raw: bytes, envelope: Mapping[str, object]
    ) -> None:
        if self.fault is not None:
            raise self.fault
        self.accepted.append((list(recipients), raw, envelope))

    async def knows(self, address: str) -> bool:
        return address in self.known
