"""What a monitor is asked, and how it is made."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus
from tests.instrument.counted import counted
from tests.instrument.waited import waited


def test_the_status_is_five_fields(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Idle, active while a tool or a model is called, and what it waits for."""
    found = monitor.status()
    assert list(found) == ["state", "primary_metric", "secondary_metric", "last_activity", "message"]
    assert (found["state"], found["last_activity"]) == ("idle", None)
    assert found["primary_metric"].endswith(" MB")
    bus.emit("tool:start", tool="search")
    bus.emit("api:request:start", id="r")
    found = monitor.status()
    assert (found["state"], found["message"]) == ("active", "waits for search, a model")
    bus.emit("tool:end", tool="search")
    bus.emit("api:request:end", id="r")
    found = monitor.status()
    assert (found["state"], found["secondary_metric"]) == ("idle", "1 model call")
    assert abs(datetime.fromisoformat(found["last_activity"]).timestamp() - time.time()) < 5


def test_an_export_is_written_whole_or_not_at_all(bus: Bus, monitor: PerformanceMonitor, tmp_path: Path) -> None:
    """As JSON that says what it is; a place that cannot be written is counted, and the figures are given."""
    with monitor.tool("ümlaut 📦\ud800"):
        pass
    path = tmp_path / "monitor.json"
    assert monitor.export(path) == json.loads(path.read_text(encoding="utf-8"))
    assert list(tmp_path.iterdir()) == [path]
    with counted("monitor", 1):
        assert monitor.export(tmp_path / "nowhere/monitor.json")["format"] == "metabot-monitor"


def test_who_reads_while_an_export_is_written_reads_a_whole_one(monitor: PerformanceMonitor, tmp_path: Path) -> None:
    """The one before or the new one."""
    path = tmp_path / "monitor.json"
    monitor.export(path)
    done = threading.Event()
    found: list[dict[str, Any]] = []

    def reads() -> None:
        while not done.is_set():  # what it raises fails the test
            found.append(json.loads(path.read_text(encoding="utf-8")))

    reader = threading.Thread(target=reads)
    reader.start()
    waited(lambda: found)
    with counted("monitor", 0):
        for _ in range(20):
            monitor.export(path)
    done.set()
    reader.join()


@pytest.mark.slow
def test_what_is_remembered_is_bounded(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Tools, models, states and starts without end; the rest counts as `other` or as unmatched."""
    for number in range(10_100):
        bus.emit("tool:start", tool_name=f"tool-{number}", call_id=number)
    for number in range(1000):
        bus.emit("agent:state:change", newState=f"state-{number}")
        bus.emit("api:request:end", request_id=number, model=f"model-{number}", tokens={"input": 1})
    bus.emit("tool:end", tool_name="tool-10099", call_id=10_099)
    found = monitor.metrics()
    assert len(found["tools"]) == len(found["states"]) == 201
    assert found["tools"]["other"]["calls"] == 1
    assert found["states"]["other"]["entries"] == 800
    assert len(found["llm"]["models"]) == 101
    assert found["llm"]["calls"] == found["llm"]["tokens"]["input"] == 1000
    assert len(found["llm"]["recent"]) == 100
    assert found["unmatched"] == {"starts": 100, "ends": 1000}


def test_of_a_tool_that_no_signal_named_there_is_nothing_to_say(monitor: PerformanceMonitor) -> None:
    """To ask for it is no failure."""
    with counted("monitor", 0):
        assert monitor.tool_stats("search") is None
        assert not monitor.is_switched_off("search")


def test_wrong_questions_are_counted(bus: Bus) -> None:
    """And answered as nothing; ids of the application's that are no texts are told as texts."""
    monitor = PerformanceMonitor(bus, session_id=["s", 1])  # type: ignore[arg-type]
    with counted("monitor", 3):
        assert not monitor.is_switched_off(["search"])  # type: ignore[arg-type]
        assert monitor.tool_stats({}) is None  # type: ignore[arg-type]
        assert monitor.export(5)["session_id"] == "['s', 1]"  # type: ignore[arg-type]
    monitor.close()


@pytest.mark.parametrize(
    "wrong", [{"sample_seconds": 0}, {"sample_seconds": "30"}, {"memory_limit_bytes": -1}, {"sample_seconds": None}]
)
def test_a_monitor_with_settings_that_will_not_do_is_refused(bus: Bus, wrong: dict[str, Any]) -> None:
    """With the setting's name, and nothing goes on listening."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PerformanceMonitor(bus, **wrong)
    assert bus._handlers == ()
