"""Errors that end traces: when it is said, which span it is, and when nothing is said."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors.recurring_error import Settings, detect, measure
from analyzers.finding import Subject
from analyzers.frames import EVENTS, SPANS
from analyzers.untrusted import Name
from tests.builders import client, failing, frames, model, span, tool, trace, with_exception

SUBJECT = Subject(service=Name("desk"), operation=Name("GET"), detail=Name("rate limit"))
ERROR = {"status": "error", "error_type": "HTTPError", "error_message": "429 for url: http://e.example/7"}


def too_many(**columns):
    """A request that is turned away."""
    return failing(client("GET", 5, **columns), "HTTPError", "429 for url: http://e.example/7", http_status=429)


def ended(**columns):
    """The request fails, the tool fails with it, and so does everything above."""
    return trace(model(), tool("search", 10, too_many(), **ERROR), **ERROR, **columns)


def fine():
    return trace(model(), tool("search", 10, client("GET", 5)), model())


def went_on():
    """The request fails and the conversation goes on."""
    return trace(model(), tool("search", 10, too_many(), status="ok"), model())


def run(*traces, **options):
    spans, _, events = frames(*traces)
    return detect(spans, events, **options)


def test_says_what_ended_how_many_traces():
    """Four of ten traces end with one request that nothing retried."""
    spans, _, events = frames(*(fine() for _ in range(6)), *(ended(revision="abc") for _ in range(4)))
    (found,) = detect(spans, events)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(spans, events, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (pytest.approx(0.4), 10)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (4, 4, 10)
    assert found.http_statuses == (429,)
    assert found.errors == ("HTTPError",)
    assert found.revision == "abc"
    assert [quote.quoted() for quote in found.quotes] == ["“429 for url: http:∕∕e.example/7”"]
    assert found.problem == ("GET fails with rate limit: 4 of 10 traces (40.0%) ended there; nothing retried it")


def test_the_deepest_error_is_the_subject_and_names_its_code_first():
    """The tool and the agent above it failed with the same error: one finding, at the request."""
    here = {"code_function": "desk.get"}
    deep = trace(tool("search", 10, too_many(**here), **ERROR, code_function="desk.search", code_line=3), **ERROR)
    (found,) = run(*(deep for _ in range(3)))
    assert [anchor.function.quoted() for anchor in found.code] == ["“desk.get”", "“desk.search”"]
    assert not any(anchor.of_stack for anchor in found.code)


def test_says_how_many_were_retried():
    """A retry that fails as well did not help, and it is not said that nothing retried it."""
    twice = trace(tool("search", 20, too_many(), too_many(), **ERROR), **ERROR)
    (found,) = run(*(twice for _ in range(3)))
    assert found.evidence.occurrences == 6
    assert found.evidence.observed.value == 1
    assert "3 of 6 times the operation was called again afterwards" in found.problem


def test_a_retry_of_the_tool_is_a_retry():
    """The agent's loop called the whole tool once more, with the same input."""
    search = tool("search", 10, too_many(), **ERROR, input="q")
    (found,) = run(*(trace(search, search, **ERROR) for _ in range(3)))
    assert "3 of 6 times" in found.problem
    other = tool("search", 10, too_many(), **ERROR, input="r")
    (found,) = run(*(trace(search, other, **ERROR) for _ in range(3)))
    assert "nothing retried it" in found.problem


def test_type_and_message_may_stand_in_an_exception_event():
    """Some instrumentations record the exception and leave the span's own fields empty."""
    bare = with_exception(failing(model(), None, None), "acme.OutOfInk", "code 3505 for model x1")
    (found,) = run(*(trace(bare) for _ in range(3)))
    assert found.subject.detail.startswith("acme.OutOfInk ")
    assert [quote.quoted() for quote in found.quotes] == ["“code 3505 for model x1”"]


