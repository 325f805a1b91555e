import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.frames import CALLS
from metabot.telemetry.calls import MODEL_SPANS, PARENTS, merge
from metabot.telemetry.same_call import ModelSpan, groups
from tests.metabot.telemetry.exports import BEGIN_NS, MS, TRACE, model_span, rows

OUTER = model_span("aa", 0, 1000, scope="framework", model="gpt-4o")
INNER = model_span("bb", 5, 990, scope="client", model="gpt-4o-2024-08-06")


def calls(*spans, parents=None):
    """The ids of the spans of each call, innermost first."""
    between = None if parents is None else pl.DataFrame(parents, schema=PARENTS, orient="row")
    return merge(rows(*spans), between)["span_ids"].to_list()


def test_no_spans_are_no_calls():
    """The frame's schema stands without rows too."""
    merged = merge(rows())
    assert merged.is_empty()
    assert dict(merged.schema) == CALLS.schema


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        pytest.param({}, {}, id="neither knows of the other"),
        pytest.param({}, {"parent_id": "aa"}, id="the inner one is a child"),
        pytest.param({"scope": None}, {"scope": None}, id="no scope recorded"),
        pytest.param({"model": None}, {}, id="the framework names no model"),
        pytest.param({"scope": "client", "operation": "chat"}, {"operation": "chat", "parent_id": "aa"},
                     id="one instrumentation, the inner one a child"),
        pytest.param({"scope": "client", "response_id": "r1"}, {"response_id": "r1"}, id="one scope, one response"),
        pytest.param({"response_id": "r1"}, {"response_id": "r1"}, id="one response"),
        pytest.param({"model": "openai/gpt-4o"}, {}, id="the router's name for the model"),
        pytest.param({"model": "gpt-4o-latest"}, {}, id="an alias for the model"),
        pytest.param({"end_ns": BEGIN_NS + 989_500_000}, {}, id="clocks that differ by half a millisecond"),
        pytest.param({"start_ns": INNER["start_ns"], "end_ns": INNER["end_ns"]}, {"parent_id": "aa"}, id="as long"),
    ],
)  # fmt: skip
def test_a_call_recorded_twice_is_one_call(outer, inner):
    """Nested in time, and nothing recorded on both tells them apart."""
    assert calls({**OUTER, **outer}, {**INNER, **inner}) == [["bb", "aa"]]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        pytest.param({"operation": "chat"}, {"operation": "chat", "scope": "framework"}, id="one instrumentation"),
        pytest.param({"scope": "client"}, {}, id="one instrumentation, two operations, nothing in common"),
        pytest.param(
            {"operation": "chat", "scope": None}, {"operation": "chat", "scope": None}, id="no scope recorded"
        ),
        pytest.param({"response_id": "r1"}, {"response_id": "r2"}, id="two responses"),
        pytest.param({"last_message": 7}, {"last_message": 8}, id="two contents"),
        pytest.param({"last_message": 7}, {"last_message": 8, "parent_id": "aa"}, id="two contents, a child"),
        pytest.param({"model": "gpt-4o-mini"}, {}, id="two models"),
        pytest.param({"model": "gpt-4o-2024-05-13"}, {}, id="two versions of a model"),
        pytest.param({"end_ns": BEGIN_NS + 900 * MS}, {}, id="overlapping"),
        pytest.param({"end_ns": BEGIN_NS + 4 * MS}, {}, id="one after the other"),
        pytest.param({"trace_id": "f" * 32}, {}, id="two traces"),
        pytest.param({"public": True}, {}, id="one of them written by anyone"),
        pytest.param(
            {"scope": "client", "operation": "judge", "last_message": 7},
            {"last_message": 7},
            id="a critic and a judge read one message",
        ),
        pytest.param({"input_tokens": 1000}, {"input_tokens": 50}, id="one is larger than the other"),
    ],
)
def test_two_calls_stay_two(outer, inner):
    """Each of these looks like one call recorded twice and is not."""
    assert sorted(calls({**OUTER, **outer}, {**INNER, **inner})) == [["aa"], ["bb"]]


