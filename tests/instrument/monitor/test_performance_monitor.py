"""What a monitor counts of the signals of a bus."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.boundary import failures
from metabot_instrument.monitor.memory import Sample
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.monitor.said import Moment
from metabot_instrument.monitor.session import Session
from metabot_instrument.monitor.status import status
from metabot_instrument.signals.bus import Bus, Signal

T0 = 1768312800_000  # ms


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus()
    yield made
    made.close()


@pytest.fixture
def monitor(bus: Bus) -> Iterator[PerformanceMonitor]:
    made = PerformanceMonitor(bus, recorded_calls=False)
    yield made
    made.close()


def tools(monitor: PerformanceMonitor) -> dict[str, tuple[int, int]]:
    return {name: (tool["calls"], tool["errors"]) for name, tool in monitor.metrics()["tools"].items()}


@pytest.mark.parametrize(("key", "ms"), [("toolName", 0), ("tool_name", 20), ("tool", 180), ("name", 1)])
def test_a_duration_is_true_to_five_milliseconds(bus: Bus, monitor: PerformanceMonitor, key: str, ms: int) -> None:
    """By the monotonic clock where the emitter stamps nothing, under any of the names that a tool comes by."""
    wrong = []
    for attempt in range(3):  # on a busy machine the test itself may be held up
        bus.emit("tool:start", {key: f"search {attempt}"})
        begun = time.perf_counter()
        time.sleep(ms / 1000)
        took = (time.perf_counter() - begun) * 1000
        bus.emit("tool:end", {key: f"search {attempt}"})
        found = monitor.tool_stats(f"search {attempt}") or {}
        assert found["total_ms"] == found["mean_ms"] == found["min_ms"] == found["max_ms"] == found["p50_ms"]
        wrong.append(abs(found["total_ms"] - took))
    assert min(wrong) < 5


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (T0, T0 + 437),
        (T0 / 1000, T0 / 1000 + 0.437),
        (T0 * 1000, T0 * 1000 + 437_000),
        (T0 * 10**6, T0 * 10**6 + 437_000_000),
        (float(T0), T0 + 437.0),
    ],
)
def test_the_emitters_own_stamps_count(bus: Bus, monitor: PerformanceMonitor, begin: float, end: float) -> None:
    """In milliseconds since 1970; below 10¹¹ they are seconds, and micro- and nanoseconds are known by their size."""
    bus.emit("tool:start", toolName="search", timestamp=begin)
    bus.emit("tool:end", toolName="search", timestamp=end)
    found = monitor.tool_stats("search")
    assert found is not None
    assert found["total_ms"] == pytest.approx(437, abs=0.01)
    assert found["last_call"] == "2026-01-13T14:00:00.437+00:00"


@pytest.mark.parametrize("stamp", [None, "soon", True, float("nan"), float("inf"), -5, 0, 12.5, 10**400, [], {}])
def test_a_stamp_that_is_no_time_is_passed_over(bus: Bus, monitor: PerformanceMonitor, stamp: Any) -> None:
    """The clock counts instead."""
    bus.emit("tool:start", toolName="search", timestamp=stamp)
    bus.emit("tool:end", toolName="search", timestamp=stamp)
    found = monitor.tool_stats("search")
    assert found is not None
    assert 0 <= found["total_ms"] < 1000
    assert datetime.fromisoformat(found["last_call"]).year > 2025


def test_a_live_stamp_in_whole_seconds_is_too_coarse_to_measure_by(bus: Bus, monitor: PerformanceMonitor) -> None:
    """The clock counts, and a call of some milliseconds does not take a second."""
    bus.emit("tool:start", toolName="search", timestamp=int(time.time()))
    time.sleep(0.02)
    bus.emit("tool:end", toolName="search", timestamp=int(time.time()))
    found = monitor.tool_stats("search")
    assert found is not None
    assert 20 <= found["total_ms"] < 900


def test_stamps_in_whole_seconds_of_long_ago_count(bus: Bus, monitor: PerformanceMonitor) -> None:
    """As of signals that are given again."""
    bus.emit("tool:start", toolName="search", timestamp=T0 // 1000)
    bus.emit("tool:end", toolName="search", timestamp=T0 // 1000 + 2)
    assert (monitor.tool_stats("search") or {})["total_ms"] == 2000


def test_a_clock_that_was_set_back_makes_no_negative_duration(bus: Bus, monitor: PerformanceMonitor) -> None:
    """It counts as nothing."""
    bus.emit("tool:start", toolName="search", timestamp=T0)
    bus.emit("tool:end", toolName="search", timestamp=T0 - 1000)
    assert (monitor.tool_stats("search") or {})["total_ms"] == 0


@pytest.mark.parametrize("stamps", [(T0, None), (None, T0), (None, 4_100_000_000_000)])
def test_where_only_one_end_is_stamped_the_clock_counts(
    bus: Bus, monitor: PerformanceMonitor, stamps: tuple[int | None, int | None]
) -> None:
    """The emitter's clock and this process's are two."""
    bus.emit("tool:start", toolName="search", timestamp=stamps[0])
    time.sleep(0.02)
    bus.emit("tool:end", toolName="search", timestamp=stamps[1])
    assert 20 <= (monitor.tool_stats("search") or {})["total_ms"] < 5000


def test_calls_of_one_tool_at_a_time_are_told_apart_by_their_ids(bus: Bus, monitor: PerformanceMonitor) -> None:
    """However they overlap."""
    for stamp, name, call in (
        (0, "tool:start", "a"),
        (10, "tool:start", "b"),
        (20, "tool:end", "a"),
        (110, "tool:end", "b"),
    ):
        bus.emit(name, toolName="search", callId=call, timestamp=T0 + stamp)
    found = monitor.tool_stats("search") or {}
    assert (found["calls"], found["min_ms"], found["max_ms"]) == (2, 20, 100)


def test_without_ids_they_are_told_apart_by_task_and_thread(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Tasks that overlap, and threads that do."""

    async def one(name: str, mine: asyncio.Event, other: asyncio.Event) -> None:
        bus.emit("tool:start", toolName="task", timestamp=T0 + len(name))
        mine.set()
        await other.wait()
        bus.emit("tool:end", toolName="task", timestamp=T0 + len(name) * 100)

    def in_a_thread(name: str, both: threading.Barrier) -> None:
        bus.emit("tool:start", toolName="thread", timestamp=T0 + len(name))
        both.wait()
        bus.emit("tool:end", toolName="thread", timestamp=T0 + len(name) * 100)

    async def tasks() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        await asyncio.gather(one("a", first, second), one("bb", second, first))

    asyncio.run(tasks())
    both = threading.Barrier(2)
    threads = [threading.Thread(target=in_a_thread, args=(name, both)) for name in ("a", "bb")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("task", "thread"):
        found = monitor.tool_stats(name) or {}
        assert (found["min_ms"], found["max_ms"]) == (99, 198)


def test_an_end_from_elsewhere_ends_the_oldest(bus: Bus, monitor: PerformanceMonitor) -> None:
    """One that began in another thread, without an id; calls within each other end from the inside."""
    started = threading.Thread(target=bus.emit, args=("tool:start",), kwargs={"toolName": "a", "timestamp": T0})
    started.start()
    started.join()
    bus.emit("tool:end", toolName="a", timestamp=T0 + 50)
    for stamp, name in ((0, "start"), (10, "start"), (20, "end"), (100, "end")):
        bus.emit(f"tool:{name}", toolName="b", timestamp=T0 + stamp)
    assert (monitor.tool_stats("a") or {})["total_ms"] == 50
    assert (monitor.tool_stats("b") or {})["min_ms"] == 10
    assert (monitor.tool_stats("b") or {})["max_ms"] == 100


@pytest.mark.parametrize("ids", [{}, {"call_id": "c"}])
@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ("start end", ((1, 0), (0, 0))),
        ("start error", ((1, 1), (0, 0))),
        ("start error end", ((1, 1), (0, 0))),
        ("start end error", ((1, 1), (0, 0))),
        ("start error error", ((1, 1), (0, 1))),
        ("start end end", ((1, 0), (0, 1))),
        ("start error end start end", ((2, 1), (0, 0))),
        ("end", (None, (0, 1))),
        ("error", ((1, 1), (0, 1))),
        ("start", ((0, 0), (0, 0))),
    ],
)
def test_what_does_not_fit_degrades(
    bus: Bus, monitor: PerformanceMonitor, ids: dict[str, str], signals: str, expected: tuple[Any, Any]
) -> None:
    """An error ends its call, a call counts once, and what has no other half is counted apart."""
    for name in signals.split():
        bus.emit(f"tool:{name}", ids, tool_name="search")
    unmatched = monitor.metrics()["unmatched"]
    assert (tools(monitor).get("search"), (unmatched["starts"], unmatched["ends"])) == expected


