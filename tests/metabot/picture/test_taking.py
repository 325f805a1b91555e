"""What is kept of the telemetry with a finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzers.finding import Exemplar, Finding
from metabot.ledger.encoding import decode, encode
from metabot.picture.calls import CALLS
from metabot.picture.picture import Bucket, Picture
from metabot.picture.taking import pictures
from metabot.picture.traces import SPANS
from tests.builders import Frames, Trace, failing, frames, model, span, tool, trace
from tests.proposals import finding


def about(recorded: Frames, operation: str, traces: int = 5) -> Finding:
    """A finding whose exemplars are the first span of this operation in each trace."""
    named = recorded.spans.collect().unique("span_id").sort("start_ns", "span_id")
    rows = [row for row in named.iter_rows(named=True) if row["operation"] == operation]
    first = {row["trace_id"]: row["span_id"] for row in reversed(rows)}
    exemplars = tuple(Exemplar(trace_id=trace, span_id=span) for trace, span in sorted(first.items())[:traces])
    made = finding()
    return replace(made, candidate=replace(made.candidate, exemplars=exemplars))


def picture(operation: str, *traces: Trace) -> Picture:
    recorded = frames(*traces)
    found = about(recorded, operation)
    (taken,) = pictures([found], recorded._asdict()).values()
    assert decode(encode(taken), Picture) == taken
    return taken


def drawn(taken: Picture) -> list[tuple[Any, ...]]:
    return [(one.depth, str(one.operation), one.start_ms, one.ms) for one in taken.traces[0].spans]


def test_a_trace_is_a_tree_with_its_times() -> None:
    """Children follow their parent, one deeper; starts count from the trace's own."""
    taken = picture("fetch", trace(span("plan", 30, tool("fetch", 10), tool("read", 20)), failing(tool("write", 5))))
    assert drawn(taken) == [
        (0, "handle", 0, 35), (1, "plan", 0, 30), (2, "fetch", 0, 10), (2, "read", 10, 20), (1, "write", 30, 5),
    ]  # fmt: skip
    assert [one.blamed for one in taken.traces[0].spans] == [False, False, True, False, False]
    assert [one.failed for one in taken.traces[0].spans] == [False, False, False, False, True]


def test_an_order_has_no_times() -> None:
    """Places in an order are drawn as a tree alone."""
    assert drawn(picture("fetch", trace(tool("fetch"), clock="order"))) == [
        (0, "handle", None, None),
        (1, "fetch", None, None),
    ]


def test_three_traces_of_two_hundred_spans_at_most() -> None:
    """The blamed span and those above it stay, however short; then the longest; the rest is counted."""
    many = [tool(f"t{number}", 10 + number) for number in range(300)]
    taken = picture("blamed", *(trace(span("a", 1, span("blamed", 1)), *many, at=60 * n) for n in range(5)))
    assert [(len(one.spans), one.left_out) for one in taken.traces] == [(SPANS, 103)] * 3
    assert {"blamed", "a", "handle", "t299"} < {str(one.operation) for one in taken.traces[0].spans}
    assert "t0" not in {str(one.operation) for one in taken.traces[0].spans}


def test_a_huge_trace_is_not_read_whole() -> None:
    """Of thousands of spans the longest are drawn, and the one that the finding names."""
    taken = picture("blamed", trace(span("blamed", 0.001), *(tool("t", 10) for _ in range(3_000))))
    assert (len(taken.traces[0].spans), taken.traces[0].left_out) == (SPANS, 3_002 - SPANS)
    assert [str(one.operation) for one in taken.traces[0].spans if one.blamed] == ["blamed"]


def test_a_circle_of_parents_is_drawn_once() -> None:
    """Spans that are each other's parent, or their own, have a first one all the same."""
    recorded = trace(
        span("a", 10, span_id="a1", parent_id="b1"),
        span("b", 9, span_id="b1", parent_id="a1"),
        span("c", 1, span_id="c1", parent_id="c1"),
    )
    assert sorted((depth, name) for depth, name, *_ in drawn(picture("b", recorded))) == [
        (0, "a"), (0, "c"), (0, "handle"), (1, "b"),
    ]  # fmt: skip


def test_names_are_made_printable() -> None:
    """An operation that holds a terminal's control sequence loses it."""
    taken = picture("x\x1b[31m`y`", trace(tool("x\x1b[31m`y`")))
    assert str(taken.traces[0].spans[1].operation) == "x__31m_y_"


