"""Answers that could not be read: when it is said, with which figures, and when nothing is said."""

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS, EVENTS, SPANS
from analyzers.prompts.format_retry import detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import lazy, other_name, recorded, renamed
from tests.builders import failing, frames, model, span, tool, trace, with_exception

SUBJECT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))
PARSER = span("parse", 10)


def broken(node=PARSER, error_type="langchain.OutputParserException", message="Could not parse LLM output: yes"):
    return failing(node, error_type, message)


def read(*traces):
    found = frames(*traces)
    return found.spans, found.calls, found.events


def retried(failure=None, count=4, further=0, **more):
    """In each trace an answer that the parser fails on, and a second call."""
    failure = broken() if failure is None else failure
    return read(*(trace(model(**more), failure, model(), *[model()] * further, at=number) for number in range(count)))


def complained(count=4, **more):
    """In each trace the second request ends with a complaint."""
    return read(*(trace(model(), model(asks_for_form=True, **more), at=number) for number in range(count)))


def test_says_how_many_answers_were_not_read():
    """Four of eight, half a second each."""
    tables = retried(cost_usd=0.01)
    (found,) = detect(*tables)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(*tables, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.occurrences, found.evidence.observed.n) == (0.5, 4, 8)
    assert found.problem == (
        "4 of 8 answers (50.0%) could not be read by the program, which asked the model again, in 4 of 4 traces; "
        "these answers took 2.0 s"
    )
    assert found.cost_usd_per_call == pytest.approx(0.005)
    assert found.seconds_per_call == 0.25
    assert [quote.quoted() for quote in found.quotes] == ["“Could not parse LLM output: yes”"]
    assert len(found.affected) == 4


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(complained(), id="the request says so"),
        pytest.param(retried(with_exception(PARSER, "AgentParsingError", "no code")), id="an event of a sound span"),
        pytest.param(retried(broken(error_type=None, message="Code parsing failed on line 3")), id="by the message"),
        pytest.param(retried(broken(message="no")), id="by the type"),
    ],
)
def test_tells_by(tables):
    """Each of these is proof enough."""
    (found,) = detect(*tables)
    assert found.evidence.observed == measure(*tables, subject=SUBJECT)
    assert found.evidence.occurrences == 4


def test_one_answer_counts_once():
    """The parser's span, the step around it and the complaint speak of one answer."""
    step = broken(span("step", None, model(), broken()))
    tables = read(*(trace(step, model(asks_for_form=True), at=number) for number in range(4)))
    (found,) = detect(*tables)
    assert found.evidence.occurrences == 4


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(retried(count=2), id="too few"),
        pytest.param(read(trace(*[model(), broken()] * 5, model())), id="one trace only"),
        pytest.param(retried(further=60), id="too rare"),
        pytest.param(retried(span("parse", 10)), id="nothing fails"),
        pytest.param(retried(broken(tool("fetch"))), id="a tool cannot read its input"),
        pytest.param(retried(broken(error_type="HTTPError", message="timeout")), id="another error"),
        pytest.param(read(*(trace(model(), broken(), at=n) for n in range(4))), id="nobody asks again"),
        pytest.param(read(*(trace(broken(), model(), model(), at=n) for n in range(4))), id="no answer before it"),
        pytest.param(read(*(trace(model(asks_for_form=True), at=n) for n in range(4))), id="a first request"),
        pytest.param((SPANS.empty().lazy(), CALLS.empty().lazy(), EVENTS.empty().lazy()), id="nothing at all"),
    ],
)
def test_says_nothing_when(tables):
    """Failures of other kinds, and accidents."""
    assert detect(*tables) == []


def test_measures_without_conditions():
    """No unread answer is 0; no call, no figure."""
    assert measure(*retried(count=1), subject=SUBJECT).value == 0.5
    assert measure(*retried(span("parse", 10)), subject=SUBJECT).value == 0
    nothing = SPANS.empty().lazy(), CALLS.empty().lazy(), EVENTS.empty().lazy()
    assert measure(*nothing, subject=SUBJECT) is None


def test_an_unknown_price_or_duration_is_none():
    """Absent figures are reasons, never zeros."""
    (found,) = detect(*retried(cost_unknown="no price for large-1", clock="order"))
    assert (found.cost_usd_per_call, found.cost_unknown) == (None, "no price for large-1")
    assert found.seconds_per_call is None
    assert found.problem.endswith("in 4 of 4 traces")


@pytest.mark.real_data
def test_recorded_agents_whose_code_did_not_parse(real_data):
    """Five of 132 answers of public traces hold code that does not parse; the next step asks again."""
    tables = recorded([next((real_data / "raw" / "trail").glob("*.tar.zst"))])
    (found,) = detect(*lazy(tables))
    assert (found.evidence.occurrences, found.evidence.observed.n, found.traces) == (5, 132, 3)
    assert "these answers took 65.6 s" in found.problem
    (again,) = detect(*lazy(renamed(tables)))
    assert again.evidence == found.evidence
    assert again.subject.operation == other_name(found.subject.operation)
    assert "these answers took 98.4 s" in again.problem