@pytest.mark.parametrize(("first", "then"), [({"call_id": "c"}, {}), ({}, {"call_id": "c"})])
def test_an_id_may_be_told_by_one_half_alone(
    bus: Bus, monitor: PerformanceMonitor, first: dict[str, str], then: dict[str, str]
) -> None:
    """The end goes to the start all the same, and an end after the failure is nothing more."""
    bus.emit("tool:start", first, tool="a")
    bus.emit("tool:error", then, tool="a")
    bus.emit("tool:end", then, tool="a")
    assert tools(monitor) == {"a": (1, 1)}
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 0}


def test_a_second_start_of_one_id_takes_the_firsts_place(bus: Bus, monitor: PerformanceMonitor) -> None:
    """The first is counted as unmatched."""
    for stamp, name in ((0, "start"), (100, "start"), (150, "end")):
        bus.emit(f"tool:{name}", toolName="a", callId=1, timestamp=T0 + stamp)
    assert (monitor.tool_stats("a") or {})["total_ms"] == 50
    assert monitor.metrics()["unmatched"] == {"starts": 1, "ends": 0}


def test_an_end_that_brings_its_duration_needs_no_start(bus: Bus, monitor: PerformanceMonitor) -> None:
    """As systems tell that measure themselves."""
    bus.emit("tool:end", tool="a", durationMs=12.5)
    assert (monitor.tool_stats("a") or {})["total_ms"] == 12.5
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 0}


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


