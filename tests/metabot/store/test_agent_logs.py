"""What agents log about themselves, in the store: each once, and no more of it than is to be kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analyzers.errors.recurring_error import detect
from analyzers.frames import EVENTS, SPANS
from metabot.store.capture import Capture
from metabot.store.frames import frame
from metabot.store.load import Loaded, Loading, load_each
from metabot.store.store import Store
from tests.metabot.telemetry.agent_logs.said import NOON, ROOT, STEP, TRACE, event, line, ours
from tests.metabot.telemetry.exports import export, otlp_span

NS = 10**9
MAIL = "ada.lovelace@bakery.test"
EVENTS_ROWS = "SELECT name, text, payload FROM events WHERE kind = 'event' ORDER BY time_ns, name"


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


def load(store: Store, path: Path, capture: Capture = "redacted") -> Loaded:
    (found,) = load_each(store, path, Loading(capture=capture))
    assert isinstance(found, Loaded)
    return found


def rows(store: Store, query: str) -> list[Any]:
    return store.connection.execute(query).fetchall()


def exported() -> dict[str, Any]:
    """The same spans as `ours`, with the nanoseconds that a line has no room for."""
    start, end = NOON * NS + 250_999, NOON * NS + 5_501_500
    times = {"traceId": TRACE, "startTimeUnixNano": str(start), "endTimeUnixNano": str(end), "kind": 1}
    root = otlp_span(ROOT, name="altitude.transition", **times)
    return export(root, otlp_span(STEP, name="altitude.transition", parentSpanId=ROOT, **times), service="desk")


@pytest.mark.parametrize("first", ["lines", "otlp"])
def test_a_span_that_came_both_ways_is_one(tmp_path: Path, first: str) -> None:
    """Whichever came first, what came over OTLP stands: it is as long, or longer by less than a microsecond."""
    lines = written(tmp_path / "trace.jsonl", ours(STEP, ROOT), ours())
    otlp = written(tmp_path / "otlp.jsonl", exported())
    with Store.temporary() as store:
        for path in (lines, otlp) if first == "lines" else (otlp, lines):
            load(store, path)
        found = rows(store, "SELECT span_id, operation, start_ns % 1000 FROM spans ORDER BY span_id")
        assert found == [(ROOT, "altitude.transition", 999), (STEP, "altitude.transition", 999)]
        assert rows(store, "SELECT sum(spans) FROM hourly") == [(2,)]


def test_a_log_that_grows_is_read_again_and_adds_what_is_new(tmp_path: Path) -> None:
    """An event is one event; the task that ended meanwhile is a span."""
    path, begun = tmp_path / "events.jsonl", event("task_started", task_id="t-1")
    with Store.temporary() as store:
        first = load(store, written(path, begun))
        second = load(store, written(path, begun, event("task_completed", 5, task_id="t-1")))
        assert (first.events, first.spans, second.events, second.spans) == (1, 0, 1, 1)
        assert [name for name, _, _ in rows(store, EVENTS_ROWS)] == ["task_started", "task_completed"]


def test_foreign_trace_lines_that_are_read_again_add_nothing(tmp_path: Path) -> None:
    """Their ids come from what they say."""
    lines = [line("foc_1_b", "alt_1_a"), line("alt_1_a"), line("foc_1_c", "alt_9_gone", 3)]
    with Store.temporary() as store:
        assert load(store, written(tmp_path / "a.jsonl", *lines)).spans == 3
        again = load(store, written(tmp_path / "b.jsonl", *lines, line("alt_1_d", None, 9)))
        assert (again.spans, again.duplicates) == (1, 3)


@pytest.mark.parametrize(("capture", "payload", "said"), [
    pytest.param("full", MAIL, MAIL, id="full"),
    pytest.param("redacted", "[redacted: e-mail address]", "[redacted: e-mail address]", id="redacted"),
    pytest.param("hashes", None, "[redacted: e-mail address]", id="hashes"),
])  # fmt: skip
def test_a_payload_is_content(tmp_path: Path, capture: Capture, payload: str | None, said: str) -> None:
    """Nothing of it is kept where hashes are; what the program says of an error is kept redacted, as elsewhere."""
    told = {"goal": MAIL, "message": f"no order of {MAIL}"}
    lines = [event("alert_triggered", payload=told), ours(status="blocked", metadata=told, input_summary=MAIL)]
    with Store.temporary() as store:
        for number, one in enumerate(lines):
            load(store, written(tmp_path / f"{number}.jsonl", one), capture)
        ((_, text, kept),) = rows(store, EVENTS_ROWS)
        assert text == f"no order of {said}"
        assert (None if kept is None else json.loads(kept)["goal"]) == payload
        ((of_span, given),) = rows(store, "SELECT e.payload, s.input FROM events AS e JOIN spans AS s USING (span_id)")
        assert (given, None if of_span is None else json.loads(of_span)["goal"]) == (payload, payload)


def test_tasks_that_fail_alike_are_a_recurring_error(tmp_path: Path) -> None:
    """Out of nothing but the application's events."""
    lines = []
    for number in range(12):
        closing, told = ("task_completed", {}) if number % 3 else ("task_failed", {"error": f"no order {number} there"})
        task = f"t{number}"
        lines.append(event("task_started", 2 * number, task_id=task))
        lines.append(event(closing, 2 * number + 1, told, task_id=task))
    with Store.temporary() as store:
        load(store, written(tmp_path / "events.jsonl", *lines))
        (found,) = detect(frame(store, SPANS), frame(store, EVENTS))
    assert (str(found.subject.service), str(found.subject.operation), found.traces) == ("desk", "task", 4)