def test_messages_of_one_shape_are_one_error():
    """Without an HTTP status the message tells errors apart, but not its values."""
    slow = [trace(failing(model(), "Refusal", f"no answer in {n} words")) for n in range(3)]
    refused = [trace(failing(model(), "Refusal", "no answer at all")) for _ in range(3)]
    details = {found.subject.detail: found.evidence.occurrences for found in run(*slow, *refused)}
    assert sorted(details.values()) == [3, 3]


def test_a_status_is_enough_whatever_the_message():
    """Providers word one status in many ways."""
    worded = [trace(failing(model(), "Teapot", text, http_status=418)) for text in ("short", "and", "stout")]
    (found,) = run(*worded)
    assert found.subject.detail == "Teapot 418"


def test_one_cause_is_one_error_however_it_is_worded():
    """Two clients, one limit: by type, by status and by message."""
    typed = failing(model(), "litellm.RateLimitError", "slow down")
    by_status = failing(model(), None, "busy", http_status=429)
    worded = failing(model(), "APIError", "Error code: 429 - capacity exceeded")
    (found,) = run(trace(typed), trace(by_status), trace(worded))
    assert (found.subject.detail, found.evidence.occurrences, found.http_statuses) == ("rate limit", 3, (429,))


def test_an_account_that_is_refused_is_one_error_of_the_service():
    """Whatever the service asks for fails for one reason; the operations are named."""
    refused = {"error_type": "AuthenticationError", "message": "Incorrect API key provided"}
    traces = [trace(failing(node, **refused)) for node in (model(), model("embed"), model("rank"), model("rerank"))]
    (found,) = run(*traces)
    assert (found.subject.operation, found.subject.detail) == ("any operation", "authentication")
    assert found.problem.startswith("chat, embed, rank and 1 more fail with authentication: 4 of 4 traces")


def test_the_function_that_raised_it_tells_two_errors_apart():
    """Alike in type and words, but raised at two places of the application; a library's own frame is none."""
    stack = 'File "/app/{}.py", line 3, in {}\nFile "/x/site-packages/y.py", line 1, in z'
    places = [("a", "load"), ("b", "save")]
    traces = [
        trace(with_exception(failing(model()), "HTTPError", "it broke", stacktrace=stack.format(*place)))
        for place in places * 3
    ]
    found = run(*traces)
    assert [candidate.evidence.occurrences for candidate in found] == [3, 3]
    assert {candidate.code[0].function.quoted() for candidate in found} == {"“load”", "“save”"}
    assert all(candidate.code[0].of_stack for candidate in found)


def refusing(*inputs, message="the seat is taken on flight 12"):
    """The model tries one input after the other; the last one is right."""
    *wrong, right = inputs
    tries = [node for text in wrong for node in (failing(tool("book", input=text), None, message), model())]
    return trace(model(), *tries, tool("book", input=right), model())


def test_an_error_that_fails_half_the_calls_is_said_though_nothing_ends():
    """The model calls it again with something else, two times of three."""
    spans, _, events = frames(*(refusing("a", "b", "c") for _ in range(2)))
    (found,) = detect(spans, events)
    assert found.subject.detail.endswith(", survived")
    assert found.evidence.observed == measure(spans, events, subject=found.subject)
    assert (found.evidence.observed.value, found.evidence.observed.unit) == (pytest.approx(4 / 6), "share of calls")
    assert "in 4 of 6 calls (66.7%)" in found.problem
    (cured,) = [frames(*(refusing("c") for _ in range(2)))]
    assert measure(cured.spans, cured.events, subject=found.subject).value == 0


def test_an_error_is_said_once():
    """It ends traces, and is survived in others: the first says it all."""
    ending = trace(failing(tool("book", input="a"), None, "the seat is taken on flight 12", status="error"), **ERROR)
    (found,) = run(*(refusing("a", "b", "c") for _ in range(2)), *(ending for _ in range(2)))
    assert found.evidence.observed.unit == "share of traces ended"