@pytest.mark.parametrize("asked_first", ["figures", "status"])
def test_a_start_waits_an_hour(asked_first: str) -> None:
    """Then it is counted as unmatched, and nothing is said to be under way."""
    now = time.monotonic()
    session = Session(Moment(time.time(), now, False), session_id=None, persona_id=None)
    for name in ("tool:start", "api:request:start"):
        session.hear(Signal(name, {"name": "a", "id": 1}, time.time(), now - 3599))
    assert status(session, Sample(time.time(), 1, 1.0, now))["state"] == "active"
    late = Moment(time.time(), now + 2, False)
    if asked_first == "figures":
        assert session.figures(late)["unmatched"] == {"starts": 2, "ends": 0}
    assert status(session, Sample(time.time(), 1, 1.0, late.monotonic))["state"] == "idle"
    assert session.figures(late)["unmatched"] == {"starts": 2, "ends": 0}


def test_an_end_does_not_go_to_a_start_of_long_ago() -> None:
    """The one that waited over an hour is forgotten with the next start, without anybody asking."""
    now = time.monotonic()
    session = Session(Moment(time.time(), now, False), session_id=None, persona_id=None)
    for name, tool, monotonic in (("start", "a", now - 3700), ("start", "b", now), ("end", "a", now)):
        session.hear(Signal(f"tool:{name}", {"tool": tool}, time.time(), monotonic))
    assert session.figures(Moment(time.time(), now, False))["unmatched"] == {"starts": 1, "ends": 1}


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


def test_cycles_of_which_only_ends_are_told_are_counted(bus: Bus, monitor: PerformanceMonitor) -> None:
    """As many as there are ends, where there are more of them than starts."""
    for name in ("agent:cycle:start", "agent:cycle:end", "agent:cycle:end"):
        bus.emit(name)
    assert monitor.metrics()["session"]["cycles"] == 2


