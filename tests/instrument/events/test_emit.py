"""Emitting events: what a line holds, whatever the caller hands over, and what becomes of what cannot be written."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import metabot_instrument
from metabot_instrument import (
    append_event,
    append_ledger,
    configure,
    emit_alert,
    emit_event,
    emit_monitoring_snapshot,
    emit_system_event,
    emit_task_lifecycle,
    failures,
    flush,
)


def _events(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_bytes().splitlines()]


def _emitted(log: Path) -> dict[str, Any]:
    return _events(log)[-1]


def test_a_line_holds_what_was_said_and_when(log: Path) -> None:
    """Type, both times, service, payload, what it belongs to, and who wrote it as the how-manieth."""
    before = time.time()
    emit_event("task_started", {"goal": "explain"}, task_id="t1", session_id="s1", persona_id="p1")
    event = _emitted(log)
    assert event.pop("writer").isalnum()
    assert before - 0.001 <= event["unix_time"] <= time.time()
    at = datetime.fromisoformat(event.pop("timestamp"))
    assert at.utcoffset() is not None
    assert at.timestamp() == pytest.approx(event.pop("unix_time"), abs=1e-6)
    assert event == {
        "event": "task_started",
        "service": "desk",
        "task_id": "t1",
        "session_id": "s1",
        "persona_id": "p1",
        "payload": {"goal": "explain"},
        "seq": 1,
    }


def test_absent_values_are_left_out(log: Path) -> None:
    """Nothing is null."""
    emit_event("replan")
    event = _emitted(log)
    assert event.keys() == {"event", "service", "timestamp", "unix_time", "payload", "writer", "seq"}
    assert event["payload"] == {}


def test_an_unknown_type_is_written_and_marked(log: Path) -> None:
    """Nobody has to declare a type first."""
    emit_event("coffee_made", {"cups": 2})
    append_event({"event": "tea_made"})
    assert [(event["event"], event["unknown_type"]) for event in _events(log)] == [
        ("coffee_made", True),
        ("tea_made", True),
    ]


@pytest.mark.parametrize(
    ("emit", "kind", "holds"),
    [
        (lambda: emit_task_lifecycle("completed", "t1", quality=0.8), "task_completed", {"quality": 0.8}),
        (lambda: emit_alert("warning", "slow", port=1), "alert_triggered", {"severity": "warning", "port": 1}),
        (lambda: emit_system_event("migration", "moved", to="c"), "migration", {"description": "moved", "to": "c"}),
        (lambda: emit_monitoring_snapshot({"cpu": 0.5}), "performance_metric", {"cpu": 0.5}),
    ],
)
def test_each_wrapper_writes_its_type(log: Path, emit: Any, kind: str, holds: dict[str, Any]) -> None:
    """Task life cycle, alerts, system events and monitoring snapshots."""
    emit()
    event = _emitted(log)
    assert event["event"] == kind
    assert holds.items() <= event["payload"].items()
    assert "unknown_type" not in event


def test_a_wrappers_ids_are_the_events(log: Path) -> None:
    """Not part of what it says."""
    emit_alert("warning", "slow", task_id="t-1", session_id="s-1", port=1)
    event = _emitted(log)
    assert (event["task_id"], event["session_id"]) == ("t-1", "s-1")
    assert event["payload"] == {"severity": "warning", "message": "slow", "port": 1}


def test_a_payload_may_use_a_wrappers_own_words(log: Path) -> None:
    """And a call that says too little is counted, not raised."""
    emit_system_event("migration", "moved", kind="database", description="twice")
    assert _emitted(log)["payload"] == {"description": "twice", "kind": "database"}
    before = failures().get("events_lost", 0)
    emit_alert("warning")  # type: ignore[call-arg]
    assert failures()["events_lost"] == before + 1


def test_a_free_form_event_keeps_its_keys(log: Path) -> None:
    """Its own keys stand at the top level; its writer and seq make room for ours."""
    append_ledger({"event_type": "eval", "task_id": "t1", "quality": 0.85, "writer": "me", "seq": "one"})
    event = _emitted(log)
    assert (event["event"], event["event_type"], event["task_id"], event["quality"]) == ("eval", "eval", "t1", 0.85)
    assert (event["given_writer"], event["given_seq"], event["seq"]) == ("me", "one", 1)
    assert append_ledger is append_event


@pytest.mark.parametrize(
    ("given_times", "expected"),
    [
        ({"timestamp": "2026-11-22T12:00:00+01:00"}, ("2026-11-22T12:00:00+01:00", 1795345200.0)),
        ({"unix_time": 1795345200}, ("2026-11-22T11:00:00.000000+00:00", 1795345200)),
        ({"timestamp": "2026-11-22T12:00:00"}, ("2026-11-22T12:00:00", None)),
        ({"timestamp": "at noon", "unix_time": 5}, ("at noon", 5)),
        ({"unix_time": 1e300}, (None, 1e300)),
    ],
)
def test_a_free_form_event_keeps_its_times(log: Path, given_times: dict[str, Any], expected: tuple[Any, Any]) -> None:
    """Each is told from the other where one is missing, and a time without a zone stays one."""
    append_event({"event": "eval", **given_times})
    event = _emitted(log)
    assert (event.get("timestamp"), event.get("unix_time")) == expected


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_ANYTHING = st.recursive(
    st.none() | st.floats() | st.binary(max_size=8) | st.text(st.characters(), max_size=8) | st.builds(object),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(), max_size=6) | st.integers() | st.tuples(st.integers()), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(suppress_health_check=list(HealthCheck))
@given(payload=st.dictionaries(st.text(), _JSON, max_size=5))
def test_any_payload_of_json_comes_back_equal(log: Path, payload: dict[str, Any]) -> None:
    """Whatever JSON can say, line breaks and strange letters included."""
    emit_event("eval", payload)
    assert _emitted(log)["payload"] == payload


@settings(suppress_health_check=list(HealthCheck))
@given(
    event=st.dictionaries(st.sampled_from(["event", "event_type", "timestamp", "unix_time", "task_id", "x"]), _ANYTHING)
)
def test_any_free_form_event_is_written(log: Path, event: dict[str, Any]) -> None:
    """Whatever stands under the keys that mean something: one whole line each, and nothing raised or lost."""
    before, lost = len(_events(log)) if log.exists() else 0, failures().get("events_lost", 0)
    append_event(event)
    assert len(_events(log)) == before + 1
    assert failures().get("events_lost", 0) == lost


class _Colour(Enum):
    RED = "red"


@dataclass
class _Point:
    x: int


class _Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError


_CYCLE: list[Any] = []
_CYCLE.append(_CYCLE)
_DEEP: list[Any] = []
for _ in range(5_000):
    _DEEP = [_DEEP]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(math.nan, "NaN", id="not a number"),
        pytest.param(-math.inf, "-Infinity", id="infinity"),
        pytest.param("\ud800", "?", id="a lone surrogate"),
        pytest.param(b"caf\xc3\xa9", "café", id="bytes of text"),
        pytest.param(b"\xff\x00", "/wA=", id="bytes"),
        pytest.param({1}, [1], id="a set"),
        pytest.param((1, 2), [1, 2], id="a tuple"),
        pytest.param(_Colour.RED, "red", id="an enum"),
        pytest.param(_Point(3), {"x": 3}, id="a dataclass"),
        pytest.param(datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22T00:00:00+00:00", id="a time"),
        pytest.param(Path("/a"), "/a", id="a path"),
        pytest.param({(1, 2): 3}, {"(1, 2)": 3}, id="a key that is no text"),
        pytest.param(_CYCLE, ["<cycle>"], id="a cycle"),
        pytest.param(_Unprintable(), "<unprintable>", id="an object that cannot be printed"),
        pytest.param(10**5000, hex(10**5000)[:1000], id="a number of five thousand digits"),
        pytest.param(_Point, "<class", id="a class"),
    ],
)
def test_what_json_cannot_say_is_said_as_well_as_can_be(log: Path, value: object, said: object) -> None:
    """The rest of the payload comes as it is."""
    emit_event("eval", {"value": value, "beside": 1})
    payload = _emitted(log)["payload"]
    assert payload["beside"] == 1
    assert payload["value"] == said or str(payload["value"]).startswith(str(said))


def test_a_payload_too_deep_is_cut(log: Path) -> None:
    """Five thousand lists in one another: no reader has to be able to take that."""
    emit_event("eval", {"value": _DEEP})
    assert "<too deep>" in json.dumps(_emitted(log)["payload"])


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"text": "x" * 300_000, "beside": 1}, id="a long text"),
        pytest.param({"beside": 1, "list": ["some words"] * 50_000}, id="a long list"),
        pytest.param({"beside": 1, "wide": [["x" * 100] * 100] * 100}, id="long everywhere"),
        pytest.param({"x" * 300_000: 1}, id="a long key"),
    ],
)
def test_a_huge_payload_is_cut_and_says_so(log: Path, payload: dict[str, Any]) -> None:
    """The line says how many bytes there were, and stays small enough for any reader."""
    emit_event("eval", payload)
    event = _emitted(log)
    assert event["cut_bytes"] > 256_000
    assert len(log.read_bytes()) < 300_000


def test_what_cannot_be_written_is_counted(log: Path, tmp_path: Path) -> None:
    """A folder in the log's place: the caller goes on, and failures() tells."""
    before = failures().get("events_lost", 0)
    configure(events_path=str(tmp_path))
    for _ in range(3):
        emit_event("eval", {})
    assert failures()["events_lost"] == before + 3


