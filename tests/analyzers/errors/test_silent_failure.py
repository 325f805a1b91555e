"""Failures that no status tells of: when they are said, and what only looks like one."""

from __future__ import annotations

import dataclasses

import pytest

from analyzers.control import control
from analyzers.errors.recurring_error import detect as recurring
from analyzers.errors.silent_failure import Settings, detect, measure
from analyzers.finding import Subject
from analyzers.frames import CALLS, EVENTS, SPANS
from analyzers.untrusted import Name
from tests.builders import client, failing, frames, model, span, tool, trace

EMPTY = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("no output of large-1"))


def answer(**columns):
    return model(**{"input_tokens": 1000, "output_tokens": 90, **columns})


def nothing(**columns):
    return answer(**{"output_tokens": 0, **columns})


def healthy(count):
    return [trace(answer()) for _ in range(count)]


def run(*traces, **options):
    return detect(*frames(*traces), **options)


def unavailable(node=None, **columns):
    return failing(node or client("GET", 5), "HTTPError", "503: try later", **{"http_status": 503, **columns})


def swallowed(**columns):
    """The request fails, the tool that made it is ok, and the model goes on without what it asked for."""
    return trace(model(), tool("search", 10, unavailable(**columns), status="ok"), model())


def test_says_what_was_sent_in_vain():
    """Three of eight calls answer nothing; what they cost is what their input costs."""
    priced = {"input_usd_per_mtok": 2.0, "cached_usd_per_mtok": 0.5, "cached_tokens": 600}
    read = frames(*healthy(5), *(trace(nothing(ms=2000, **priced)) for _ in range(3)))
    (found,) = detect(*read)
    assert found.subject == EMPTY
    assert found.evidence.observed == measure(*read, subject=EMPTY)
    assert (found.evidence.observed.value, found.evidence.observed.unit) == (3 / 8, "share of calls")
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (3, 3, 8)
    assert found.cost_usd_per_call == pytest.approx(3 * (400 * 2 + 600 * 0.5) / 1e6 / 8)
    assert found.seconds_per_call == pytest.approx(6 / 8)
    assert found.problem == (
        "chat: no output of large-1 in 3 of 8 calls (37.50%), and no error tells of it; "
        "3,000 input tokens were sent and 6.0 s waited in vain"
    )


def test_what_is_not_known_is_no_zero():
    """No price, no duration: the share is exact all the same."""
    (found,) = run(*healthy(5), *(trace(nothing(clock="order")) for _ in range(3)))
    assert (found.cost_usd_per_call, found.seconds_per_call) == (None, None)
    assert found.cost_unknown == "the price of the input, or how much of it was cached, is not known"
    assert found.unknown == ("whether a person cancelled the call", "how long 3 of the 3 calls took")
    assert found.problem.endswith("3,000 input tokens were sent in vain")


def test_one_costly_call_is_enough():
    """One that takes minutes, or that is sent a book, is no accident to pass over."""
    assert len(run(*healthy(5), trace(nothing(ms=300_000)))) == 1
    assert len(run(*healthy(5), trace(nothing(input_tokens=800_000)))) == 1


def test_an_answer_that_is_over_without_text_is_empty():
    """One token is what it takes to end; reasoning used up the rest of none."""
    over = {"answer_chars": 0, "finish_reason": "stop", "output_tokens": 1}
    (found,) = run(*healthy(5), *(trace(answer(**over)) for _ in range(3)))
    assert found.evidence.occurrences == 3


def test_a_request_whose_failure_its_caller_hides_is_said():
    """The tool is ok, and the model goes on without the answer."""
    read = frames(*(swallowed() for _ in range(3)), trace(model(), client("GET", 5)))
    (found,) = detect(*read)
    assert (found.subject.operation, found.subject.detail) == ("GET", "overloaded, unnoticed")
    assert found.evidence.observed == measure(*read, subject=found.subject)
    assert (found.evidence.observed.value, found.evidence.observed.n, found.http_statuses) == (3 / 4, 4, (503,))
    assert found.problem == (
        "GET fails with overloaded in 3 of 4 calls (75.00%); nothing tries again, and what called it is not in error"
    )


