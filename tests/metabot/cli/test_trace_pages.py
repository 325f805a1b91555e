"""How a trace is drawn, whatever shape it has."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from analyzers.untrusted import Name, Untrusted
from metabot.cli.trace_pages import list_lines, show_json, show_lines
from metabot.store.traces import TracedSpan


def traced(span_id: str, parent_id: str | None = None, **more: Any) -> TracedSpan:
    plain: dict[str, Any] = {
        "trace_id": "t1", "layer": "memory", "service": Name("agent"), "operation": Name("memory.read"),
        "kind": "internal", "start_ns": 0, "dated": True, "ms": 1.0, "outcome": "success", "error_type": None,
        "error_message": None, "input": None, "output": None,
    }  # fmt: skip
    return TracedSpan(span_id=span_id, parent_id=parent_id, **{**plain, **more})


def test_each_span_stands_once() -> None:
    """Below its parent; a circle, a span of itself and one whose parent is not there begin at the left."""
    spans = [traced("a", "b"), traced("b", "a"), traced("c", "c"), traced("d", "gone"), traced("e", "d")]
    assert show_lines(spans)[2:] == [
        "[mem] read → success (1ms)",
        "[mem] read → success (1ms)",
        "  └─[mem] read → success (1ms)",
        "[mem] read → success (1ms)",
        "  └─[mem] read → success (1ms)",
    ]


def test_a_deep_trace_keeps_its_columns() -> None:
    """From the thirteenth level on the depth is said, not set in; 80 columns hold all the same."""
    spans = [traced(str(number), str(number - 1)) for number in range(40)]
    lines = show_lines(spans)
    assert "└─(39) [mem] read" in lines[-1]
    assert max(map(len, lines)) <= 80


def test_of_several_services_the_operation_stays_readable() -> None:
    """The service's name is cut, or left out where nothing of it would be told; 80 columns hold."""
    told = (("unknown_service", "lookup_order", 16.25), ("desk", "plan", 1.0), ("desk", "lookup_orders_1", 1.0))
    spans = [
        traced(f"{number:016x}", service=Name(service), operation=Name(operation), layer=None, kind="tool", ms=ms)
        for number, (service, operation, ms) in enumerate(told)
    ]
    lines = list_lines(spans)
    first, second, third = (line.split("[tool] ")[1].split()[0] for line in lines[1:])
    assert (second, third) == ("desk/plan", "lookup_orders_1")
    assert first.endswith("/lookup_order")
    assert 3 <= len(first.partition("/")[0]) < len("unknown_service")
    assert max(map(len, lines)) <= 80


def test_a_long_trace_is_cut() -> None:
    """After 500 spans the others are counted; JSON has them all."""
    spans = [traced(str(number)) for number in range(510)]
    assert show_lines(spans)[-1] == "  10 spans more: --format json has them"
    assert show_json(spans).count(b'"span_id"') == 510


def test_what_is_unknown_is_left_empty() -> None:
    """A time without a date, a duration that nobody recorded, a failure with both words and output."""
    failed = traced(
        "a", dated=False, ms=None, outcome="error", output=Untrusted("half"), error_type=Name("Timeout"), layer=None
    )
    assert list_lines([failed])[1].split() == ["not", "known", "a", "[internal]", "memory.read", "error"]
    assert show_lines([failed])[2] == "[internal] memory.read → half, error [Timeout]"


@given(st.text(), st.text(), st.text())
def test_hostile_texts_stay_texts(said: str, answer: str, message: str) -> None:
    """Whatever an application was told to log: short printable lines."""
    span = traced("a", input=Untrusted(said), output=Untrusted(answer), error_message=Untrusted(message))
    lines = show_lines([span])
    assert all(len(line) <= 80 and line.isprintable() for line in lines)
    assert len(lines) < 20
