"""States of agents: how often, how long, and which after which."""

from __future__ import annotations

import time

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus
from tests.instrument.counted import counted
from tests.instrument.monitor.told import T0


def test_states_last_from_change_to_change_or_exit(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Exits may be told before the change, after it or not at all; who follows whom is counted."""
    bus.emit("agent:state:change", newState="THINK", timestamp=T0)
    bus.emit("agent:state:exit", state="THINK", timestamp=T0 + 100)
    bus.emit("agent:state:change", new_state="ACT", timestamp=T0 + 100)
    bus.emit("agent:state:change", {"from": "ACT", "to": "THINK"}, timestamp=T0 + 400)
    bus.emit("agent:state:exit", state="ACT", timestamp=T0 + 401)
    bus.emit("agent:state:exit", state="THINK", timestamp=T0 + 600)
    bus.emit("agent:state:exit", state="THINK", timestamp=T0 + 700)
    found = monitor.metrics()
    dwelt = {name: (state["entries"], state["total_ms"], state["max_ms"]) for name, state in found["states"].items()}
    assert dwelt == {"THINK": (2, 300, 200), "ACT": (1, 300, 300)}
    changes = [(change["from"], change["to"], change["count"]) for change in found["state_changes"]]
    assert changes == [("THINK", "ACT", 1), ("ACT", "THINK", 1)]
    assert found["unmatched"] == {"starts": 0, "ends": 1}


def test_an_exit_of_another_state_than_the_one_left_is_unmatched(bus: Bus, monitor: PerformanceMonitor) -> None:
    """A change ends the state before, and only that state's exit may still follow."""
    bus.emit("agent:state:change", newState="THINK", timestamp=T0)
    bus.emit("agent:state:change", newState="ACT", timestamp=T0 + 100)
    bus.emit("agent:state:exit", state="READ", timestamp=T0 + 101)
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 1}
    bus.emit("agent:state:exit", state="THINK", timestamp=T0 + 102)
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 1}
    bus.emit("agent:state:exit", state="THINK", timestamp=T0 + 103)
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 2}


def test_an_exit_of_an_agent_that_was_in_no_state_is_unmatched(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Whether or not it names the state."""
    with counted("signal_handler", 0):
        bus.emit("agent:state:exit", state="THINK")
        bus.emit("agent:state:exit")
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 2}


def test_a_state_that_lasts_counts_as_long_as_it_has_lasted(bus: Bus, monitor: PerformanceMonitor) -> None:
    """And each agent is in a state of its own."""
    bus.emit("agent:state:change", newState="WAIT", agentId="a")
    bus.emit("agent:state:change", newState="WORK", agentId="b")
    time.sleep(0.05)
    found = monitor.metrics()["states"]
    assert 50 <= found["WORK"]["max_ms"] == found["WORK"]["mean_ms"] <= found["WAIT"]["total_ms"] < 5000


def test_changes_from_state_to_state_are_bounded(bus: Bus, monitor: PerformanceMonitor) -> None:
    """A thousand pairs of states; those of the rest are counted together."""
    for first in range(33):
        for second in range(33):
            bus.emit("agent:state:change", new_state=first)
            bus.emit("agent:state:change", new_state=second)
    changes = monitor.metrics()["state_changes"]
    together = sum(change["count"] for change in changes if change["from"] == change["to"] == "other")
    assert (len(changes), together > 0) == (1001, True)
    assert sum(change["count"] for change in changes) == 33 * 33 * 2 - 1


def test_agents_are_bounded(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Beyond a thousand they are one, which is in one state at a time."""
    for number in range(1000):
        bus.emit("agent:state:change", agent_id=number, new_state="IDLE")
    bus.emit("agent:state:change", agent_id="one more", new_state="ONE")
    bus.emit("agent:state:change", agent_id="and another", new_state="TWO")
    assert monitor.metrics()["state_changes"] == [{"from": "ONE", "to": "TWO", "count": 1}]
