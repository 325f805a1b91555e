"""Independent calls made in turn: when it is said, how much it is said to cost, and when nothing is said."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.latency.serial_calls import Settings, detect, measure, pace
from analyzers.untrusted import Name
from tests.builders import client, frames, model, span, tool, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("handle"), detail=Name("order, stock"))


def asked(*calls, asks=("c1", "c2"), **columns):
    """A trace in which one answer asks for calls that are then made."""
    return trace(model(asks=asks), *calls, **columns)


def usual(**columns):
    return asked(tool("order", 420, tool_call_id="c1"), tool("stock", 380, tool_call_id="c2"), **columns)


def told(number, order="found", arguments=None, **columns):
    """A trace without a model: arguments and results are captured."""
    return trace(
        tool("order", 400, input=f'{{"order": "o{number}"}}', output=f'{{"state": "{order}", "total": {number}5}}'),
        tool("stock", 400, input=arguments or f'{{"shop": "north", "order": "o{number}"}}', output="{}"),
        **columns,
    )


def told_apart(number, ms):
    """Two calls as `told` makes them, with time between."""
    return (
        tool("order", 400, input=f'{{"order": "o{number}"}}', output=f'{{"total": {number}5}}'),
        tool("stock", 400, start=400 + ms, input=f'{{"shop": "north", "order": "o{number}"}}', output="{}"),
    )


def run(*traces, **options):
    spans, calls, _ = frames(*traces)
    return detect(spans, calls, **options)


def test_says_what_waiting_in_turn_costs():
    """Six of eight traces make both calls in turn, although one answer asked for both."""
    spans, calls, _ = frames(
        *(usual(code_function="desk.handle", revision="abc") for _ in range(6)), *(asked() for _ in range(2))
    )
    (found,) = detect(spans, calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(spans, calls, subject=SUBJECT)
    assert found.evidence.observed.value == pytest.approx(380 * 6 / 8)
    assert (found.evidence.observed.n, found.evidence.occurrences, found.evidence.achievable) == (8, 6, 0)
    assert found.evidence.observed.exact
    assert found.seconds_per_call == pytest.approx(0.285)
    assert (found.traces, found.traces_examined, found.revision) == (6, 8, "abc")
    assert [anchor.function.quoted() for anchor in found.code] == ["“desk.handle”"]
    assert (
        "in 6 of 8 traces though one answer asked for all; together they save 380 ms a trace (29.2%)" in found.problem
    )
    assert len(found.exemplars) == 5


def test_the_parent_s_code_comes_before_the_calls_own():
    """The loop is what has to change; the calls tell which loop."""
    calls = [tool("order", 420, tool_call_id="c1", code_function="o"), tool("stock", 380, tool_call_id="c2")]
    (found,) = run(*(asked(*calls, code_function="desk.handle", code_line=7) for _ in range(5)))
    assert [(anchor.function.quoted(), anchor.line) for anchor in found.code] == [("“desk.handle”", 7), ("“o”", None)]


def test_three_in_turn_save_all_but_the_longest():
    """Runs of more than two are one run."""
    calls = [tool(name, ms, tool_call_id=name) for name, ms in (("a", 300), ("b", 500), ("c", 200))]
    (found,) = run(*(asked(*calls, asks=("a", "b", "c")) for _ in range(5)))
    assert found.subject.detail == "a, b, c"
    assert found.evidence.observed.value == pytest.approx(500)


def test_the_same_call_again_is_one_sequence():
    """However often the model asks for one tool, the sequence has one name."""
    two = [tool("a", 300, tool_call_id=str(n)) for n in range(2)]
    three = [tool("a", 300, tool_call_id=str(n)) for n in range(3)]
    (found,) = run(*(asked(*calls, asks=("0", "1", "2")) for calls in (two, three) for _ in range(5)))
    assert found.subject.detail == "a, a"
    assert found.evidence.observed.value == pytest.approx((300 + 600) / 2)


def test_arguments_and_results_prove_it_as_well():
    """No model asked: the second call uses only what was known before the first was made."""
    spans, calls, _ = frames(*(told(number) for number in range(6)))
    (found,) = detect(spans, calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed.value == pytest.approx(400)
    assert "though none needs the other's result" in found.problem


def test_what_the_parent_was_told_is_known_before():
    """The first result repeats a value that the second call takes from the parent's own input."""
    given_values = [told(n, arguments=f'{{"total": {n}5}}', input=f"the bill says {n}5 in total") for n in range(6)]
    assert len(run(*given_values)) == 1