@pytest.mark.parametrize("wrong", [None, 5, [], object()])
def test_nonsense_never_raises(log: Path, wrong: Any) -> None:
    """Types, payloads and events of the wrong kind are written or counted."""
    emit_event(wrong, wrong)
    append_event(wrong)
    emit_event("eval", wrong, task_id=wrong)
    assert _events(log)[-1]["event"] == "eval"


def test_a_buffered_event_is_there_within_a_second(log: Path) -> None:
    """Written to readable, with the settings as they come."""
    configure(events_buffered=True)
    emit_event("eval", {"n": 1})
    until = time.monotonic() + 1
    while not (log.exists() and log.stat().st_size) and time.monotonic() < until:
        time.sleep(0.01)
    assert _emitted(log)["payload"] == {"n": 1}


def test_a_buffered_payload_is_the_one_that_was_handed_over(log: Path) -> None:
    """What the application changes afterwards does not change the event."""
    configure(events_buffered=True, events_flush_seconds=60)
    payload = {"n": 1}
    emit_event("eval", payload)
    payload["n"] = 2
    assert flush()
    assert _emitted(log)["payload"] == {"n": 1}


def test_the_current_span_is_named(log: Path) -> None:
    """An event inside an OpenTelemetry span carries its ids."""
    from opentelemetry.sdk.trace import TracerProvider

    with TracerProvider().get_tracer("test").start_as_current_span("work") as span:
        emit_event("eval", {})
        append_event({"event": "eval"})
    ids = (f"{span.get_span_context().trace_id:032x}", f"{span.get_span_context().span_id:016x}")
    assert [(event["trace_id"], event["span_id"]) for event in _events(log)] == [ids, ids]


