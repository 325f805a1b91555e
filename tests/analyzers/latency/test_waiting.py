"""Whom a span's own time belongs to, and how long it was alone at work."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.identifiers import identified
from analyzers.latency.alone import alone_ns
from analyzers.latency.tree import parents
from analyzers.latency.waiting import by_window, credited, listens
from tests.analyzers.recordings import recorded
from tests.builders import BEGIN_NS, MS, client, frames, span, tool, trace

MINUTE = 60 * 10**9


def owners(*traces):
    """For each operation the one that its own time belongs to."""
    rows = identified(frames(*traces).spans)
    operations = rows["operation"]
    return dict(zip(operations, operations.gather(credited(rows, parents(rows))), strict=True))


def server(name="serve", ms=10, service="stock", **columns):
    return span(name, ms, kind="server", service=service, **columns)


@pytest.mark.parametrize(
    ("node", "owner"),
    [
        pytest.param(client("call", 500, server()), "serve", id="a client waits"),
        pytest.param(span("call", 500, server()), "serve", id="recorded without kinds"),
        pytest.param(client("call", 500), "call", id="nobody knows whom it called"),
        pytest.param(client("call", 500, server(service="desk")), "call", id="the same service"),
        pytest.param(client("call", 500, server(), server("other", service="prices")), "call", id="two services"),
        pytest.param(client("call", 500, server(), span("parse", 5)), "call", id="work of its own beside it"),
        pytest.param(client("call", 50, server(start=60)), "call", id="nobody waits for what comes later"),
        pytest.param(tool("call", 500, server()), "call", id="a tool works itself"),
    ],
)
def test_own_time_of_a_call_belongs_to(node, owner):
    """The callee, where the call does nothing but wait."""
    assert owners(trace(node))["call"] == owner


def test_a_root_is_nobody_s_call():
    """Where a request enters, the one service below it is no proof that it only waits."""
    assert owners(trace(server(), operation="call", kind="internal"))["call"] == "call"


def test_what_a_client_does_below_a_model_call_is_the_model_s():
    """However many layers an SDK writes."""
    chat = span("chat", 500, span("send", 400, client("POST", 300)), kind="model")
    assert owners(trace(chat, client("GET", 5))) == {
        "handle": "handle", "chat": "chat", "send": "chat", "POST": "chat", "GET": "GET",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("children", "waiting"),
    [
        pytest.param([span("a", 100, start=0), span("b", 99, tool("c", 90), start=1)], ["a"], id="around the work"),
        pytest.param([span("b", 100, tool("c", 90), start=0), server("a", 20, start=50)], ["a"], id="a poll within it"),
        pytest.param([span("a", 100, start=0), span("b", 30, tool("c", 20), start=70)], [], id="mostly before it"),
        pytest.param([tool("a", 100, start=0), span("b", 100, tool("c", 90), start=0)], [], id="a tool works"),
        pytest.param([span("a", 100, start=0), span("b", 100, start=0)], [], id="nothing works beside it"),
        pytest.param([span("a", 100), span("b", 100, tool("c", 90))], [], id="one after the other"),
    ],
)
def test_listeners(children, waiting):
    """A childless inner or server span that lies beside a sibling with children only waits for it."""
    rows = identified(frames(trace(*children)).spans)
    assert rows.filter(pl.Series(listens(rows, parents(rows))))["operation"].to_list() == waiting


FORESTS = st.lists(
    st.tuples(st.sampled_from("xy"), st.none() | st.integers(0, 9), st.integers(0, 30), st.integers(0, 20)),
    max_size=10,
)


@given(FORESTS)
def test_alone_equals_moment_by_moment(rows):
    """On any forest: the moments in which a span has no child at work and no other span of its trace is so."""
    table = pl.DataFrame(
        [(t, str(n), None if p is None else str(p), s, s + d) for n, (t, p, s, d) in enumerate(rows)],
        schema={"trace_id": pl.String, "span_id": pl.String, "parent_id": pl.String}
        | {"start_ns": pl.Int64, "end_ns": pl.Int64},
        orient="row",
    )
    above = parents(table)
    working = []
    for row, (_, _, start, lasted) in enumerate(rows):
        below = [set(range(s, s + d)) for n, (_, _, s, d) in enumerate(rows) if above[n] == row and n != row]
        working.append(set(range(start, start + lasted)).difference(*below))
    expected = [
        len(own.difference(*(w for other, w in enumerate(working) if other != n and rows[other][0] == rows[n][0])))
        for n, own in enumerate(working)
    ]
    assert alone_ns(table, above, np.zeros(len(rows), dtype=np.bool_)).tolist() == expected


def test_each_window_has_its_own_figure():
    """Two minutes: in the second the network to one service is slow. The caller's own time is no longer."""
    quick = [trace(client("call", 20, server(ms=10)), at=number) for number in range(20)]
    slow = [trace(client("call", 2_000, server(ms=10)), at=60 + number) for number in range(20)]
    found = by_window(frames(*quick, *slow).spans, MINUTE)
    stock = found.filter(pl.col("service") == "stock").sort("window_ns")
    assert (stock["p95_ns"] / MS).to_list() == [20, 2_000]
    assert stock["spans"].to_list() == [20, 20]
    assert found.filter(pl.col("service") == "desk")["p95_ns"].max() == 0
    assert found["window_ns"].min() == BEGIN_NS // MINUTE * MINUTE


def test_times_without_a_date_are_in_no_window():
    """Relative times, places in an order and unknown ends."""
    for clock in ("relative", "order", "utc start"):
        assert by_window(frames(trace(tool("a"), clock=clock)).spans, MINUTE).is_empty()


@pytest.mark.real_data
@pytest.mark.slow
def test_a_delay_in_the_network_is_the_callee_s(real_data):
    """One day of microservices: in two minutes after a delay was injected the callees lead, not their callers."""
    found = by_window(recorded((real_data / "raw" / "nezha").rglob("*.tar.zst"))["spans"].lazy(), MINUTE)
    minutes = found.with_columns(pl.from_epoch("window_ns", "ns").dt.strftime("%H:%M").alias("minute"))
    for minute, callee, caller in (
        ("13:45", "ts-route-service", "ts-basic-service"),
        ("14:01", "ts-security-service", "ts-preserve-service"),
    ):
        there = minutes.filter(pl.col("minute") == minute).sort("p95_ns", descending=True)
        p95 = dict(there.select("service", "p95_ns").iter_rows())
        assert there["service"].item(0) == callee
        assert p95[callee] > 1e9
        assert p95[caller] < 0.1e9
