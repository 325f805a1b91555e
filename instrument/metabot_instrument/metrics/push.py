"""The push over OTLP: a thread sends what all meters of the process hold to `endpoint`, every so many seconds.

Nothing that counts ever waits for it. A collector that is away, refuses or hangs costs a push, which is counted as
`export`; the next one tells the same sums, so no number is lost. Flush and exit push once more, two seconds at most.
"""

from __future__ import annotations

import sys
import threading
import uuid
import weakref
from typing import TYPE_CHECKING, Any, Final

from metabot_instrument.boundary import contained, count
from metabot_instrument.current import on_change, settings
from metabot_instrument.forks import renewed_in_children, setting_up
from metabot_instrument.lines.writers import opened, settled_at_exit
from metabot_instrument.metrics import gate
from metabot_instrument.settings import UNNAMED, Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

    from metabot_instrument.metrics.meter import Meter

_PATIENCE: Final = 2.0  # seconds that flush and exit wait


class Push:
    """One a process. It begins with the first number that any meter has to tell, where an endpoint is set."""

    def __init__(self) -> None:
        self._meters: weakref.WeakSet[Meter] = weakref.WeakSet()
        self.renew()
        renewed_in_children(self)
        on_change(self._changed)

    @contained("export", None)
    def tell(self, meter: Meter) -> None:
        """From now on what `meter` holds is pushed. Under the gate."""
        self._meters.add(meter)
        self._begin()

    def forget(self, meter: Meter) -> None:
        """Under the gate, too."""
        self._meters.discard(meter)

    def renew(self) -> None:
        """In a forked child, which has no threads yet."""
        self._thread: _Sender | None = None
        self._beginning = threading.Lock()
        if self._meters:
            self._begin()

    def flush(self, timeout: float) -> bool:
        return self._thread is None or self._thread.pushed(timeout)

    def close(self, timeout: float) -> bool:
        sender, self._thread = self._thread, None
        if sender is None or sender.over(timeout):
            return True
        count("export", "the collector did not take the last metrics in time")
        return False

    def _changed(self) -> None:
        now = settings()
        if self._thread is not None and not self._thread.is_for(now):
            self.close(_PATIENCE)
        if self._meters:
            self._begin()

    def _begin(self) -> None:
        if not self._beginning.acquire(blocking=False):
            return  # somebody else is at it, or a signal handler came amid it
        try:
            now = settings()
            if self._thread is None and now.endpoint and now.metrics_interval_seconds:
                self._thread = _Sender(now, self._meters)
                opened(self)
                settled_at_exit()
        finally:
            self._beginning.release()


class _Sender:
    """The thread. It alone imports, builds and asks the exporter."""

    def __init__(self, now: Settings, meters: weakref.WeakSet[Meter]) -> None:
        self._settings, self._meters = now, meters
        self._asked = threading.Condition()
        self._wanted = self._done = 0  # pushes that somebody waits for
        self._closing = False
        threading.Thread(target=self._run, name="push of metrics", daemon=True).start()

    def is_for(self, now: Settings) -> bool:
        names = ("endpoint", "protocol", "metrics_interval_seconds", "service_name")
        return all(getattr(now, name) == getattr(self._settings, name) for name in names)

    def pushed(self, timeout: float) -> bool:
        """Whether a push that began after the call was taken, or given up, in time."""
        with self._asked:
            self._wanted += 1
            mine = self._wanted
            self._asked.notify_all()
            return self._asked.wait_for(lambda: self._done >= mine, min(timeout, _PATIENCE))

    def over(self, timeout: float) -> bool:
        with self._asked:
            self._closing = True
        return self.pushed(timeout)

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._answer(sys.maxsize)

    @contained("export", None)
    def _work(self) -> None:
        with setting_up:  # a fork waits: a child could not import what its parent was importing
            to, resource = _set_up(self._settings)
        over = to is None
        while not over:
            with self._asked:
                self._asked.wait_for(lambda: self._wanted > self._done, self._settings.metrics_interval_seconds)
                answered, over = self._wanted, self._closing
            _send(to, self._meters, resource)
            self._answer(answered)
        if to is not None:
            to.shutdown()

    def _answer(self, done: int) -> None:
        with self._asked:
            self._done = done
            self._asked.notify_all()


def _set_up(now: Settings) -> tuple[Any | None, Resource]:
    """Imports all that a push needs, half a second's worth, which no caller waits for."""
    from metabot_instrument.metrics import otlp_data  # noqa: F401, PLC0415
    from metabot_instrument.otlp import exporter  # noqa: PLC0415

    return exporter(now, "metrics"), _resource(now)


@contained("export", None)
def _send(to: Any, meters: weakref.WeakSet[Meter], resource: Resource) -> None:
    from opentelemetry.sdk.metrics.export import MetricExportResult  # noqa: PLC0415

    from metabot_instrument.metrics.otlp_data import metrics_data  # noqa: PLC0415
    from metabot_instrument.otlp import exporting  # noqa: PLC0415

    data = metrics_data(gate.read(lambda: list(meters)), resource)
    if data is None:
        return
    with exporting():
        if to.export(data) is not MetricExportResult.SUCCESS:
            count("export", "the collector did not take metrics")


def _resource(now: Settings) -> Resource:
    """Each process is an instance of its own, for its sums begin at nothing."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415

    told = OTELResourceDetector().detect()
    ours = {"service.instance.id": f"{uuid.uuid4()}"}
    if now.service_name != UNNAMED:
        ours["service.name"] = now.service_name
    elif "service.name" not in told.attributes:
        ours["service.name"] = UNNAMED
    return Resource({**ours, **{k: v for k, v in told.attributes.items() if k != "service.name" or k not in ours}})


push: Final = Push()