def test_a_failing_model_ends_a_trace_whatever_the_root_says():
    """An agent span that is not in error above a failed call that nothing followed."""
    (found,) = run(*(trace(failing(model(), http_status=429), status="ok") for _ in range(3)))
    assert found.evidence.observed.value == 1


def test_housekeeping_after_the_error_is_no_work():
    """A framework sends its error page; the request is still what ended the trace."""
    page = span("send", 1)
    traces = [trace(span("route", 10, too_many(), page, **ERROR), page, kind="server", **ERROR) for _ in range(3)]
    (found,) = run(*traces)
    assert (found.subject.operation, found.evidence.observed.value) == ("GET", 1)


def test_an_error_that_was_handled_does_not_answer_for_a_later_one():
    """The request's 404 is handled; the work goes on and fails with something else."""
    handled = failing(client("GET", 5), "HTTPError", "404", http_status=404)
    traces = [trace(handled, model(), **{**ERROR, "error_type": "ValueError"}) for _ in range(3)]
    (found,) = run(*traces)
    assert (found.subject.operation, found.evidence.occurrences) == ("handle", 3)


def test_the_same_words_above_are_the_same_error():
    """Work that follows an error, such as a report of it, does not make another error of it."""
    traces = [trace(tool("search", 10, too_many(), **ERROR), client("POST", 5), **ERROR) for _ in range(3)]
    (found,) = run(*traces)
    assert (found.subject, found.evidence.observed.value) == (SUBJECT, 1)


def test_the_figure_falls_to_nothing_once_retried():
    """The same measure over the application that retries."""
    cured = trace(tool("search", 20, too_many(), client("GET", 5)), model())
    spans, _, events = frames(*(cured for _ in range(5)))
    assert detect(spans, events) == []
    assert measure(spans, events, subject=SUBJECT).value == 0


def test_measures_without_conditions():
    """Once is not often, and can be compared all the same."""
    spans, _, events = frames(ended(), fine())
    assert detect(spans, events) == []
    assert measure(spans, events, subject=SUBJECT).value == pytest.approx(0.5)
    assert measure(spans, events, subject=dataclasses.replace(SUBJECT, service=Name("shop"))) is None


def test_counts_traces_of_the_failing_service_only():
    """Another service's traces are not examined for this one's errors."""
    (found,) = run(*(ended() for _ in range(3)), *(trace(model(), service="shop") for _ in range(50)))
    assert found.traces_examined == 3


