"""Which agent made a call."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from analyzers.frames import CALLS, SPANS
from analyzers.usage.agents import with_agents
from tests.builders import frames, model, span, tool, trace


def agents(*traces):
    spans, calls, _ = frames(*traces)
    found = with_agents(calls.collect(), spans)
    return dict(zip(found["operation"], found.select("agent", "nested").rows(), strict=True))


def test_a_call_is_of_the_nearest_agent_above():
    """Whatever other spans lie between; one agent below another is nested, two side by side are not."""
    helper = span("helper", None, span("turn", None, model("deep")), kind="agent")
    found = agents(trace(model("own"), tool("delegate", 900, helper), operation="lead"))
    assert found == {"own": ("lead", False), "deep": ("helper", True)}
    beside = trace(
        span("one", None, model("a"), kind="agent"), span("two", None, model("b"), kind="agent"), kind="workflow"
    )
    assert agents(beside) == {"a": ("one", False), "b": ("two", False)}


def test_a_call_without_an_agent_has_none():
    """A plain service calls models too, and a call may be all that was recorded."""
    assert agents(trace(model("alone"), kind="server")) == {"alone": (None, False)}
    calls = frames(trace(model("lost")))[1].collect()
    assert with_agents(calls, SPANS.empty().lazy()).select("agent_id", "agent", "nested").row(0) == (None, None, False)


def test_agents_of_two_traces_stay_apart():
    """Two recordings that number their spans from one share ids."""
    spans = pl.DataFrame(
        [
            {"trace_id": "a", "span_id": "1", "kind": "agent", "operation": "lead"},
            {"trace_id": "a", "span_id": "2", "parent_id": "1", "kind": "model"},
            {"trace_id": "b", "span_id": "2", "parent_id": "1", "kind": "model"},
        ],
        schema=SPANS.schema,
    )
    calls = pl.DataFrame([{"trace_id": one, "span_id": "2"} for one in "ab"], schema=CALLS.schema)
    assert with_agents(calls, spans.lazy())["agent"].to_list() == ["lead", None]


def walked(parents, kinds, at):
    """The nearest agent above, step by step; None in a circle."""
    seen = set()
    while at is not None and at not in seen:
        if kinds.get(at) == "agent":
            return at
        seen.add(at)
        at = parents.get(at)
    return None


@given(st.lists(st.tuples(st.none() | st.integers(0, 12), st.sampled_from(["agent", "model", "tool"])), max_size=12))
def test_the_same_as_walking_up(rows):
    """Any forest, with circles, with parents that were not recorded."""
    parents = {number: parent for number, (parent, _) in enumerate(rows)}
    kinds = {number: kind for number, (_, kind) in enumerate(rows)}
    spans = pl.DataFrame(
        [
            {"trace_id": "t", "span_id": str(one), "parent_id": None if up is None else str(up), "kind": kinds[one]}
            for one, up in parents.items()
        ],
        schema=SPANS.schema,
    )
    calls = pl.DataFrame(
        [{"trace_id": "t", "span_id": str(one)} for one, kind in kinds.items() if kind == "model"], schema=CALLS.schema
    )
    for row in with_agents(calls, spans.lazy()).to_dicts():
        agent = walked(parents, kinds, int(row["span_id"]))
        assert row["agent_id"] == (None if agent is None else str(agent))
        above = None if agent is None or parents[agent] == agent else walked(parents, kinds, parents[agent])
        assert row["nested"] == (above is not None)