def test_an_agent_that_is_ok_over_a_failed_model_is_said():
    """Nothing followed the failure; what is in error stands below what says it is well."""
    step = span("step", 600, failing(model(), "Oddity", "it broke", status="error"), status="error")
    traces = [trace(span("run", 700, step, kind="agent", status="ok"), status="ok") for _ in range(3)]
    (found,) = run(*traces)
    assert found.subject.operation == "chat"
    assert found.subject.detail.endswith(", unnoticed")


def test_stands_with_the_error_that_it_is_about():
    """The recurring error and its being unnoticed are one finding."""
    read = frames(*(trace(failing(model(), "Oddity"), status="ok") for _ in range(3)))
    (finding,) = control([*detect(*read), *recurring(read.spans, read.events)], window_days=1)
    assert finding.candidate.analyzer == "recurring-error"
    assert [one.candidate.analyzer for one in finding.consequences] == ["silent-failure"]


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param([*healthy(9), trace(nothing()), trace(nothing())], id="not often"),
        pytest.param([*healthy(9), trace(nothing(), nothing(), nothing())], id="one unlucky trace"),
        pytest.param([trace(nothing(input_tokens=800_000)) for _ in range(9)], id="its output is never counted"),
        pytest.param([*healthy(9), *[trace(nothing(asks=("1",)))] * 3], id="it asks for tools"),
        pytest.param([*healthy(9), *[trace(nothing(finish_reason="tool_calls"))] * 3], id="the tools are not recorded"),
        pytest.param([*healthy(9), *[trace(nothing(answer_chars=80))] * 3], id="the text is there"),
        pytest.param([*healthy(9), *[trace(nothing(input_tokens=0))] * 3], id="usage was left at zero"),
        pytest.param([*healthy(9), *[trace(nothing(output_tokens=None))] * 3], id="usage is not known"),
        pytest.param([*healthy(9), *[trace(answer(answer_chars=0))] * 3], id="text is not captured"),
        pytest.param(
            [*healthy(9), *[trace(answer(answer_chars=0, finish_reason="stop"))] * 3], id="its tokens went elsewhere"
        ),
        pytest.param([*healthy(9), *[trace(nothing(finish_reason="cancelled"))] * 3], id="a person cancelled it"),
        pytest.param([*healthy(9), *[trace(nothing(status="error"), status="error")] * 3], id="an error tells of it"),
        pytest.param([swallowed() for _ in range(2)], id="unnoticed, but not often"),
        pytest.param(
            [trace(tool("search", 10, *[unavailable(start=0), unavailable(start=0), unavailable(start=0)]))],
            id="unnoticed in one trace",
        ),
        pytest.param([swallowed(http_status=404) for _ in range(9)], id="is it there? it is not"),
        pytest.param(
            [trace(model(), tool("search", 10, unavailable(), status="error"), model())] * 9, id="its caller says so"
        ),
        pytest.param([trace(model(), unavailable(tool("search")), model())] * 9, id="the model reads it"),
        pytest.param([trace(tool("search", 20, unavailable(), client("GET", 5), status="ok"))] * 9, id="tried again"),
        pytest.param(
            [trace(tool("search", 20, unavailable(), client("GET mirror", 5), status="ok"))] * 9, id="made good"
        ),
        pytest.param([trace(failing(model()), answer(operation="other"))] * 9, id="another model answers"),
        pytest.param([trace(failing(model()), status="error")] * 9, id="the trace says so"),
        pytest.param([trace(kind="client", operation="GET", status="error")] * 9, id="its caller is not seen"),
        pytest.param(healthy(9), id="no failure"),
        pytest.param([trace(nothing())], id="one call"),
    ],
)
def test_says_nothing_when(traces):
    """Each of these looks like a silent failure and is none."""
    assert run(*traces) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too."""
    empty = [kind.empty().lazy() for kind in (SPANS, CALLS, EVENTS)]
    assert detect(*empty) == []
    assert measure(*empty, subject=EMPTY) is None


def test_measures_without_conditions():
    """One is not often, and none can be measured too."""
    read = frames(*healthy(3), trace(nothing()))
    assert detect(*read) == []
    assert measure(*read, subject=EMPTY).value == pytest.approx(1 / 4)
    assert measure(*frames(*healthy(3)), subject=EMPTY).value == 0
    assert measure(*read, subject=dataclasses.replace(EMPTY, service=Name("shop"))) is None


def test_what_costs_much_is_a_setting():
    """A thousand tokens, for whoever says so."""
    assert len(run(*healthy(5), trace(nothing()), settings=Settings(min_input_tokens=1000))) == 1
