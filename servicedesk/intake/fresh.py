"""What this process stored a moment ago, so that admitting it need not read it again.

Only a shortcut: the rows and files are the truth, and what is not here is read from them.
"""

from collections import OrderedDict
from dataclasses import dataclass

from servicedesk.domain.ids import ArrivalId
from servicedesk.intake.arrivals import Arrival

MOST_KEPT = 64
MOST_BYTES = 200_000  # of one input: 13 MB in all; more is parsed in a thread


@dataclass(frozen=True, slots=True)
class FreshArrival:
    arrival: Arrival
    raw: bytes


class Fresh:
    """The newest stored arrivals with their raw input, each to be taken once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[ArrivalId, FreshArrival] = OrderedDict()

    def keep(self, arrival: Arrival, raw: bytes) -> None:
        if len(raw) > MOST_BYTES:
            return
        self._kept[arrival.id] = FreshArrival(arrival, raw)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def take(self, arrival_id: ArrivalId) -> FreshArrival | None:
        return self._kept.pop(arrival_id, None)
