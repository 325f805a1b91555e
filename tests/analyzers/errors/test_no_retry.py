"""Passing errors that end the work at the first attempt: when it is said, and when nothing is said."""

from __future__ import annotations

import dataclasses

import pytest

from analyzers.errors.no_retry import detect, measure
from analyzers.finding import Subject
from analyzers.frames import EVENTS, SPANS
from analyzers.untrusted import Name
from tests.analyzers.recordings import lazy, other_name, recorded, renamed
from tests.builders import client, failing, frames, model, span, tool, trace, with_exception

SUBJECT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("rate limit"))
ERROR = {"status": "error", "error_type": "AgentError", "error_message": "no answer"}


def limited(**columns):
    return failing(model(**columns), "RateLimitError", "rate limit exceeded: 30 per minute", http_status=429)


def ended(**columns):
    return trace(model(), limited(), **ERROR, **columns)


def fine():
    return trace(model(), tool("search"), model())


def run(*traces, **options):
    spans, _, events = frames(*traces)
    return detect(spans, events, **options)


def test_says_what_ended_and_how_often():
    """Three of five traces end with a rate limit, and nothing asks again."""
    spans, _, events = frames(*(ended(revision="abc") for _ in range(3)), fine(), fine())
    (found,) = detect(spans, events)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(spans, events, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (pytest.approx(0.6), 5)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (3, 3, 5)
    assert (found.http_statuses, found.revision, len(found.affected)) == ((429,), "abc", 3)
    assert [quote.quoted() for quote in found.quotes] == ["“rate limit exceeded: 30 per minute”"]
    assert found.problem == (
        "chat fails with a passing error (rate limit) in 3 of 10 calls; in 3 of 5 traces the work ends there without "
        "another attempt"
    )


def test_wordings_of_one_cause_are_one_finding():
    """One provider says it by status, another one in words, a third in an event."""
    told = [
        failing(model(), None, None, http_status=429),
        failing(model(), "APIError", "Too many requests, slow down"),
        with_exception(failing(model(), None, None), "acme.RateLimitError", "busy"),
    ]
    (found,) = run(*(trace(one, **ERROR) for one in told))
    assert (found.subject.detail, found.evidence.occurrences) == ("rate limit", 3)


@pytest.mark.parametrize("recorded_as", ["", "  ", "ﬁnd", "find#1", "f" * 130])
def test_counts_the_calls_of_operations_that_print_otherwise(recorded_as):
    """Names are compared as they are printed, which may not be how they were recorded."""
    (found,) = run(*(trace(tool(recorded_as), failing(tool(recorded_as), "ReadTimeout"), **ERROR) for _ in range(2)))
    assert "in 2 of 4 calls" in found.problem


def test_a_step_that_ends_is_the_end_of_its_work():
    """The step fails with its call, the trace goes on with something else and never asks again."""
    step = span("research", None, failing(tool("search"), "ReadTimeout", "read timed out"), **ERROR)
    (found,) = run(*(trace(step, model(start=900), status="ok") for _ in range(2)))
    assert (found.subject.operation, found.subject.detail, found.traces) == ("search", "time-out", 2)


def test_the_figure_falls_to_nothing_once_retried():
    """The same measure over the application that retries."""
    spans, _, events = frames(*(trace(limited(), model()) for _ in range(5)))
    assert detect(spans, events) == []
    assert measure(spans, events, subject=SUBJECT).value == 0
    assert measure(spans, events, subject=dataclasses.replace(SUBJECT, service=Name("shop"))) is None


def test_measures_without_conditions():
    """One trace is no habit, and can be compared all the same."""
    spans, _, events = frames(ended(), fine())
    assert detect(spans, events) == []
    assert measure(spans, events, subject=SUBJECT).value == pytest.approx(0.5)


WRONG_KEY = failing(model(), "AuthenticationError", "invalid api key", http_status=401)


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param([ended(), fine()], id="one trace"),
        pytest.param([trace(WRONG_KEY, **ERROR)] * 5, id="no attempt cures it"),
        pytest.param([*[ended()] * 2, *[trace(limited(), model())] * 3], id="mostly retried"),
        pytest.param([trace(limited(), limited(), limited(), **ERROR)] * 5, id="the last of several attempts"),
        pytest.param([trace(limited(), tool("search"), model())] * 5, id="asked again later"),
        pytest.param([trace(failing(tool("search"), "Timeout"), model(), status="ok")] * 5, id="the work goes on"),
        pytest.param([trace(kind="client", operation="GET", http_status=503, status="error")] * 5, id="caller unseen"),
        pytest.param([trace(kind="model", operation="chat", http_status=503, status="error")] * 5, id="a lone call"),
        pytest.param([trace(failing(client("GET"), "KeyError", "'x'"), **ERROR)] * 5, id="its own mistake"),
        pytest.param([fine()] * 5, id="no error"),
    ],
)
def test_says_nothing_when(traces):
    """Each of these fails, or looks like it, and is tried again or need not be."""
    assert run(*traces) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too."""
    assert detect(SPANS.empty().lazy(), EVENTS.empty().lazy()) == []
    assert measure(SPANS.empty().lazy(), EVENTS.empty().lazy(), subject=SUBJECT) is None


@pytest.mark.real_data
@pytest.mark.parametrize("other", [False, True], ids=["as recorded", "renamed"])
def test_recorded_rate_limits_end_three_of_five_traces(real_data, other):
    """3 of 16 model calls, each the end of its trace."""
    paths = (real_data / "raw" / "smoltrace").rglob("traces.json")
    tables = recorded(paths)
    spans, _, events = lazy(renamed(tables) if other else tables)
    (found,) = detect(spans, events)
    assert found.subject.operation == (other_name("completion") if other else "completion")
    assert found.subject.detail == "rate limit"
    assert (found.traces, found.traces_examined, found.evidence.occurrences) == (3, 5, 3)
    assert "in 3 of 16 calls" in found.problem


@pytest.mark.real_data
def test_a_recording_that_is_sound_stays_silent(real_data):
    """Polling with a time-out and a check whether something is there."""
    folder = real_data / "raw" / "agentevals" / "samples"
    spans, _, events = lazy(recorded([folder / "helm.json", folder / "k8s.json"]))
    assert detect(spans, events) == []
