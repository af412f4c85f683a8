"""Values that are costly to make, kept while they are of use and there is room. Knows nothing of what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class WeightedLru(Generic[K, V]):
    """The values used last, of which `weigh` may add up to `most`."""

    def __init__(self, most: int, weigh: Callable[[V], int]) -> None:
        self._most = most
        self._weigh = weigh
        self._weight = 0
        self._values: dict[K, V] = {}

    def known(self, keys: Iterable[K]) -> dict[K, V]:
        """Return the values that are kept under any of these keys."""
        values = self._values
        if 2 * self._weight <= self._most:  # nothing is about to go: who was used last need not be known
            return {key: values[key] for key in keys if key in values}
        found = {key: values.pop(key) for key in dict.fromkeys(keys) if key in values}
        self._values |= found
        return found

    def keep(self, values: Mapping[K, V]) -> None:
        """Keep more values, under keys that are not known; those that were not used for longest go."""
        self._values |= values
        self._weight += sum(map(self._weigh, values.values()))
        while self._weight > self._most:
            self._weight -= self._weigh(self._values.pop(next(iter(self._values))))

    def get(self, keys: Iterable[K], make: Callable[[Sequence[K]], Mapping[K, V]]) -> dict[K, V]:
        """Return the values under some keys; `make` gives those that are not kept, and they are kept from then on."""
        wanted = dict.fromkeys(keys)
        found = self.known(wanted)
        if len(found) < len(wanted):
            made = make([key for key in wanted if key not in found])
            self.keep(made)
            found |= made
        return found