def test_calls_have_their_tokens_in_turn() -> None:
    """Unknown tokens stay unknown; the blamed call is marked."""
    taken = picture(
        "grown",
        trace(model(input_tokens=10, output_tokens=2), model("grown", input_tokens=30, cached_tokens=10), model()),
    )
    assert [(one.input_tokens, one.cached_tokens, one.output_tokens, one.blamed) for one in taken.calls] == [
        (10, None, 2, False),
        (30, 10, None, True),
        (None, None, None, False),
    ]
    assert taken.calls_left_out == 0


def test_many_calls_are_thinned_out_evenly() -> None:
    """A long growth keeps its shape, and the call that the finding names stays."""
    before, after = ([model("other", input_tokens=number) for number in row] for row in (range(101), range(102, 170)))
    taken = picture("chat", trace(*before, model(input_tokens=101), *after))
    assert [one.input_tokens for one in taken.calls] == sorted([*range(0, 170, 5), 101])
    assert taken.calls_left_out == 170 - 35
    assert len(taken.calls) <= CALLS


RULES = ("You help.", "Be kind.")


def test_two_prompts_part_where_their_pieces_differ() -> None:
    """What both begin with, the pieces in which they part, and what both hold behind them."""
    parting = picture(
        "chat",
        trace(model(prompt=("Hello.", "It is 12:03.", *RULES))),
        trace(model(prompt=("Hello.", "It is 12:04:00.", *RULES)), at=60),
    ).parting
    assert parting is not None
    assert (parting.unit, parting.shared, parting.shared_pieces, parting.shared_later) == ("characters", 7, 1, 19)
    assert [(side.size, side.piece_size) for side in parting.sides] == [(39, 13), (42, 16)]
    assert parting.sides[0].piece_hash != parting.sides[1].piece_hash


def test_a_single_call_is_held_against_the_one_before() -> None:
    """A history that is cut at the front parts from the call before."""
    parting = picture("chat", trace(model(prompt=("a", "b")), model(prompt=("a",)))).parting
    assert parting is None  # the exemplar is the first call: none is before it
    recorded = frames(trace(model(prompt=("a", "b")), model(prompt=("a",))))
    last = recorded.calls.collect()["span_id"][1]
    found = about(recorded, "chat")
    found = replace(
        found, candidate=replace(found.candidate, exemplars=(Exemplar(trace_id=f"{1:032x}", span_id=last),))
    )
    parting = pictures([found], recorded._asdict())[found.fingerprint].parting
    assert parting is not None
    assert (parting.shared, parting.sides[0].piece_size, parting.sides[1].piece_size) == (2, 2, None)


def test_blocks_tell_where_prompts_part_in_tokens() -> None:
    """Of chained hashes nothing is known behind the first difference."""
    blocks = {"block_size": 64, "block_unit": "tokens"}
    parting = picture(
        "chat", trace(model(block_hashes=[1, 2, 3], **blocks)), trace(model(block_hashes=[1, 4], **blocks), at=60)
    ).parting
    assert parting is not None
    assert (parting.unit, parting.shared, parting.shared_later, parting.sides[0].size) == ("tokens", 64, None, 192)


def test_durations_are_those_of_the_operation() -> None:
    """All its spans, by buckets that double, and those in which the named ones lie."""
    durations = picture(
        "fetch",
        trace(tool("fetch", 5_000), tool("other", 3)),
        *(trace(tool("fetch", 1), tool("fetch", 1.5), at=60 + number) for number in range(9)),
        trace(tool("fetch"), clock="order", at=600),
    ).durations
    assert durations is not None
    assert durations.buckets == (
        Bucket(exponent=19, spans=9),
        Bucket(exponent=20, spans=9),
        Bucket(exponent=32, spans=1),
    )
    assert (durations.unknown, durations.blamed) == (1, (19, 32))


@pytest.mark.parametrize("operation", ["absent", "handle"])
def test_a_finding_without_a_span_in_the_window_has_an_empty_picture(operation: str) -> None:
    """Exemplars that the frames do not hold draw nothing."""
    recorded = frames(trace(model()))
    found = about(recorded, operation)
    elsewhere = tuple(replace(one, trace_id="f" * 32) for one in found.candidate.exemplars)
    taken = pictures([replace(found, candidate=replace(found.candidate, exemplars=elsewhere))], recorded._asdict())
    for one in taken.values():
        assert (one.traces, one.calls, one.parting, one.durations) == ((), (), None, None)