def test_a_state_that_lasts_counts_as_long_as_it_has_lasted(bus: Bus, monitor: PerformanceMonitor) -> None:
    """And each agent is in a state of its own."""
    bus.emit("agent:state:change", newState="WAIT", agentId="a")
    bus.emit("agent:state:change", newState="WORK", agentId="b")
    time.sleep(0.05)
    found = monitor.metrics()["states"]
    assert 50 <= found["WORK"]["max_ms"] == found["WORK"]["mean_ms"] <= found["WAIT"]["total_ms"] < 5000


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"tokens": {"input": 7, "output": 5}}, (7, 5, 0, 12)),
        ({"tokens": {"input": 7.0, "output": 5, "total": 20}}, (7, 5, 0, 20)),
        ({"usage": {"input_tokens": 7, "output_tokens": 5, "cache_read_input_tokens": 3}}, (7, 5, 3, 12)),
        (
            {"usage": {"prompt_tokens": 7, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}},
            (7, 5, 4, 12),
        ),
        ({"inputTokens": 7, "outputTokens": 5, "cachedTokens": 1}, (7, 5, 1, 12)),
        ({"usage": {"promptTokenCount": 7, "candidatesTokenCount": 5, "totalTokenCount": 30}}, (7, 5, 0, 30)),
        ({"tokens": {"input": -1, "output": "5"}}, (0, 0, 0, 0)),
        ({"tokens": {"input": float("nan"), "output": True}}, (0, 0, 0, 0)),
        ({"tokens": 12}, (0, 0, 0, 12)),
        ({"tokens": True}, (0, 0, 0, 0)),
        ({"usage": {"total_tokens": 99}}, (0, 0, 0, 99)),
        ({"tokens": {"input": 10**30, "output": 5}}, (0, 5, 0, 5)),
    ],
)
def test_tokens_are_the_providers(
    bus: Bus, monitor: PerformanceMonitor, usage: dict[str, Any], expected: tuple[int, ...]
) -> None:
    """As each of them counts, matched by request id; what is no count is none."""
    bus.emit("api:request:start", requestId="r", model="m", timestamp=T0)
    bus.emit("api:request:end", {"requestId": "r", **usage}, timestamp=T0 + 800)
    found = monitor.llm_stats()
    assert tuple(found["tokens"].values()) == expected
    assert found["latency_ms"] == {"mean": 800, "p50": 800, "p95": 800}
    assert found["models"]["m"]["input"] == expected[0]


class Fails(dict[str, Any]):
    """A usage of a client package that cannot be read."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(key)

    def __contains__(self, key: object) -> bool:
        raise RuntimeError(key)

    def get(self, key: str, default: Any = None) -> Any:
        raise RuntimeError(key)


class Dumps:
    def model_dump(self) -> dict[str, Any]:
        raise RuntimeError("not now")


@pytest.mark.parametrize("usage", [Dumps(), Fails(), {"input": 1, "prompt_tokens_details": Dumps()}])
def test_a_usage_that_cannot_be_read_loses_no_call(bus: Bus, monitor: PerformanceMonitor, usage: Any) -> None:
    """It ends as every other, without its tokens, and what was wrong is counted."""
    before = failures().get("monitor", 0)
    bus.emit("api:request:start", request_id="r", model="m")
    bus.emit("api:request:end", request_id="r", usage=usage)
    found = monitor.llm_stats()
    assert (found["calls"], found["tokens"]["total"]) == (1, 0)
    assert monitor.status()["state"] == "idle" or "waits" not in monitor.status()["message"]
    assert failures()["monitor"] == before + 1


def test_model_calls_overlap_and_fail(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Each end goes to its request; a failed one is a call, and an end after the failure is not another."""
    for stamp, name, call in (
        (0, "start", "a"),
        (10, "start", "b"),
        (200, "error", "b"),
        (201, "end", "b"),
        (300, "end", "a"),
        (400, "end", "never began"),
        (401, "end", "never began"),
    ):
        bus.emit(f"api:request:{name}", request_id=call, timestamp=T0 + stamp, tokens={"input": 1})
    found = monitor.llm_stats()
    assert (found["calls"], found["errors"], found["tokens"]["input"]) == (3, 1, 2 + 1)
    assert [(one["request_id"], one["latency_ms"]) for one in found["recent"]] == [
        ("b", 190),
        ("a", 300),
        ("never began", None),
    ]
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 2}


