"""A set that knows its smallest: a heap whose outdated entries are dropped as they surface."""

from collections.abc import Callable, Hashable, Iterator
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)
Key = tuple[Any, ...]

SPARE_ENTRIES = 64


class Ranking(Generic[Item]):
    """Items with keys. Keys must be unique and comparable, so that the order is total.

    `put`, `drop` and `first` cost the logarithm of the size (dropped entries count until they
    surface; never more of them are kept than there are items).
    """

    __slots__ = ("_heap", "_keys")

    def __init__(self) -> None:
        self._keys: dict[Item, Key] = {}
        self._heap: list[tuple[Key, Item]] = []

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Item]:
        """The items in the order in which they were added."""
        return iter(self._keys)

    def __contains__(self, item: Item) -> bool:
        return item in self._keys

    def put(self, item: Item, key: Key) -> None:
        """Add the item, or move it to another place."""
        if self._keys.get(item) != key:
            self._keys[item] = key
            heappush(self._heap, (key, item))
            self._tidy()

    def drop(self, item: Item) -> None:
        if self._keys.pop(item, None) is not None:
            self._tidy()

    def first(self) -> tuple[Key, Item] | None:
        """Return the smallest key with its item, None if empty."""
        heap, keys = self._heap, self._keys
        while heap:
            key, item = heap[0]
            if keys.get(item) == key:
                return heap[0]
            heappop(heap)
        return None

    def first_that(self, accept: Callable[[Item], bool]) -> tuple[Key, Item] | None:
        """Return the first in order that is accepted. Costs as many steps as are refused."""
        aside: list[tuple[Key, Item]] = []
        found = None
        while (entry := self.first()) is not None:
            if accept(entry[1]):
                found = entry
                break
            aside.append(heappop(self._heap))
        for entry in aside:
            heappush(self._heap, entry)
        return found

    def _tidy(self) -> None:
        if len(self._heap) > 2 * len(self._keys) + SPARE_ENTRIES:
            self._heap = [(key, item) for item, key in self._keys.items()]
            heapify(self._heap)
