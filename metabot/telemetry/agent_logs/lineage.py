"""Which trace a line belongs to, where all that a line tells is its own id and its parent's.

Lines come in the order in which their spans end, so a parent follows its children; a child is held until the chain of
its parents is there up to the root. Ids of a second and four random digits are given twice now and then. A child
belongs to the first line behind it that has its parent's id and was open when the child began; failing that, where a
task outlived the step that began it, to the last such line before it, of the sixty-four last of that id.

A trace is known by its root's id, the second one of the same id by its start too. What no parent was written for is a
trace of its own under the missing parent's id; but where it is less than an hour old its parent may still be running,
and it is a `Reject` until the file has grown. Lines that hold too much memory are let go as if the file ended there.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import Final, Generic, TypeVar

from metabot.telemetry.identity import span_id_of, trace_id_of
from metabot.telemetry.record import Reject
from metabot.telemetry.spans import reject

_T = TypeVar("_T")
_HELD: Final = 200_000  # lines whose trace is not known yet
_REMEMBERED: Final = 50_000  # lines that a later one may be a child of
_LOOKED_AT: Final = 64  # of the lines of one id, for one that may have begun a later one: hostile files have thousands
_RUNNING_NS: Final = 3_600 * 10**9  # younger ones may have a parent that still runs


@dataclass(slots=True, kw_only=True, eq=False)
class Link(Generic[_T]):
    """A line in the chain; `trace_id` once it is known."""

    line: _T
    place: str
    id: str
    parent: str | None
    span_id: str
    start_ns: int
    end_ns: int
    timed: bool = True  # whether the end is known
    above: Link[_T] | None = None
    higher: Link[_T] | None = None  # a line above, by which the top is found sooner
    children: list[Link[_T]] = field(default_factory=list)
    trace_id: str | None = None


Placed = tuple[Link[_T], str, str | None]
"""A line, its trace's id and its parent's span id."""


class Lineage(Generic[_T]):
    def __init__(self, name: str, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._name: Final = name
        self._now_ns: Final = now_ns
        self._waiting: dict[str, list[Link[_T]]] = {}  # by the parent's id, in the order in which they began
        self._held = 0
        self._roots: set[str] = set()
        self._latest: deque[Link[_T]] = deque()
        self._by_id: dict[str, deque[Link[_T]]] = {}  # the latest ones

    def add(self, link: Link[_T]) -> Iterator[Placed[_T] | Reject]:
        """What is known now that this line is there."""
        self._claim(link)
        self._remember(link)
        if link.parent is None:
            yield from self._release(link, self._trace_of(link), None)
            return
        insort(self._waiting.setdefault(link.parent, []), link, key=_start)
        self._held += 1
        if self._held > _HELD:
            yield from self._let_go(running_ns=0)

    def rest(self) -> Iterator[Placed[_T] | Reject]:
        """What waits at the end of the file."""
        yield from self._let_go(running_ns=_RUNNING_NS)

    def _claim(self, parent: Link[_T]) -> None:
        waiting = self._waiting.get(parent.id)
        if not waiting:
            return
        first = bisect_left(waiting, parent.start_ns, key=_start)
        end = bisect_right(waiting, parent.end_ns + _a_millisecond, lo=first, key=_start)
        for child in waiting[first:end]:
            self._attach(child, parent)
        del waiting[first:end]
        if not waiting:
            del self._waiting[parent.id]

    def _attach(self, child: Link[_T], parent: Link[_T]) -> None:
        child.above = parent
        parent.children.append(child)

    def _remember(self, link: Link[_T]) -> None:
        self._latest.append(link)
        self._by_id.setdefault(link.id, deque()).append(link)
        if len(self._latest) > _REMEMBERED:
            old = self._latest.popleft()
            same = self._by_id[old.id]
            same.popleft()
            if not same:
                del self._by_id[old.id]

    def _trace_of(self, root: Link[_T]) -> str:
        if root.id in self._roots:
            return trace_id_of(self._name, root.id, root.start_ns)
        self._roots.add(root.id)
        return trace_id_of(self._name, root.id)

    def _release(self, top: Link[_T], trace_id: str, parent_id: str | None) -> Iterator[Placed[_T]]:
        open_ones: list[tuple[Link[_T], str | None]] = [(top, parent_id)]
        while open_ones:
            link, above = open_ones.pop()
            link.trace_id = trace_id
            yield link, trace_id, above
            open_ones += [(child, link.span_id) for child in link.children]
            self._held -= len(link.children)
            link.children = []

    def _let_go(self, *, running_ns: int) -> Iterator[Placed[_T] | Reject]:
        tops = [link for links in self._waiting.values() for link in links]
        self._waiting.clear()
        self._held = 0
        still_waiting = [top for top in tops if not self._attached_late(top)]
        youngest = self._now_ns() - running_ns
        for top in tops:
            known = top.above.trace_id if top.above else None
            if top.above is not None and known is not None and top.trace_id is None:
                yield from self._release(top, known, top.above.span_id)
        for top in still_waiting:
            if running_ns and top.end_ns > youngest:
                yield from self._held_back(top)
            else:
                missing = span_id_of(self._name, top.parent)
                yield from self._release(top, trace_id_of(self._name, top.parent), missing)

    def _attached_late(self, child: Link[_T]) -> bool:
        """To the last line before it that has its parent's id and began before it."""
        for parent in islice(reversed(self._by_id.get(child.parent or "", ())), _LOOKED_AT):
            if parent.start_ns <= child.start_ns and _top(parent) is not child:
                if parent.trace_id is None:
                    self._attach(child, parent)
                else:
                    child.above = parent
                return True
        return False

    def _held_back(self, top: Link[_T]) -> Iterator[Reject]:
        for link, _, _ in self._release(top, "", None):
            yield reject(link.place, f"its trace has not ended yet: no line of {top.parent}", link.id)


_a_millisecond: Final = 1_000_000  # durations are often whole milliseconds
_start: Final = attrgetter("start_ns")


def _top(link: Link[_T]) -> Link[_T]:
    """The line that nothing is above of; the way to it is short from then on."""
    way = []
    while (above := link.higher or link.above) is not None:
        way.append(link)
        link = above
    for below in way:
        below.higher = link
    return link