def test_emitting_needs_no_opentelemetry(tmp_path: Path) -> None:
    """An application without it does not pay for it."""
    script = f"""
import sys, metabot_instrument as m
m.configure(events_path={str(tmp_path / "log")!r})
m.emit_event("eval", {{}})
sys.exit(any(name.startswith(("opentelemetry", "metabot.")) for name in sys.modules))
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)
    assert len(_events(tmp_path / "log")) == 1


def test_the_old_names_of_the_environment_hold(tmp_path: Path) -> None:
    """AGI_LEDGER_PATH, AGI_EVENT_ASYNC, AGI_EVENT_BUFFER_SIZE and AGI_EVENT_FLUSH_INTERVAL set up a buffered log."""
    environment = {
        "AGI_LEDGER_PATH": str(tmp_path / "ledger.jsonl"),
        "AGI_EVENT_ASYNC": "true",
        "AGI_EVENT_BUFFER_SIZE": "100",
        "AGI_EVENT_FLUSH_INTERVAL": "5",
    }
    script = """
import os, metabot_instrument as m
m.append_ledger({"event": "eval"})
assert not os.path.exists(os.environ["AGI_LEDGER_PATH"])
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30, env=environment)
    assert [event["event"] for event in _events(tmp_path / "ledger.jsonl")] == ["eval"]


def test_a_log_written_at_once_counts_what_a_killed_process_lost(log: Path) -> None:
    """The dead one had a buffer, the one that comes next has none; the loss is the log's first line and a failure."""
    script = f"""
import os, metabot_instrument as m
m.configure(events_path={str(log)!r}, events_buffered=True, events_flush_seconds=60)
for _ in range(3):
    m.emit_event("eval")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)
    before = failures().get("lost_by_a_kill", 0)
    emit_event("replan")
    assert [(event["event"], event["payload"].get("count")) for event in _events(log)] == [
        ("events_lost", 3),
        ("replan", None),
    ]
    assert failures()["lost_by_a_kill"] == before + 3


def test_every_public_name_is_there() -> None:
    """What the package lists it has."""
    assert all(hasattr(metabot_instrument, name) for name in metabot_instrument.__all__)
