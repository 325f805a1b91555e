import json

import pytest
from hypothesis import given

from metabot.telemetry import formats
from metabot.telemetry.agent_logs import monitor_export
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Sample
from tests.metabot.telemetry.agent_logs.said import NOON
from tests.metabot.telemetry.mutations import mutated

BEGAN, MADE = "2026-01-13T11:59:00+00:00", "2026-01-13T12:00:00.250+00:00"


def export(**more):
    """As metabot-instrument writes it."""
    return {
        "format": "metabot-monitor", "version": 1, "service": "desk", "session_id": "s-1", "persona_id": "p-1",
        "started_at": BEGAN, "exported_at": MADE, "uptime_seconds": 60.25,
        "tools": {"search": {"calls": 3, "errors": 1, "total_ms": 600.5, "mean_ms": 200.2, "min_ms": 100.0,
                             "max_ms": 400.0, "p50_ms": 100.5, "p95_ms": 390.0, "last_call": MADE}},
        "states": {"thinking": {"entries": 2, "total_ms": 900.0, "mean_ms": 450.0, "max_ms": 700.0,
                                "last_entry": MADE}},
        "state_changes": [{"from": "idle", "to": "thinking", "count": 2}],
        "llm": {"calls": 4, "errors": 1, "tokens": {"input": 1000, "output": 200, "cached": 300, "total": 1200},
                "latency_ms": {"mean": 50.0, "p50": 40.0, "p95": 90.0},
                "models": {"m-1": {"calls": 3, "errors": 1, "input": 900, "output": 200}}, "recent": []},
        "memory": {"limit_bytes": 4096, "samples": [{"timestamp": BEGAN, "rss_bytes": 1024, "percent": 25.0}]},
        "session": {"cycles": 2, "artifacts": {"created": 5, "modified": 1, "deleted": 0}},
        "unmatched": {"starts": 1, "ends": 0}, "alerts": [], **more,
    }  # fmt: skip


def earlier(**more):
    """As an earlier system does: milliseconds since 1970, the page's heap."""
    return {
        "tools": {"search": {"calls": 2, "totalTime": 300, "errors": 0, "lastCall": NOON * 1000}},
        "states": {"ACTING": {"entries": 1, "totalTime": 50, "lastEntry": NOON * 1000 - 500}},
        "llm": {"calls": 2, "tokens": {"input": 70, "output": 30, "total": 100}, "latency": [10, 30], "errors": 0,
                "lastCall": NOON * 1000 - 100},
        "memory": [{"timestamp": NOON * 1000 - 9000, "usedJSHeapSize": 512, "totalJSHeapSize": 600,
                    "jsHeapSizeLimit": 1000}],
        "session": {"startTime": NOON * 1000 - 10_000, "cycles": 1,
                    "artifacts": {"created": 1, "modified": 0, "deleted": 0}}, **more,
    }  # fmt: skip


def read(*exports):
    return list(monitor_export.read(["\n".join(map(json.dumps, exports)).encode()]))


def told(records, *labels):
    """The value of each sample by its name and these of its labels."""
    found = {}
    for one in records:
        assert isinstance(one, Sample), one
        of_it = dict(one.labels)
        found[one.name, *(of_it[name] for name in labels if name in of_it)] = one.value
    return found


def test_every_figure_of_an_export_is_a_sample():
    """Counters of what was counted, gauges of what was measured; models add up to the total."""
    assert told(read(export()), "tool", "state", "from", "to", "model") == {
        ("monitor.tool.calls", "search"): 3, ("monitor.tool.errors", "search"): 1,
        ("monitor.tool.duration_ms", "search"): 600.5, ("monitor.tool.p95_ms", "search"): 390,
        ("monitor.tool.longest_ms", "search"): 400,
        ("monitor.state.entries", "thinking"): 2, ("monitor.state.duration_ms", "thinking"): 900,
        ("monitor.state.longest_ms", "thinking"): 700, ("monitor.state.changes", "idle", "thinking"): 2,
        ("monitor.llm.calls", "m-1"): 3, ("monitor.llm.errors", "m-1"): 1, ("monitor.llm.input_tokens", "m-1"): 900,
        ("monitor.llm.output_tokens", "m-1"): 200, ("monitor.llm.calls",): 1, ("monitor.llm.input_tokens",): 100,
        ("monitor.llm.cached_tokens",): 300, ("monitor.llm.p50_ms",): 40, ("monitor.llm.p95_ms",): 90,
        ("monitor.memory.limit_bytes",): 4096, ("monitor.memory.rss_bytes",): 1024,
        ("monitor.artifacts.created",): 5, ("monitor.artifacts.modified",): 1, ("monitor.artifacts.deleted",): 0,
        ("monitor.cycles",): 2, ("monitor.uptime_seconds",): 60.25,
        ("monitor.unmatched.starts",): 1, ("monitor.unmatched.ends",): 0,
    }  # fmt: skip


def test_a_sample_is_of_its_exports_moment_service_and_session():
    """A sample of the memory is of its own moment."""
    found = {one.name: one for one in read(export())}
    calls, memory = found["monitor.tool.calls"], found["monitor.memory.rss_bytes"]
    assert (calls.service, calls.kind, calls.time_ns) == ("desk", "counter", NOON * 10**9 + 250_000_000)
    assert dict(calls.labels) == {
        "session": "s-1",
        "persona": "p-1",
        "started": "2026-01-13T11:59:00.000Z",
        "tool": "search",
    }
    assert calls.labels == tuple(sorted(calls.labels))
    assert (memory.kind, memory.time_ns) == ("gauge", (NOON - 60) * 10**9)


