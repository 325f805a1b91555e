"""A bus of signals within the process: who emits knows nothing of who hears."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase
from importlib import import_module
from inspect import isawaitable, iscoroutinefunction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from metabot_instrument.boundary import contained, count
from metabot_instrument.forks import renewed_in_children, setting_up

if TYPE_CHECKING:
    import asyncio

    from metabot_instrument.signals.background import Background

_DEEPEST: Final = 50  # signals emitted by handlers of signals, one within the other
_UNDER_WAY: Final = 10_000  # asynchronous handlers at a time
_REMEMBERED: Final = 1000  # names whose handlers are known without looking at every pattern
_FAILED: Final = "signal_handler"
_LOST: Final = "signals_lost"
_WRONG: Final = "signal"
_BACKGROUND: Final = "metabot_instrument.signals.background"  # and with it asyncio: loaded where something needs it


class Signal(NamedTuple):
    name: str
    data: Mapping[str, Any]
    time: float  # unix seconds when it was emitted
    monotonic: float = 0.0  # `time.monotonic()` at the same moment


Handler = Callable[[Signal], object]


class Bus:
    """Handlers are called in the order in which they came, in the thread that emits.

    One that fails is counted (`signal_handler` in `failures()`) and stops nobody. What an asynchronous one gives is run
    by the running event loop, else by a loop in a thread of the bus's own.
    """

    def __init__(self) -> None:
        self._handlers: tuple[tuple[str, Handler], ...] = ()  # replaced, never changed: it is read without a lock
        self._background: Background | None = None
        self.renew()
        renewed_in_children(self)

    def renew(self) -> None:
        """A forked child keeps the handlers; what was under way is the parent's."""
        self._lock = threading.RLock()
        self._known: dict[str, tuple[Handler, ...]] = {}
        self._tasks: set[asyncio.Future[object]] = set()
        self._depth = threading.local()

    def on(self, pattern: str, handler: Handler) -> Callable[[], None]:
        """`handler` gets each signal whose name the glob `pattern` matches. Gives a function that ends this.

        Raises ValueError where one of them cannot be used.
        """
        if not isinstance(pattern, str) or not callable(handler):
            raise ValueError(  # noqa: TRY004  # of any wrong setting, as everywhere
                f"Bus.on({pattern!r}, {handler!r}): say a name or a glob as in 'tool:*', and a function of a signal"
            )
        if iscoroutinefunction(handler):
            _load()
        entry = (pattern, contained(_FAILED, None)(handler))
        with self._lock:
            self._replace((*self._handlers, entry))
        return lambda: self._off(entry)

    @contained(_WRONG, None)
    def emit(self, name: str, data: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Tells the handlers; `more` is added to `data`. Returns when the synchronous ones have."""
        handlers = self._hearing(name)
        if not handlers:
            return
        now, monotonic = time.time(), time.monotonic()
        depth = getattr(self._depth, "now", 0)
        if depth >= _DEEPEST:
            count(_LOST, f"{name}: handlers of signals emit signals, {_DEEPEST} deep")
            return
        signal = Signal(name, MappingProxyType({**_mapping(data), **more}), now, monotonic)
        self._depth.now = depth + 1
        try:
            for handler in handlers:
                self.call(handler, signal)
        finally:
            self._depth.now = depth

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Calls a function that may be asynchronous and never raises, as handlers are called."""
        came = function(*args)
        if came is not None and isawaitable(came):
            self._run(came)

    def close(self) -> None:
        """No handler hears anything any more; those under way in the bus's own thread get two seconds."""
        with self._lock:
            self._replace(())
            background, self._background = self._background, None
        if background is not None:
            background.close()

    def _off(self, entry: tuple[str, Handler]) -> None:
        with self._lock:
            self._replace(tuple(each for each in self._handlers if each is not entry))

    def _replace(self, handlers: tuple[tuple[str, Handler], ...]) -> None:
        self._handlers = handlers
        self._known = {}

    def _hearing(self, name: str) -> tuple[Handler, ...]:
        known = self._known
        found = known.get(name)
        if found is None:
            found = tuple(handler for pattern, handler in self._handlers if fnmatchcase(name, pattern))
            if len(known) < _REMEMBERED:
                known[name] = found
        return found

    @contained(_FAILED, None)
    def _run(self, came: Awaitable[object]) -> None:
        waiting = 0 if self._background is None else self._background.waiting()
        if len(self._tasks) + waiting >= _UNDER_WAY:
            _drop(came)
            count(_LOST, f"{_UNDER_WAY} asynchronous handlers are under way")
            return
        if _BACKGROUND not in sys.modules:
            _load()
        import asyncio  # noqa: PLC0415

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._run_elsewhere(came)
        else:
            self._begin(came)

    def _run_elsewhere(self, came: Awaitable[object]) -> None:
        from metabot_instrument.signals.background import Background  # noqa: PLC0415

        with self._lock:
            if self._background is None:
                self._background = Background()
            background = self._background
        try:
            background.call(lambda: self._begin(came))
        except (OSError, RuntimeError) as error:  # no thread or no file is to be had
            _drop(came)
            count(_LOST, error)

    @contained(_FAILED, None)
    def _begin(self, came: Awaitable[object]) -> None:
        import asyncio  # noqa: PLC0415

        task = asyncio.ensure_future(came)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[object]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            count(_FAILED, error)


def _load() -> None:
    """Once: whoever emits must not wait for what others set up."""
    with setting_up:
        import_module(_BACKGROUND)


def _mapping(data: object) -> Mapping[str, Any]:
    if isinstance(data, Mapping):
        return data
    if data is not None:
        count(_WRONG, f"a {type(data).__name__} for the data of a signal; say a mapping")
    return {}


def _drop(came: Awaitable[object]) -> None:
    if hasattr(came, "close"):
        came.close()
