"""A set that knows its smallest: a heap whose outdated entries are dropped as they surface."""

from collections.abc import Callable, Hashable, Iterator
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)
Key = tuple[Any, ...]
Entry = tuple[Key, int, Item]

SPARE_ENTRIES = 64


class Ranking(Generic[Item]):
    """Items with comparable keys. Of equal keys the one that was put first is the smaller.

    `put` and `drop` cost the logarithm of the size, `first` nothing: the top of the heap is never
    outdated. Of outdated entries no more are kept than there are items, and some spare ones.

    `heap` is for hot loops that read: its first entry is the smallest, and it is empty if the
    ranking is. It stays the same list for good.
    """

    __slots__ = ("_entries", "_serial", "heap")

    def __init__(self) -> None:
        self._entries: dict[Item, Entry[Item]] = {}
        self.heap: list[Entry[Item]] = []
        self._serial = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Item]:
        """The items in the order in which they were added."""
        return iter(self._entries)

    def __contains__(self, item: Item) -> bool:
        return item in self._entries

    def put(self, item: Item, key: Key) -> None:
        """Add the item, or move it to another place."""
        old = self._entries.get(item)
        if old is not None and old[0] == key:
            return
        self._serial += 1
        entry = self._entries[item] = (key, self._serial, item)
        heappush(self.heap, entry)
        if old is not None:
            self._tidy()

    def drop(self, item: Item) -> None:
        if self._entries.pop(item, None) is not None:
            self._tidy()

    def key_of(self, item: Item) -> Key:
        return self._entries[item][0]

    def count_before(self, key: Key) -> int:
        """Return how many have a smaller key. Looks at each."""
        return sum(entry[0] < key for entry in self._entries.values())

    def first(self) -> Entry[Item] | None:
        """Return the smallest, None if empty."""
        return self.heap[0] if self.heap else None

    def first_that(self, accept: Callable[[Item], bool]) -> Entry[Item] | None:
        """Return the first in order that is accepted. Costs as many steps as are refused."""
        aside: list[Entry[Item]] = []
        while (entry := self.first()) is not None and not accept(entry[2]):
            aside.append(heappop(self.heap))
            self._tidy()
        for refused in aside:
            heappush(self.heap, refused)
        return entry

    def _tidy(self) -> None:
        heap, entries = self.heap, self._entries
        while heap and entries.get(heap[0][2]) is not heap[0]:
            heappop(heap)
        if len(heap) > 2 * len(entries) + SPARE_ENTRIES:
            heap[:] = entries.values()
            heapify(heap)