def test_the_figure_falls_to_nothing_once_they_overlap():
    """The same measure over the application that makes both calls at once."""
    together = [tool("order", 420, tool_call_id="c1"), tool("stock", 380, tool_call_id="c2", start=501)]
    spans, calls, _ = frames(*(asked(*together) for _ in range(6)))
    assert detect(spans, calls) == []
    assert measure(spans, calls, subject=SUBJECT).value == 0


def test_measures_without_conditions():
    """One trace is no habit and can be compared all the same."""
    spans, calls, _ = frames(usual())
    assert detect(spans, calls) == []
    assert measure(spans, calls, subject=SUBJECT).value == pytest.approx(380)
    assert measure(spans, calls, subject=dataclasses.replace(SUBJECT, operation=Name("other"))) is None


def polled(number):
    """A job is looked at until it is done."""
    job = f'{{"job": "j{number}"}}'
    return trace(
        tool("state", 400, input=job, output=f'{{"share": {number}}}'),
        tool("state", 400, input=job, output=f'{{"share": 1{number}}}'),
    )


def reused_ids(number):
    """The same ids again in a later answer, as some servers give them."""
    return trace(
        model(asks=("c1", "c2")),
        tool("order", 400, tool_call_id="c1"),
        model("chat", 10, asks=("c2",)),
        tool("stock", 400, tool_call_id="c2"),
    )


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param([usual() for _ in range(4)], id="no habit"),
        pytest.param(
            [told(n) if n < 4 else told(n, arguments=f'{{"total": "{n}5"}}') for n in range(6)],
            id="no habit of those that need nothing of each other",
        ),
        pytest.param([usual(ms=20_000) for _ in range(6)], id="too little to gain"),
        pytest.param(
            [asked(tool("order", 400, tool_call_id="c1"), tool("stock", 400, tool_call_id="c2", start=510))] * 6,
            id="they already overlap",
        ),
        pytest.param(
            [asked(tool("order", 400, tool_call_id="c1"), tool("stock", 400, tool_call_id="c2", start=3000))] * 6,
            id="something else happens between them",
        ),
        pytest.param(
            [trace(*told_apart(n, 100)) for n in range(6)], id="what nobody asked for together is not close enough"
        ),
        pytest.param([trace(tool("order", 400), tool("stock", 400))] * 6, id="no proof"),
        pytest.param([asked(tool("order", 400, tool_call_id="c1"), tool("stock", 400))] * 6, id="half a proof"),
        pytest.param([reused_ids(number) for number in range(6)], id="another answer asked for the second"),
        pytest.param(
            [asked(tool("order", 400, tool_call_id="c1"), tool("order", 400, tool_call_id="c1"))] * 6,
            id="a call made again",
        ),
        pytest.param([told(n, arguments=f'{{"total": "{n}5"}}') for n in range(6)], id="the second needs the first"),
        pytest.param(
            [told(n, order=f"ready {n}x", arguments=f"Ready{n}?") for n in range(6)], id="it needs a word of it"
        ),
        pytest.param(
            [told(n, order=f"https://e.example/{n}abcdef", arguments=f"{n}abc") for n in range(6)],
            id="it needs a part of a word of it",
        ),
        pytest.param([polled(n) for n in range(6)], id="the same is asked again"),
        pytest.param([told(7) for _ in range(6)], id="the result may be what lets the second be made"),
        pytest.param(
            [*(told(n) for n in range(6)), trace(tool("order", 400, input="x", output="refused"))],
            id="the second is not always made",
        ),
        pytest.param(
            [asked(span("order", 400, tool_call_id="c1"), span("stock", 400, tool_call_id="c2"))] * 6,
            id="not calls to anything",
        ),
        pytest.param([asked(tool("order", -400, tool_call_id="c1"), tool("stock", 0))] * 6, id="durations below zero"),
        pytest.param([usual(clock="order")] * 6, id="places in an order take no time"),
        pytest.param([usual(clock="utc start")] * 6, id="nobody knows when they ended"),
        pytest.param([usual()], id="one trace"),
        pytest.param([trace()], id="one span"),
    ],
)
def test_says_nothing_when(traces):
    """Each of these looks like serial calls and is not."""
    assert run(*traces) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too."""
    assert detect(SPANS.empty().lazy(), CALLS.empty().lazy()) == []
    assert measure(SPANS.empty().lazy(), CALLS.empty().lazy(), subject=SUBJECT) is None


def test_calls_without_a_common_parent_are_no_siblings():
    """Roots, orphans and a circle of parents say nothing about who waits for whom."""
    spans, calls, _ = frames(*(usual() for _ in range(6)))
    table = spans.collect()
    tools = table["kind"].to_list()
    for parents in (
        [None] * len(tools),
        ["lost"] * len(tools),
        [table["span_id"][(i + 1) % len(tools)] for i in range(len(tools))],
    ):
        moved = table.with_columns(
            parent_id=type(table["parent_id"])("parent_id", parents, dtype=SPANS.schema["parent_id"])
        )
        assert detect(moved.lazy(), calls) == []


def test_what_one_answer_asked_for_may_lie_further_apart():
    """Some frameworks take their time between two calls; nothing can have been decided in between."""
    apart = [asked(tool("order", 400, tool_call_id="c1"), tool("stock", 400, tool_call_id="c2", start=1900))] * 6
    (found,) = run(*apart)
    assert found.evidence.observed.value == pytest.approx(400)


def test_how_far_apart_is_a_setting():
    """Both ways of proof have a gap of their own."""
    apart = [asked(tool("order", 400, tool_call_id="c1"), tool("stock", 400, tool_call_id="c2", start=1000))] * 6
    assert run(*apart, settings=Settings(max_asked_gap_ms=50)) == []
    assert len(run(*(trace(*told_apart(n, 100)) for n in range(6)), settings=Settings(max_gap_ms=100))) == 1


TIMES = st.lists(st.tuples(st.integers(0, 300), st.integers(1990, 2010)), min_size=1, max_size=6)


@given(TIMES)
def test_never_promises_more_than_the_trace_takes(times):
    """What is saved is the sum of the runs without the longest call of each."""
    at, calls, expected, current = 500.0, [], 0, []
    for number, (ms, gap) in enumerate(times):
        if gap > 2000:
            expected += sum(current) - max(current, default=0)
            current = []
        at += gap
        calls.append(client(f"c{number}", ms, start=at, tool_call_id=f"c{number}"))
        current.append(ms)
        at += ms
    expected += sum(current) - max(current, default=0)
    spans, answers, _ = frames(asked(*calls, asks=tuple(f"c{number}" for number in range(len(times)))))
    details = dict.fromkeys(_runs_of(times))
    subjects = [dataclasses.replace(SUBJECT, detail=Name(name)) for name in details]
    assert sum(measure(spans, answers, subject=one).value for one in subjects) == pytest.approx(expected)


def _runs_of(times):
    runs, current = [], []
    for number, (_, gap) in enumerate(times):
        if gap > 2000:
            runs.append(current)
            current = []
        current.append(f"c{number}")
    return [", ".join(names) for names in [*runs, current] if len(names) > 1]


def test_without_a_date_it_is_said_without_one():
    """Times from an unknown moment tell how long it took, and not when."""
    (found,) = run(*(usual(clock="relative") for _ in range(6)))
    assert (found.first_ns, found.last_ns) == (None, None)
    assert found.evidence.observed.value == pytest.approx(380)


def test_at_the_pace_of_another_recording_the_order_alone_counts():
    """Two recordings of one order are the same figure, however long their calls took; apart, it is nothing."""
    first, calls, _ = frames(*(usual() for _ in range(6)))
    usually = pace(first, calls)
    slower, asked_again, _ = frames(
        *(asked(tool("order", 900, tool_call_id="c1"), tool("stock", 30, tool_call_id="c2")) for _ in range(6))
    )
    at_once, together, _ = frames(
        *(
            asked(tool("order", 420, tool_call_id="c1"), tool("stock", 380, start=0, tool_call_id="c2"))
            for _ in range(6)
        )
    )
    assert measure(slower, asked_again, subject=SUBJECT).value == 30
    assert measure(slower, asked_again, subject=SUBJECT, pace=usually).value == 380
    assert measure(first, calls, subject=SUBJECT, pace=usually) == measure(first, calls, subject=SUBJECT)
    assert measure(at_once, together, subject=SUBJECT, pace=usually).value == 0