def test_agents_are_bounded(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Beyond a thousand they are one, which is in one state at a time."""
    for number in range(1000):
        bus.emit("agent:state:change", agent_id=number, new_state="IDLE")
    bus.emit("agent:state:change", agent_id="one more", new_state="ONE")
    bus.emit("agent:state:change", agent_id="and another", new_state="TWO")
    assert monitor.metrics()["state_changes"] == [{"from": "ONE", "to": "TWO", "count": 1}]


def test_cycles_and_artifacts_are_counted(bus: Bus, monitor: PerformanceMonitor) -> None:
    """A cycle that only its end is told of, too."""
    for name in ("agent:cycle:start", "agent:cycle:start", "agent:cycle:end", "artifact:created", "artifact:updated"):
        bus.emit(name)
    bus.emit("artifact:modified")
    bus.emit("artifact:deleted")
    assert monitor.metrics()["session"] == {"cycles": 2, "artifacts": {"created": 1, "modified": 2, "deleted": 1}}


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


def test_the_same_session_told_again_begins_nothing(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Systems repeat themselves."""
    for _ in range(2):
        bus.emit("session:start", session_id="s-1")
        bus.emit("persona:switch", {"from": "clerk", "to": "poet"})
        with monitor.tool("a"):
            pass
    assert tools(monitor) == {"a": (2, 0)}


def test_an_export_is_written_whole_or_not_at_all(bus: Bus, monitor: PerformanceMonitor, tmp_path: Path) -> None:
    """As JSON that says what it is; a place that cannot be written is counted, and the figures are given."""
    with monitor.tool("ümlaut 📦\ud800"):
        pass
    path = tmp_path / "monitor.json"
    assert monitor.export(path) == json.loads(path.read_text(encoding="utf-8"))
    assert list(tmp_path.iterdir()) == [path]
    before = failures().get("monitor", 0)
    assert monitor.export(tmp_path / "nowhere/monitor.json")["format"] == "metabot-monitor"
    assert failures()["monitor"] == before + 1
    reading = threading.Event()

    def reads() -> None:
        while not reading.is_set():
            json.loads(path.read_text(encoding="utf-8"))

    reader = threading.Thread(target=reads)
    reader.start()
    for _ in range(20):
        monitor.export(path)
    reading.set()
    reader.join()
    assert failures()["monitor"] == before + 1


def test_a_tool_is_told_by_with_and_by_decorating(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Functions and coroutines, within each other and at a time; an exception goes on and is an error."""

    @monitor.tool("fails")
    def fails() -> None:
        raise KeyError("no")

    @monitor.tool("waits")
    async def waits(ms: int) -> int:
        await asyncio.sleep(ms / 1000)
        async with monitor.tool("within"):
            return ms

    one = monitor.tool("shared")

    async def shares(after: float) -> None:
        await asyncio.sleep(after)
        async with one:
            await asyncio.sleep(0.05)

    async def both() -> list[int]:
        await asyncio.gather(shares(0), shares(0.025))
        return await asyncio.gather(waits(60), waits(5))

    with pytest.raises(KeyError):
        fails()
    assert asyncio.run(both()) == [60, 5]
    assert tools(monitor) == {"fails": (1, 1), "waits": (2, 0), "within": (2, 0), "shared": (2, 0)}
    assert (monitor.tool_stats("waits") or {})["max_ms"] >= 60
    assert (monitor.tool_stats("shared") or {})["min_ms"] >= 50


def test_what_handlers_take_is_not_the_tools(bus: Bus, monitor: PerformanceMonitor) -> None:
    """A call that is told by `with` measures itself: 20 ms stay so, with 300 ms in whoever hears of it."""
    bus.on("tool:*", lambda _: time.sleep(0.15))
    monitor_too = PerformanceMonitor(bus)  # that hears after it
    with monitor.tool("search"):
        time.sleep(0.02)
    for one in (monitor, monitor_too):
        assert 20 <= (one.tool_stats("search") or {})["total_ms"] < 140
    monitor_too.close()


def test_a_generator_is_a_call_until_its_last_step(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Of either kind: it takes what is sent, fails as it did, and one that is left before its end did not fail."""

    @monitor.tool("steps")
    def steps(*, fails: bool = False) -> Generator[int, int, str]:
        got = yield 1
        time.sleep(0.03)
        if fails:
            raise KeyError(got)
        yield got
        return "done"

    @monitor.tool("streams")
    async def streams(*, fails: bool = False) -> AsyncGenerator[int, int]:
        got = yield 1
        await asyncio.sleep(0.03)
        if fails:
            raise KeyError(got)
        yield got

    async def streamed() -> list[int]:
        stream = streams()
        found = [await anext(stream), await stream.asend(7)]
        assert [item async for item in stream] == []
        left = streams()
        await anext(left)
        await left.aclose()
        with pytest.raises(KeyError):
            [item async for item in streams(fails=True)]
        return found

    taken = steps()
    assert [next(taken), taken.send(7)] == [1, 7]
    with pytest.raises(StopIteration, match="done"):
        next(taken)
    with pytest.raises(KeyError):
        list(steps(fails=True))
    left = steps()
    next(left)
    left.close()
    assert asyncio.run(streamed()) == [1, 7]
    assert tools(monitor) == {"steps": (3, 1), "streams": (3, 1)}
    assert all((monitor.tool_stats(name) or {})["total_ms"] >= 60 for name in ("steps", "streams"))


def test_fifty_threads_lose_nothing(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Totals are exact while others ask, with ids and without."""

    def works(number: int) -> None:
        for turn in range(20):
            ids = {"callId": f"{number}-{turn}"} if number % 2 else {}
            bus.emit("tool:start", ids, toolName=f"t{number % 7}")
            bus.emit("api:request:start", requestId=f"{number}-{turn}", model="m")
            bus.emit("api:request:end", requestId=f"{number}-{turn}", tokens={"input": 3, "output": 2})
            bus.emit("tool:error" if turn % 4 == 0 else "tool:end", ids, toolName=f"t{number % 7}")
            bus.emit("agent:cycle:start")
            if turn % 10 == 0:
                monitor.metrics()
                monitor.status()

    threads = [threading.Thread(target=works, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = monitor.metrics()
    assert sum(tool["calls"] for tool in found["tools"].values()) == 1000
    assert sum(tool["errors"] for tool in found["tools"].values()) == 250
    assert (found["llm"]["calls"], found["llm"]["tokens"]["total"]) == (1000, 5000)
    assert found["session"]["cycles"] == 1000
    assert found["unmatched"] == {"starts": 0, "ends": 0}
    assert monitor.status()["state"] == "idle"


def test_sessions_that_begin_while_threads_work_lose_nothing(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Each call stands in the figures of one session."""
    exports: list[Any] = []
    bus.on("monitor:reset", lambda told: exports.append(told.data["export"]))

    def works() -> None:
        for _ in range(50):
            with monitor.tool("a"):
                bus.emit("api:request:end", usage={"input": 1})

    threads = [threading.Thread(target=works) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(20):
        bus.emit("session:start", session_id=number)
        time.sleep(0.002)
    for thread in threads:
        thread.join()
    exports.append(monitor.export())
    assert sum(export["tools"].get("a", {"calls": 0})["calls"] for export in exports) == 400
    assert sum(export["llm"]["tokens"]["input"] for export in exports) == 400


def test_a_signal_handler_may_emit_at_any_moment(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Also while its own thread is counting; nothing is lost, and nothing hangs."""
    rings = 0

    def rang(*_: object) -> None:
        nonlocal rings
        rings += 1
        with monitor.tool("alarm"):
            bus.emit("agent:cycle:start")

    before = signal.signal(signal.SIGALRM, rang)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0007)
    try:
        for _ in range(800):
            with monitor.tool("work"):
                bus.emit("agent:cycle:start")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rings > 0
    assert tools(monitor) == {"work": (800, 0), "alarm": (rings, 0)}
    found = monitor.metrics()
    assert (found["session"]["cycles"], found["unmatched"]) == (800 + rings, {"starts": 0, "ends": 0})


def test_a_forked_child_counts_for_itself(bus: Bus, monitor: PerformanceMonitor) -> None:
    """From zero, with a sampler of its own; and a lock that another thread held does not stop it."""
    with monitor.tool("a"):
        pass
    go = threading.Event()

    def holds() -> None:
        with monitor._lock:
            go.set()
            time.sleep(0.3)

    holder = threading.Thread(target=holds)
    holder.start()
    go.wait()
    child = os.fork()
    if not child:
        bus.emit("tool:start", tool="b")
        bus.emit("tool:end", tool="b")
        good = tools(monitor) == {"b": (1, 0)} and len(monitor.memory_stats()["samples"]) == 1
        good = good and any(thread.name == "metabot-memory" for thread in threading.enumerate())
        os._exit(0 if good else 1)
    holder.join()
    assert os.waitpid(child, 0)[1] == 0


def test_wrong_questions_are_counted(bus: Bus) -> None:
    """And answered as nothing; ids of the application's that are no texts are told as texts."""
    monitor = PerformanceMonitor(bus, session_id=["s", 1])  # type: ignore[arg-type]
    before = failures().get("monitor", 0)
    assert not monitor.is_switched_off(["search"])  # type: ignore[arg-type]
    assert monitor.tool_stats({}) is None  # type: ignore[arg-type]
    assert monitor.export(5)["session_id"] == "['s', 1]"  # type: ignore[arg-type]
    assert failures()["monitor"] == before + 3
    monitor.close()


@pytest.mark.parametrize(
    "wrong", [{"sample_seconds": 0}, {"sample_seconds": "30"}, {"memory_limit_bytes": -1}, {"sample_seconds": None}]
)
def test_a_monitor_with_settings_that_will_not_do_is_refused(bus: Bus, wrong: dict[str, Any]) -> None:
    """With the setting's name, and nothing goes on listening."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PerformanceMonitor(bus, **wrong)
    assert bus._handlers == ()
