"""Answers cut at the length limit: when it is said, with which figures, and when nothing is said."""

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS
from analyzers.prompts.truncated_output import Settings, detect, measure
from analyzers.untrusted import Name
from tests.builders import failing, frames, model, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))


def cut(reason="length", tokens=1000, **more):
    return model(finish_reason=reason, output_tokens=tokens, **more)


def whole(tokens=80, **more):
    return model(finish_reason="stop", output_tokens=tokens, **more)


def calls_of(*traces):
    return frames(*(trace(*models, at=number) for number, models in enumerate(traces))).calls


def habit(**more):
    """Four of ten answers are cut, in four traces."""
    return calls_of(*([(cut(**more), whole())] * 4), (whole(), whole()))


def test_says_how_many_answers_are_cut():
    """Four of ten, all at one limit."""
    calls = habit(tools_called=["save"])
    (found,) = detect(calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(calls, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (0.4, 10)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (4, 4, 5)
    assert found.problem == (
        "4 of 10 answers (40.0%) end at the length limit instead of at their end, in 4 of 5 traces, 4 of them at 1,000 "
        "output tokens; 4 end within a tool call"
    )
    assert found.cost_usd_per_call is None
    assert found.output_tokens == 1000
    assert len(found.affected) == 4


@pytest.mark.parametrize("reason", ["MAX_TOKENS", "max-tokens", "max_output_tokens", "Length"])
def test_providers_call_it_differently(reason):
    """The words are a table."""
    assert len(detect(habit(reason=reason))) == 1


def test_characters_tell_what_tokens_do_not():
    """An answer of 4,000 characters was not meant to be short."""
    (found,) = detect(habit(tokens=None, answer_chars=4000))
    assert "output tokens" not in found.problem
    assert found.output_tokens is None


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(calls_of((cut(), whole()), (cut(), whole())), id="too few"),
        pytest.param(calls_of((cut(), cut(), cut(), cut(), whole())), id="one trace only"),
        pytest.param(calls_of(*([(cut(),)] * 4), *([(whole(),) * 50] * 5)), id="too rare"),
        pytest.param(habit(tokens=1), id="meant to be short"),
        pytest.param(habit(tokens=None), id="of no known length"),
        pytest.param(habit(reason="stop"), id="they end by themselves"),
        pytest.param(habit(reason=None), id="nothing says why they end"),
        pytest.param(calls_of(*([(failing(cut()), whole())] * 4)), id="failed calls"),
        pytest.param(CALLS.empty().lazy(), id="nothing at all"),
    ],
)
def test_says_nothing_when(calls):
    """Limits on purpose, accidents and silence."""
    assert detect(calls) == []


def test_measures_without_conditions():
    """One cut answer of two is a half; a model that made no call, or says no reason, has no figure."""
    assert measure(calls_of((cut(), whole())), subject=SUBJECT).value == 0.5
    assert measure(calls_of((whole(),)), subject=SUBJECT).value == 0
    assert measure(calls_of((cut(reason=None),)), subject=SUBJECT) is None
    assert measure(CALLS.empty().lazy(), subject=SUBJECT) is None


def test_nothing_is_made_of_nothing():
    """With no least amounts at all, sound answers are still no finding."""
    loosest = Settings(min_count=0, min_traces=0, min_share=0, min_tokens=0)
    assert detect(calls_of((whole(), whole())), settings=loosest) == []
