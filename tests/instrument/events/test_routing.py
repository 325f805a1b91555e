"""Which events are written where, and who in the process hears of them."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument import configure, emit_event, failures, route, subscribe
from metabot_instrument.events import subscriptions


def _types(log: Path) -> list[str]:
    return [json.loads(line)["event"] for line in log.read_bytes().splitlines()] if log.exists() else []


def test_types_that_the_settings_leave_out_are_not_written(log: Path) -> None:
    """Globs choose."""
    configure(events_types=("task_*", "eval"))
    for kind in ("task_started", "eval", "replan"):
        emit_event(kind)
    assert _types(log) == ["task_started", "eval"]


def test_a_route_has_a_file_of_its_own_until_it_is_taken_back(log: Path, tmp_path: Path) -> None:
    """Routed events are not in the log, others are."""
    emit_event("alert_triggered")
    unroute = route("alert_*", tmp_path / "alerts.jsonl")
    for kind in ("alert_triggered", "alert_resolved", "eval"):
        emit_event(kind)
    unroute()
    emit_event("alert_resolved")
    assert _types(tmp_path / "alerts.jsonl") == ["alert_triggered", "alert_resolved"]
    assert _types(log) == ["alert_triggered", "eval", "alert_resolved"]


def test_subscribers_hear_what_they_asked_for(log: Path) -> None:
    """Until they end it; they get the event as it is in the log."""
    heard: list[dict[str, Any]] = []
    unsubscribe = subscribe("alert_*", heard.append)
    emit_event("alert_triggered", {"severity": "warning"})
    emit_event("eval")
    unsubscribe()
    emit_event("alert_resolved")
    assert [(event["event"], event["payload"]) for event in heard] == [("alert_triggered", {"severity": "warning"})]


def test_a_subscriber_that_fails_stops_nobody(log: Path) -> None:
    """Neither the other one nor the caller; it is counted."""

    def fails(event: dict[str, Any]) -> None:
        raise KeyError(event["event"])

    heard: list[dict[str, Any]] = []
    before = failures().get("subscriber", 0)
    ends = [subscribe("*", fails), subscribe("*", heard.append)]
    emit_event("eval")
    for end in ends:
        end()
    assert (len(heard), failures()["subscriber"]) == (1, before + 1)


def test_a_subscriber_that_emits_does_not_hear_itself(log: Path) -> None:
    """Its events are written, and the round ends there."""
    end = subscribe("*", lambda event: emit_event("replan"))
    emit_event("eval")
    end()
    assert _types(log) == ["eval", "replan"]


@pytest.mark.parametrize("buffered", [False, True])
def test_new_settings_take_the_old_log_to_its_end(log: Path, tmp_path: Path, buffered: bool) -> None:
    """What waits for the old file is written there; what comes goes to the new one."""
    configure(events_buffered=buffered, events_flush_seconds=60)
    emit_event("eval")
    configure(events_path=str(tmp_path / "new.jsonl"), events_buffered=False)
    emit_event("replan")
    assert (_types(log), _types(tmp_path / "new.jsonl")) == (["eval"], ["replan"])
    assert list(log.parent.iterdir()) == [log]


def test_made_up_types_do_not_fill_the_memory(log: Path) -> None:
    """Three thousand types: all written, few remembered."""
    from metabot_instrument.events.outlets import outlets

    for number in range(3_000):
        emit_event(f"kind {number}")
    assert len(_types(log)) == 3_000
    assert len(outlets._by_type) <= 1_000


def test_threads_that_subscribe_lose_nobody(log: Path) -> None:
    """Two hundred subscriptions, made and ended by eight threads at once: all hear an event, and none afterwards."""
    heard: list[dict[str, Any]] = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            ends = list(pool.map(lambda _: subscribe("eval", heard.append), range(200)))
            emit_event("eval")
            assert len(heard) == 200
            list(pool.map(lambda end: end(), ends))
    finally:
        sys.setswitchinterval(before)
    emit_event("eval")
    assert len(heard) == 200


def test_a_child_forked_while_a_thread_subscribes_may_subscribe(log: Path) -> None:
    """The fork waits for that thread, or the child would for ever."""
    subscribing = threading.Event()

    def go() -> None:
        with subscriptions._lock:
            subscribing.set()
            time.sleep(0.1)

    thread = threading.Thread(target=go)
    thread.start()
    subscribing.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        subscribe("eval", print)()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    thread.join()