def test_two_concurrent_calls_with_two_instrumentations_are_two():
    """Each pair finds itself although all four lie inside one another."""
    spans = [
        model_span("a1", 0, 1000, scope="framework", operation="invoke"),
        model_span("a2", 2, 998, scope="client", operation="chat"),
        model_span("b1", 1, 800, scope="framework", operation="invoke"),
        model_span("b2", 3, 797, scope="client", operation="chat"),
    ]
    assert sorted(calls(*spans)) == [["a2", "a1"], ["b2", "b1"]]


def test_content_decides_before_closeness():
    """Of two calls inside a framework's span, the one with its content is its own."""
    spans = [
        model_span("a1", 0, 1000, scope="framework", last_message=1),
        model_span("a2", 100, 400, scope="client", operation="chat", last_message=1),
        model_span("b2", 10, 990, scope="client", operation="chat", last_message=None),
    ]
    assert sorted(calls(*spans)) == [["a2", "a1"], ["b2"]]


def test_without_content_the_closest_call_is_the_one():
    """A framework's span is little longer than the call that it wraps, and much longer than one beside it."""
    spans = [
        model_span("a1", 0, 1000, scope="framework"),
        model_span("a2", 2, 998, scope="client", operation="chat"),
        model_span("00", 100, 400, scope="client", operation="chat"),
    ]
    assert sorted(calls(*spans)) == [["00"], ["a2", "a1"]]


def test_a_span_over_several_calls_is_no_call():
    """A retry loop and a turn with several steps sum up what the calls below already say."""
    turn = model_span("aa", 0, 1000, model="m", input_tokens=30)
    steps = [model_span(name, at, at + 100, parent_id="aa", model="m") for name, at in (("b1", 10), ("b2", 200))]
    assert calls(turn, *steps) == [["b1"], ["b2"]]
    assert calls(turn, {**steps[0], "last_message": 1}, {**steps[1], "last_message": 2}) == [["b1"], ["b2"]]
    outermost = model_span("00", 0, 1001, model="m")
    assert calls(outermost, {**turn, "parent_id": "00"}, *steps) == [["b1"], ["b2"]]


def test_ancestry_leads_over_spans_that_are_none():
    """A span of a chain between a framework's model span and the client's does not hide that they are one."""
    outer = {**OUTER, "scope": "client", "operation": "chat"}
    inner = {**INNER, "operation": "chat", "parent_id": "c1"}
    way = [(TRACE, "bb", "c1"), (TRACE, "c1", "c2"), (TRACE, "c2", "aa")]
    assert calls(outer, inner, parents=way) == [["bb", "aa"]]
    assert sorted(calls(outer, inner)) == [["aa"], ["bb"]]


@pytest.mark.parametrize(
    "parents",
    [
        pytest.param([("aa", "aa")], id="its own parent"),
        pytest.param([("aa", "bb"), ("bb", "aa")], id="each other's parents"),
        pytest.param([("bb", "c1"), ("c1", "c2"), ("c2", "c1")], id="a circle above"),
    ],
)
def test_circles_of_parents_end(parents):
    """Whoever writes ids at will gets calls, not a hang."""
    own = dict(parents)
    spans = [{**span, "parent_id": own.get(span["span_id"])} for span in (OUTER, INNER)]
    assert calls(*spans, parents=[(TRACE, *pair) for pair in parents]) == [["bb", "aa"]]


def test_the_innermost_span_leads_and_the_others_fill_in():
    """Each field from the innermost span that knows it; a prompt and a place in the code from one span each."""
    outer = {
        **OUTER, "input_tokens": 99, "cached_tokens": 3, "session_id": "s1", "service": "gateway", "code_file": "a.py",
        "code_line": 3, "piece_hashes": [1], "piece_chars": [5], "prompt_chars": 5, "tool_call_ids": ["c1"],
        "finish_reason": "stop", "status": "error",
    }  # fmt: skip
    inner = {
        **INNER,
        "parent_id": "aa",
        "input_tokens": 10,
        "code_function": "call",
        "finish_reason": "tool_calls",
        "provider": "openai",
    }
    (call,) = merge(rows(outer, inner)).to_dicts()
    expected = {
        "span_id": "bb", "service": "shop", "status": "ok", "start_ns": INNER["start_ns"], "model": "gpt-4o-2024-08-06",
        "input_tokens": 10, "cached_tokens": 3, "session_id": "s1", "finish_reason": "tool_calls", "provider": "openai",
        "code_file": None, "code_function": "call", "code_line": None,
        "piece_hashes": [1], "piece_chars": [5], "prompt_chars": 5, "tool_call_ids": ["c1"],
        "output_tokens": None, "cost_usd": None,
    }  # fmt: skip
    assert {name: call[name] for name in expected} == expected


