"""Where sessions and personas begin, and what is counted in each."""

from __future__ import annotations

import pytest

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus, Signal
from tests.instrument.monitor.told import tools


def test_cycles_and_artifacts_are_counted(bus: Bus, monitor: PerformanceMonitor) -> None:
    """A cycle that only its end is told of, too."""
    for name in ("agent:cycle:start", "agent:cycle:start", "agent:cycle:end", "artifact:created", "artifact:updated"):
        bus.emit(name)
    bus.emit("artifact:modified")
    bus.emit("artifact:deleted")
    assert monitor.metrics()["session"] == {"cycles": 2, "artifacts": {"created": 1, "modified": 2, "deleted": 1}}


def test_cycles_of_which_only_ends_are_told_are_counted(bus: Bus, monitor: PerformanceMonitor) -> None:
    """As many as there are ends, where there are more of them than starts."""
    for name in ("agent:cycle:start", "agent:cycle:end", "agent:cycle:end"):
        bus.emit(name)
    assert monitor.metrics()["session"]["cycles"] == 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("session:start", {"sessionId": "s-2"}),
        ("persona:switch", {"persona": "poet"}),
        ("session_start", {}),
        ("persona_switched", {"from": "clerk", "to": "poet"}),
        (None, {"session_id": "s-2"}),
    ],
)
def test_a_new_session_or_persona_begins_at_zero(
    bus: Bus, monitor: PerformanceMonitor, name: str | None, data: dict[str, str]
) -> None:
    """The figures before go out as a signal; what is under way goes on, and counts where it ends."""
    before: list[Signal] = []
    bus.on("monitor:reset", before.append)
    bus.emit("tool:start", tool="a")
    bus.emit("tool:end", tool="never began")
    bus.emit("agent:state:change", state="WORK")
    with monitor.tool("b"):
        bus.emit("artifact:created")
    if name:
        bus.emit(name, data)
    else:
        monitor.reset(**data)
    bus.emit("tool:end", tool="a")
    found = monitor.metrics()
    assert tools(monitor) == {"a": (1, 0)}
    assert (found["session_id"], found["persona_id"]) == (
        "s-2" if "s-2" in data.values() else None,
        data.get("persona") or data.get("to"),
    )
    assert found["states"]["WORK"]["entries"] == 1
    assert found["session"]["artifacts"]["created"] == found["unmatched"]["ends"] == 0
    assert before[0].data["export"]["tools"]["b"]["calls"] == 1


def test_a_failure_that_is_told_in_the_next_session_is_a_call_of_its_own(bus: Bus, monitor: PerformanceMonitor) -> None:
    """No session has more errors than calls."""
    with monitor.tool("a"):
        pass
    bus.emit("api:request:end", id="r")
    monitor.reset()
    bus.emit("tool:error", tool="a")
    bus.emit("api:request:error", id="r")
    assert tools(monitor) == {"a": (1, 1)}
    assert (monitor.llm_stats()["calls"], monitor.llm_stats()["errors"]) == (1, 1)


def test_the_same_session_told_again_begins_nothing(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Systems repeat themselves."""
    for _ in range(2):
        bus.emit("session:start", session_id="s-1")
        bus.emit("persona:switch", {"from": "clerk", "to": "poet"})
        with monitor.tool("a"):
            pass
    assert tools(monitor) == {"a": (2, 0)}
