"""What the overview says about small recordings."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS
from analyzers.overview import Cost, Overview, overview
from analyzers.untrusted import Name
from analyzers.usage.quantities import Tally

S = 1_000_000_000


def span(span_id: str, start: float, end: float, **columns: Any) -> dict[str, Any]:
    row = {
        "trace_id": "t1",
        "span_id": span_id,
        "service": "bakery",
        "operation": span_id,
        "kind": "internal",
        "start_ns": int(start * S),
        "end_ns": int(end * S),
        "clock": "utc",
        "status": "unset",
        "public": False,
    }
    return row | columns


def call(**columns: Any) -> dict[str, Any]:
    return {"trace_id": "t1", "clock": "utc", "status": "ok", "provider": "acme", "model": "oven-1"} | columns


def seen(spans: list[dict[str, Any]], calls: list[dict[str, Any]] | None = None, rejects: int = 0) -> Overview:
    return overview(
        pl.LazyFrame(spans, schema=SPANS.schema),
        pl.LazyFrame(calls or [], schema=CALLS.schema),
        EVENTS.empty().lazy(),
        SAMPLES.empty().lazy(),
        rejects=rejects,
    )


def test_an_empty_recording_has_no_time_and_no_shares() -> None:
    """Nothing is divided by nothing, and no time is made up."""
    nothing = seen([], rejects=3)
    assert (nothing.first_ns, nothing.last_ns, nothing.error_share) == (None, None, None)
    assert (nothing.spans, nothing.traces, nothing.calls, nothing.rejects) == (0, 0, 0, 3)
    assert (nothing.services, nothing.models, nothing.slowest) == ((), (), ())


def test_time_range_counts_and_errors() -> None:
    """The range is of all spans; a trace failed at its root only if a span without a recorded parent failed."""
    found = seen(
        [
            span("a", 1, 9),
            span("b", 2, 12, parent_id="a", status="error"),
            span("c", 3, 4, trace_id="t2", parent_id="unrecorded", status="error", service="oven"),
            span("d", 5, 6, trace_id="t3", service="oven"),
        ]
    )
    assert (found.first_ns, found.last_ns) == (1 * S, 12 * S)
    assert (found.spans, found.error_spans, found.error_share) == (4, 2, 0.5)
    assert (found.traces, found.root_error_traces) == (3, 1)
    assert [(one.service, one.spans, one.traces, one.error_traces) for one in found.services] == [
        ("bakery", 2, 1, 1),
        ("oven", 2, 2, 1),
    ]


def test_operations_stand_by_self_time_with_inclusive_time_beside() -> None:
    """The outer span lasts longest, but the one that works leads; the share is of the time of its traces.

    What was recorded as instants alone has no duration, and does not stand among the slowest.
    """
    found = seen(
        [
            span("pipeline", 0, 100),
            span("plan", 0, 20, parent_id="pipeline"),
            span("write", 20, 90, parent_id="pipeline"),
            span("instant", 0, 0, trace_id="t2"),
            span("aside", 0, 5, trace_id="t3"),
        ]
    )
    assert found.trace_seconds == 105
    assert [(one.operation, one.self_seconds, one.self_share, one.inclusive_seconds) for one in found.slowest] == [
        ("write", 70, 0.7, 70),
        ("plan", 20, 0.2, 20),
        ("pipeline", 10, 0.1, 100),
        ("aside", 5, 1, 5),
    ]


@pytest.mark.parametrize("clock", ["order", "utc start", "relative start"])
def test_durations_that_are_not_recorded_are_unknown(clock: str) -> None:
    """Places in an order, and spans whose start alone is known, take no time that anyone could say."""
    found = seen([span("a", 0, 3, clock=clock), span("b", 1, 1, clock=clock)])
    assert (found.spans, found.trace_seconds, found.slowest) == (2, None, ())


def test_dates_come_from_calendar_times_alone() -> None:
    """A clock that counts from an unknown moment has durations and no dates."""
    found = seen([span("a", 0, 3, clock="relative"), span("b", 5, 6, trace_id="t2", clock="order")])
    assert (found.first_ns, found.last_ns, found.trace_seconds) == (None, None, 3)
    dated = seen([span("a", 0, 3, clock="relative"), span("b", 5, 6), span("c", 9, 9, clock="utc start")])
    assert (dated.first_ns, dated.last_ns) == (5 * S, 9 * S)


def test_idle_time_between_the_spans_of_a_trace_is_not_trace_time() -> None:
    """A conversation that goes on the next day does not make yesterday's work look short."""
    assert seen([span("a", 0, 1), span("b", 86_400, 86_403)]).trace_seconds == 4


