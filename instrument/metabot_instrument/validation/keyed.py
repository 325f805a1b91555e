"""What a validator keeps for each key, so bounded that keys made up by strangers do not eat memory."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, Generic, TypeVar

T = TypeVar("T")
_LONGEST: Final = 128  # characters of a key that is kept as it is
_LOOKED_AT: Final = 8  # of those that were used the longest ago, for each new key

lock: Final = threading.RLock()
"""Held for whatever is done with what is kept; for microseconds, so that one is enough."""
if hasattr(os, "register_at_fork"):  # a child must not find it held by a thread that it does not have
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


class Keyed(Generic[T]):
    """One `T` a key, for so many keys. One that is `idle` says nothing that a new one would not, and is forgotten.

    Where none of those that were used the longest ago is idle, new keys share one `T` until there is room.
    """

    def __init__(self, new: Callable[[], T], idle: Callable[[T], bool], most: int) -> None:
        self._new, self._idle, self._most = new, idle, most
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._shared = new()

    def of(self, key: str) -> T:
        """Under `lock`."""
        name = key if len(key) <= _LONGEST else blake2b(key.encode("utf-8", "surrogatepass")).hexdigest()
        found = self._kept.get(name)
        if found is None:
            if not self._has_room():
                return self._shared
            found = self._kept[name] = self._new()
        self._kept.move_to_end(name)
        return found

    def __len__(self) -> int:
        return len(self._kept)

    def _has_room(self) -> bool:
        for name in list(self._kept)[:_LOOKED_AT] if len(self._kept) >= self._most else ():
            if self._idle(self._kept[name]):
                del self._kept[name]
            else:
                self._kept.move_to_end(name)
        return len(self._kept) < self._most
