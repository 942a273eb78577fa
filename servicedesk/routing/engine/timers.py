"""When time alone changes something, earliest first. What is outdated is dropped as it surfaces."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import IntEnum
from heapq import heappop, heappush
from uuid import UUID


class Due(IntEnum):
    """What is due; of one instant the smaller comes first."""

    OFFER = 0  # an offer's deadline
    WRAP_UP = 1  # the end of the time for notes
    HOURS = 2  # a queue opens or closes
    LOOK_UP = 3  # nobody knows yet whether a queue stays open
    ORDER = 4  # an order may need less, or somebody else


Timer = tuple[datetime, int, int, UUID]


class Timers:
    """`is_live` says whether a timer still stands for something."""

    def __init__(self, is_live: Callable[[datetime, Due, UUID], bool]) -> None:
        self._heap: list[Timer] = []
        self._is_live = is_live

    def set(self, at: datetime, due: Due, key: UUID) -> None:
        heappush(self._heap, (at, due, key.int, key))

    def next(self) -> datetime | None:
        heap = self._heap
        while heap and not self._is_live(heap[0][0], Due(heap[0][1]), heap[0][3]):
            heappop(heap)
        return heap[0][0] if heap else None

    def is_due(self, now: datetime) -> bool:
        """May something be due?"""
        return bool(self._heap) and self._heap[0][0] <= now

    def pop_due(self, now: datetime) -> Iterator[tuple[Due, UUID]]:
        heap = self._heap
        while heap and heap[0][0] <= now:
            at, due, _, key = heappop(heap)
            if self._is_live(at, Due(due), key):
                yield Due(due), key