SPAN = st.builds(
    lambda n, start, length, parent, scope, message, model: model_span(
        f"{n:02x}", start, start + length, parent_id=None if parent is None else f"{parent:02x}", scope=scope,
        operation="chat", last_message=message, model=model,
    ),
    st.integers(1, 12), st.integers(0, 20), st.integers(0, 20), st.none() | st.integers(1, 12),
    st.sampled_from([None, "framework", "client"]), st.none() | st.integers(1, 2), st.sampled_from([None, "m", "n"]),
)  # fmt: skip


@given(st.lists(SPAN, max_size=8, unique_by=lambda span: span["span_id"]), st.randoms())
def test_the_order_of_spans_changes_nothing(spans, shuffled: random.Random):
    """The same spans in any order, split over any files, are the same calls."""
    merged = merge(rows(*spans))
    other = list(spans)
    shuffled.shuffle(other)
    assert merge(rows(*other)).to_dicts() == merged.to_dicts()


@given(st.lists(SPAN, min_size=1, max_size=8, unique_by=lambda span: span["span_id"]))
def test_no_span_is_in_two_calls(spans):
    """Every span belongs to one call, or sums up several and belongs to none; where there is a span there is a call."""
    merged = merge(rows(*spans))
    members = [one for ids in merged["span_ids"].to_list() for one in ids]
    assert 0 < len(members) == len(set(members)) <= len(spans)
    assert dict(merged.schema) == CALLS.schema


@pytest.mark.slow
def test_many_concurrent_calls_of_one_trace_are_merged_in_passing():
    """A trace that someone filled with overlapping calls is work in proportion to their number."""
    spans = [
        model_span(f"{2 * n + inner:06x}", n / 100, 10_000 + n / 100 - inner, scope=("framework", "client")[inner],
                   operation="chat", last_message=n)
        for n in range(3_000) for inner in (0, 1)
    ]  # fmt: skip
    merged = merge(rows(*spans))
    assert merged["span_ids"].list.len().sum() == len(spans)
    assert merged.height == 3_000


def test_a_row_has_every_field_of_a_model_call():
    """The store makes its table of this; a field that is missing would be lost without a word."""
    assert set(MODEL_SPANS) >= {name for name in CALLS.schema if name not in PRICED}


PRICED = {"span_ids", "input_usd_per_mtok", "cached_usd_per_mtok", "cost_usd", "cost_unknown"}


INTERVALS = st.tuples(st.integers(0, 12), st.integers(-3, 6), st.sampled_from([None, 0, 1, 2]), st.booleans())


@given(st.lists(INTERVALS, max_size=9), st.randoms(use_true_random=False))
def test_only_spans_that_touch_in_time_are_compared(drawn, rnd):
    """Leaving the others out changes nothing: the calls are those of the whole trace, where no parents go round."""
    scopes = [None, "framework", "client"]
    spans = [
        model_span(
            f"a{at}", begin, begin + length, scope=rnd.choice(scopes),
            parent_id=None if up is None or up >= at else f"a{up}",
            model="gpt-4o" if same else rnd.choice(["gpt-4o", "gpt-4o-mini"]),
        )
        for at, (begin, length, up, same) in enumerate(drawn)
    ]  # fmt: skip
    named = [ModelSpan(row, *(span.get(name) for name in ModelSpan._fields[1:])) for row, span in enumerate(spans)]
    ways = {span["span_id"]: span["parent_id"] for span in spans if span["parent_id"]}
    whole = [[spans[row]["span_id"] for row in call] for call in groups(named, ways)]
    assert sorted(calls(*spans)) == sorted(whole)