QUEUE = with_exception(span("dequeue", 500), "asyncio.exceptions.CancelledError")


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param([ended(), ended()], id="not often"),
        pytest.param([trace(*[tool("search", 10, too_many(), **ERROR)] * 3, **ERROR)], id="one unlucky trace"),
        pytest.param([went_on() for _ in range(9)], id="the trace went on"),
        pytest.param([*(ended() for _ in range(3)), *(fine() for _ in range(400))], id="one in a hundred or less"),
        pytest.param([trace(QUEUE, QUEUE, model(), kind="server") for _ in range(9)], id="polling with a time-out"),
        pytest.param(
            [trace(failing(client("GET", 5), None, None, http_status=404), client("POST", 5), model())] * 9,
            id="is it there? it is not",
        ),
        pytest.param(
            [trace(model(), failing(client("DELETE", 5), http_status=404), kind="server")] * 9, id="tidying up"
        ),
        pytest.param([trace(tool("search", 20, too_many(), client("GET", 5)), model())] * 9, id="the retry succeeded"),
        pytest.param([trace(kind="client", operation="GET", **ERROR)] * 9, id="its caller is not seen"),
        pytest.param(
            [trace(model(), tool("exists", 5, **ERROR), kind="server")] * 9, id="a look at the end found nothing"
        ),
        pytest.param([fine() for _ in range(9)], id="no error"),
        pytest.param([refusing("a", "b", "c", "d", "e", "f")], id="survived in one trace only"),
        pytest.param([refusing("a", "b"), refusing("a", "b")], id="survived, but not often"),
        pytest.param([refusing("a", "b"), *[refusing("a", "b"), refusing("b")] * 6], id="less than half of the calls"),
        pytest.param([refusing("a", "a", "a") for _ in range(9)], id="polled until it is done"),
        pytest.param([refusing("a", "b", "c", message="Exit code 1") for _ in range(9)], id="a search finds nothing"),
        pytest.param([refusing("a", "b", "c", message="denied by the user") for _ in range(9)], id="a person says no"),
        pytest.param([refusing(None, None, None) for _ in range(9)], id="inputs are not captured"),
        pytest.param([trace(**ERROR)], id="one span"),
        pytest.param([trace(*[failing(model())] * 9, **ERROR)], id="every span failed"),
    ],
)
def test_says_nothing_when(traces):
    """Each of these holds errors, or looks like it, and none that recurs and ends traces."""
    assert run(*traces) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too."""
    assert detect(SPANS.empty().lazy(), EVENTS.empty().lazy()) == []
    assert measure(SPANS.empty().lazy(), EVENTS.empty().lazy(), subject=SUBJECT) is None


def test_a_circle_of_parents_ends_nothing():
    """Broken telemetry: two failing spans, each the other's parent."""
    spans, _, events = frames(*(trace(span("a", 5, **ERROR), **ERROR) for _ in range(3)))
    table = spans.collect()
    circle = table.with_columns(parent_id=pl.col("span_id").reverse().over("trace_id"))
    assert detect(circle.lazy(), events) == []


def test_clocks_that_jump_are_no_reason_to_fail():
    """A span that ends before it began."""
    spans, _, events = frames(*(ended() for _ in range(3)))
    back = spans.with_columns(end_ns=pl.col("start_ns") - 5)
    assert {found.subject.operation for found in detect(back, events)} <= {"GET", "search", "handle"}


def test_how_often_is_often_is_a_setting():
    """Two are enough for whoever says so."""
    assert len(run(ended(), ended(), settings=Settings(min_count=2))) == 1


@st.composite
def forests(draw):
    """Traces of spans under any earlier span, some in error."""
    parents = draw(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 30)), min_size=1, max_size=8))
    rows = []
    for number, (parent, error, start) in enumerate(parents):
        rows.append(
            {
                "trace_id": "t",
                "span_id": str(number),
                "parent_id": str(parent) if parent < number else None,
                "service": "desk",
                "operation": "ab"[number % 2],
                "kind": ("internal", "model", "client")[number % 3],
                "start_ns": start,
                "end_ns": start + 10,
                "status": "error" if error else "unset",
                "error_type": "E",
                "http_status": 418,
            }
        )
    return rows


@given(forests())
def test_a_trace_is_ended_by_an_error_in_it_or_by_none(rows):
    """Whatever the tree: shares are shares, and a trace without errors is ended by nothing."""
    spans = pl.DataFrame(rows, schema=SPANS.schema).lazy()
    subjects = [Subject(service=Name("desk"), operation=Name(name), detail=Name("E 418")) for name in "ab"]
    shares = [measure(spans, EVENTS.empty().lazy(), subject=subject).value for subject in subjects]
    failed = any(row["status"] == "error" for row in rows)
    assert all(share in (0, 1) for share in shares)
    assert failed or shares == [0, 0]
    roots = [row for row in rows if row["parent_id"] is None and row["kind"] != "client"]
    if len(rows) == 1 and roots and failed:
        assert 1 in shares


@pytest.mark.parametrize("clock", ["order", "relative", "relative start"])
def test_what_came_after_what_is_enough(clock):
    """Errors end traces on any clock; when they did is said for calendar times alone."""
    (found,) = run(*(ended(clock=clock) for _ in range(4)), *(fine() for _ in range(4)))
    assert (found.evidence.observed.value, found.first_ns, found.last_ns) == (0.5, None, None)