def test_an_earlier_systems_export_is_read_in_the_same_names():
    """Its memory is a browser's heap, its moment the last that it names."""
    found = read(earlier())
    assert told(found, "tool", "state") == {
        ("monitor.tool.calls", "search"): 2, ("monitor.tool.errors", "search"): 0,
        ("monitor.tool.duration_ms", "search"): 300, ("monitor.state.entries", "ACTING"): 1,
        ("monitor.state.duration_ms", "ACTING"): 50, ("monitor.llm.calls",): 2, ("monitor.llm.errors",): 0,
        ("monitor.llm.input_tokens",): 70, ("monitor.llm.output_tokens",): 30, ("monitor.llm.p50_ms",): 30,
        ("monitor.llm.p95_ms",): 30, ("monitor.memory.limit_bytes",): 1000, ("monitor.memory.heap_bytes",): 512,
        ("monitor.artifacts.created",): 1, ("monitor.artifacts.modified",): 0, ("monitor.artifacts.deleted",): 0,
        ("monitor.cycles",): 1,
    }  # fmt: skip
    assert {one.time_ns for one in found if "memory" not in one.name} == {NOON * 10**9}


def test_its_uptime_says_when_it_was_exported():
    """Counted from the session's start."""
    session = {"startTime": NOON * 1000, "uptime": 1500, "cycles": 0}
    assert {one.time_ns for one in read(earlier(session=session, memory=[]))} == {NOON * 10**9 + 1_500_000_000}


@pytest.mark.parametrize("written", [
    pytest.param(lambda of: json.dumps(of, indent=2).encode(), id="one object over many lines"),
    pytest.param(lambda of: json.dumps([of, of]).encode(), id="a list"),
    pytest.param(lambda of: b"\n".join([json.dumps(of).encode()] * 2), id="a history"),
])  # fmt: skip
@pytest.mark.parametrize("one", [export(), earlier()], ids=["ours", "earlier"])
def test_a_file_is_an_export_a_history_or_a_list(one, written):
    """Recognised in each form, and the same export twice is the same samples twice."""
    data = written(one)
    assert formats.recognise("monitor.json", Opening(data)) == "monitor-export"
    assert set(monitor_export.read([data])) == set(read(one))


@pytest.mark.parametrize(("wrong", "reason"), [
    ({"exported_at": "soon"}, "no exported_at between 2000 and 2100"),
    ({"exported_at": 12}, "no exported_at between 2000 and 2100"),
    ({"version": 2}, "an export of another version than 1"),
    ({"version": True}, "an export of another version than 1"),
    ({"format": "other"}, "no export of a monitor"),
])  # fmt: skip
def test_what_is_no_export_is_one_reject(wrong, reason):
    """With its reason; its neighbours are read."""
    first, *rest = read(export(**wrong), export())
    assert (type(first), first.position, first.reason) == (Reject, "line 1", reason)
    assert rest == read(export())


@pytest.mark.parametrize(("wrong", "reason"), [
    ({"tools": {"search": {"calls": "3"}}}, "monitor.tool: calls is no number of at least 0"),
    ({"tools": {"search": {"calls": -3}}}, "monitor.tool: calls is no number of at least 0"),
    ({"tools": {"search": {"calls": True}}}, "monitor.tool: calls is no number of at least 0"),
    ({"tools": {"search": {"calls": 10**400}}}, "monitor.tool: calls is no number of at least 0"),
    ({"tools": {"search": 3}}, "tools: what is told of a name is no object"),
    ({"tools": [1]}, "tools is no object"),
    ({"tools": {"x" * 201: {"calls": 1}}}, "tools: a name of more than 200 characters"),
    ({"tools": {f"t{number}": {} for number in range(1_001)}}, "tools: more than 1,000, of which the first are read"),
    ({"llm": {"calls": 1, "models": {"m-1": {"calls": 5}}}}, "models: they have more calls than llm in all"),
    ({"llm": {"calls": 5, "models": {"m-1": {"calls": 5}, "m-2": {"calls": 1}}}},
     "models: they have more calls than llm in all"),
    ({"memory": {"samples": 3}}, "samples is no list"),
    ({"memory": {"samples": [3]}}, "samples: an element is no object"),
    ({"memory": {"samples": [{"rss_bytes": 5}]}}, "a memory sample without a time between 2000 and 2100"),
])  # fmt: skip
def test_what_is_no_figure_is_refused_and_the_rest_is_read(wrong, reason):
    """A text that holds a number is none, and neither is a truth or what no float holds."""
    found = read(export(**wrong))
    assert [one.reason for one in found if isinstance(one, Reject)] == [reason]
    assert [one for one in found if isinstance(one, Sample) and one.name == "monitor.cycles"]


def test_of_too_many_names_the_first_are_read():
    """A thousand of them, in their order."""
    tools = {f"t{number}": {"calls": number} for number in range(1_005)}
    of_tools = [one for one in read(export(tools=tools)) if getattr(one, "name", "") == "monitor.tool.calls"]
    assert [one.value for one in of_tools] == list(range(1_000))


def test_a_name_that_is_hostile_is_a_label_like_any_other():
    """Whoever prints it has to see to it."""
    name = "\x1b[2J{{ evil }}"
    assert told(read(export(tools={name: {"calls": 1}})), "tool")["monitor.tool.calls", name] == 1


@given(mutated(export()) | mutated(earlier()))
def test_no_content_raises(data):
    """Whatever stands where: samples and rejects come out."""
    assert all(isinstance(one, Sample | Reject) for one in monitor_export.read([data]))