def test_quantiles_are_of_the_inclusive_durations() -> None:
    """p50 and p95 of 1 … 101 ms are the exact ones."""
    spans = [span(f"s{n}", n, n + n / 1000, operation="bake") for n in range(1, 102)]
    (bake,) = seen(spans).slowest
    assert (bake.spans, round(bake.p50_ms, 6), round(bake.p95_ms, 6)) == (101, 51, 96)


def test_at_most_ten_operations() -> None:
    """A recording with thousands of operations still fits a screen."""
    assert len(seen([span(f"s{n}", n, n + 1) for n in range(12)]).slowest) == 10


def test_a_cost_that_is_no_number_is_unknown() -> None:
    """It would make the sum none, and another one each time."""
    found = seen([], [call(cost_usd=0.5), call(cost_usd=float("nan"))])
    (model,) = found.models
    assert (model.cost.usd, model.cost.unknown_calls) == (0.5, 1)


def test_unknown_tokens_and_cost_are_never_zero() -> None:
    """Where no call says, the sum is unknown; where some do, how many do not is said beside it."""
    found = seen(
        [],
        [
            call(input_tokens=100, cached_tokens=40, output_tokens=7, cost_usd=0.5),
            call(input_tokens=60, status="error", cost_unknown="no token counts"),
            call(model="oven-2", cost_unknown="no price for oven-2"),
        ],
    )
    first, second = found.models
    assert found.calls == 3
    assert (first.model, first.calls, first.errors) == ("oven-1", 2, 1)
    assert first.input_tokens == Tally(known=160, unknown_calls=0)
    assert first.output_tokens == Tally(known=7, unknown_calls=1)
    assert first.cached_tokens == Tally(known=40, unknown_calls=1)
    assert first.cost == Cost(usd=0.5, unknown_calls=1, why_unknown=((Name("no token counts"), 1),))
    assert (second.input_tokens, second.cached_share) == (Tally(known=None, unknown_calls=1), None)
    assert second.cost.usd is None


def test_the_cached_share_is_over_calls_that_say_both() -> None:
    """A call that does not report its cached tokens would make the cache look cold."""
    (use,) = seen([], [call(input_tokens=100, cached_tokens=40), call(input_tokens=900)]).models
    assert use.cached_share == 0.4


def test_a_model_without_a_name_is_a_line_of_its_own() -> None:
    """Calls of an unnamed model are neither lost nor counted to a named one."""
    found = seen([], [call(), call(model=None, provider=None)])
    assert {(use.provider, use.model, use.calls) for use in found.models} == {("acme", "oven-1", 1), (None, None, 1)}


def test_names_from_telemetry_can_be_printed() -> None:
    """A service or a reason that carries markup or a terminal sequence has lost it."""
    found = seen(
        [span("a", 0, 1, service="[x](http://evil)\x1b[2J", operation="@everyone")],
        [call(model="`m`", cost_unknown="no price for `m`")],
    )
    names = [found.services[0].service, found.slowest[0].operation, found.models[0].model]
    assert names == [Name(text) for text in ("[x](http://evil)\x1b[2J", "@everyone", "`m`")]
    assert [reason for reason, _ in found.models[0].cost.why_unknown] == [Name("no price for `m`")]


@given(st.lists(st.tuples(st.none() | st.integers(0, 99), st.none() | st.integers(0, 99)), max_size=12))
def test_known_and_unknown_add_up(tokens: list[tuple[int | None, int | None]]) -> None:
    """Whatever is missing where: sums are of what is known, and each call is counted once."""
    found = seen([], [call(input_tokens=one, cached_tokens=other) for one, other in tokens])
    assert found.calls == len(tokens)
    for use in found.models:
        known = [one for one, _ in tokens if one is not None]
        assert use.input_tokens == Tally(known=sum(known) if known else None, unknown_calls=len(tokens) - len(known))


def test_durations_of_decades_add_up() -> None:
    """Spans that lost their start seem to run since 1970; twenty of them are more nanoseconds than 64 bits hold."""
    found = seen([span(f"s{n}", 0, 1.79e9, trace_id=str(n), operation="bake") for n in range(20)])
    assert (found.trace_seconds, found.slowest[0].self_seconds) == (20 * 1.79e9, 20 * 1.79e9)


@pytest.mark.parametrize(
    "columns", [pytest.param({"start_ns": -5}, id="before 1970"), pytest.param({"end_ns": 0}, id="backwards")]
)
def test_broken_clocks_do_not_stop_it(columns: dict[str, int]) -> None:
    """Times that cannot be are counted as they stand."""
    assert seen([span("a", 1, 2, **columns)]).spans == 1
