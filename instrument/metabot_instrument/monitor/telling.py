"""What the monitor says by itself: signals, events, and the application's hook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from metabot_instrument.boundary import contained
from metabot_instrument.events.emit import emit_event
from metabot_instrument.monitor.alerts import Told
from metabot_instrument.signals.bus import Bus

_EVENTS: Final = {
    "alert:raised": "alert_triggered",
    "alert:resolved": "alert_resolved",
    "tool:switched_off": "tool_switched_off",
    "tool:switched_on": "tool_switched_on",
}
_PAYLOAD: Final = {  # from the words of our signals to those of our events
    "name": "alert",
    "subject": "subject",
    "severity": "severity",
    "message": "message",
    "value": "value",
    "limit": "threshold",
    "duration_ms": "duration_ms",
    "tool_name": "tool",
    "why": "reason",
}

SwitchOff = Callable[[str, str], object]


class Telling:
    def __init__(self, bus: Bus, switch_off: SwitchOff | None) -> None:
        self._bus = bus
        self._switch_off = contained("switch_off", None)(switch_off) if switch_off else None

    def tell(self, told: list[Told], session_id: str | None) -> None:
        """Called within no lock: who hears it may ask the monitor, from another thread as well."""
        for name, data in told:
            if name in _EVENTS:
                emit_event(_EVENTS[name], _payload(data), session_id=session_id)
            self._bus.emit(name, data)
            if name == "tool:switched_off" and self._switch_off:
                self._bus.call(self._switch_off, data["tool_name"], data["why"])


def _payload(data: Mapping[str, Any]) -> dict[str, Any]:
    return {_PAYLOAD[key]: value for key, value in data.items() if key in _PAYLOAD}
