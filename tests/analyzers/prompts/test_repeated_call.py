"""Requests that are sent again although they were answered: when it is said, and when nothing is said."""

from __future__ import annotations

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.prompts.repeated_call import Settings, detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import other_name, recorded, renamed
from tests.builders import failing, frames, model, tool, trace

PROMPT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("identical prompt"))
LOOK = Subject(service=Name("desk"), operation=Name("look"), detail=Name("same input and result"))


def ask(prompt, answer=None, chars=900, **more):
    return model(ms=500, prompt_hash=prompt, prompt_chars=chars, answer_hash=answer, **more)


def read(*traces):
    tables = frames(*traces)
    return tables.spans, tables.calls


def asked(*prompts, **more):
    """One session that sends these prompts, one after the other, each answered in its own way."""
    return trace(*(ask(prompt, 100 + at, **more) for at, prompt in enumerate(prompts)))


def looked(*inputs, results=None, **more):
    found = results or [f"found {one}" for one in inputs]
    return trace(
        *(tool("look", 40, input=one, output=result, **more) for one, result in zip(inputs, found, strict=True))
    )


TWICE = (1, 1, 1, 1, 2, 2, 2, 3, 4, 5)


def test_says_what_was_sent_again():
    """Ten calls send five prompts: half of them had been answered."""
    tables = read(asked(*TWICE, cost_usd=0.02))
    (found,) = detect(*tables)
    assert found.subject == PROMPT
    assert found.evidence.observed == measure(*tables, subject=PROMPT)
    assert (found.evidence.observed.value, found.evidence.observed.n, found.evidence.occurrences) == (0.5, 10, 5)
    assert found.cost_usd_per_call == pytest.approx(0.01)
    assert found.seconds_per_call == pytest.approx(0.25)
    assert (found.traces, found.traces_examined, len(found.affected)) == (1, 1, 5)
    assert found.problem == (
        "5 of 10 calls (50%) send an identical recorded prompt that was answered before in the same session, the most "
        "repeated 4 times; the answers differ for 2 of 2 prompts"
    )
    assert found.unknown == ("whether anything but the recorded prompt differs: temperature, tools, format",)


def test_one_answer_could_be_kept():
    """Only where every answer is the same and the model is known."""
    (same,) = detect(*read(trace(*(ask(1, 7) for _ in range(9)))))
    assert same.problem.endswith("the answers are the same each time, so that one could be kept")
    (nameless,) = detect(*read(trace(*(ask(1, 7, model=None) for _ in range(9)))))
    assert nameless.problem.endswith("the answers are the same each time")
    assert nameless.unknown[-1] == "which model was asked"


def test_a_tool_that_finds_the_same_again():
    """Six of eight calls give what was known."""
    tables = read(looked(*"aaaaaaab"))
    (found,) = detect(*tables)
    assert found.subject == LOOK
    assert found.evidence.observed == measure(*tables, subject=LOOK)
    assert (found.evidence.observed.value, found.cost_usd_per_call) == (0.75, None)
    assert found.problem == (
        "6 of 8 calls (75%) of look repeat an input of the same trace and give the same result, the most "
        "repeated 7 times"
    )


def test_says_that_the_price_is_unknown():
    """An absent price is a reason, never zero."""
    (found,) = detect(*read(asked(*TWICE, cost_unknown="no price for large-1")))
    assert (found.cost_usd_per_call, found.cost_unknown) == (None, "no price for large-1")


def together():
    """Ten answers to one prompt, asked for at the same time."""
    return trace(*(ask(1, at, start=at % 2) for at in range(10)))


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(read(asked(1, 1, 1, 1)), id="few repetitions"),
        pytest.param(read(asked(*[1] * 7, *range(10, 100))), id="a small share"),
        pytest.param(read(asked(*[one // 2 for one in range(20)])), id="each once more"),
        pytest.param(read(asked(*TWICE, chars=60)), id="short prompts"),
        pytest.param(read(together()), id="at the same time"),
        pytest.param(read(trace(*(failing(ask(1, 7)) for _ in range(9)), ask(1, 7))), id="retries after errors"),
        pytest.param(read(trace(*(ask(1, 7, output_tokens=0) for _ in range(9)))), id="retries after empty answers"),
        pytest.param(read(*(trace(ask(1, 7), at=at) for at in range(20))), id="sessions of their own"),
        pytest.param(read(asked(*[None] * 10)), id="not captured"),
        pytest.param(read(looked(*"aaaaaaaa", results=list("12345678"))), id="a tool that is polled"),
        pytest.param(read(looked(*"aaaaaaaa", results=[*["wait"] * 7, "done"])), id="polled until it is done"),
        pytest.param(read(looked(*"aaaaaaaa", status="error")), id="a tool that fails"),
        pytest.param(read(looked(*"abcdefgh")), id="other arguments"),
        pytest.param((SPANS.empty().lazy(), CALLS.empty().lazy()), id="nothing at all"),
    ],
)
def test_says_nothing_when(tables):
    """Each of these looks like a repetition and is none, or costs nothing."""
    assert detect(*tables) == []


def test_measures_without_conditions():
    """A few repetitions are a figure; an operation without any is one of nought."""
    tables = read(asked(1, 1, 2, 3))
    assert measure(*tables, subject=PROMPT).value == 0.25
    assert measure(*read(asked(1, 2)), subject=PROMPT).value == 0
    assert measure(*tables, subject=LOOK) is None
    assert len(detect(*tables, settings=Settings(min_repeats=1, min_times=2))) == 1


def said(tables):
    return detect(tables["spans"].lazy(), tables["calls"].lazy())


@pytest.fixture(scope="module")
def teams(real_data):
    """Sessions of several agents, each a file."""
    return real_data / "raw" / "lmcache-agent-trace" / "magagent"


@pytest.mark.real_data
def test_recorded_sessions(teams):
    """284 of 387 calls repeat a prompt of their session; the answers differ, and the model is not recorded."""
    (found,) = said(recorded(sorted(teams.glob("*.jsonl"))))
    assert (found.evidence.occurrences, found.evidence.observed.n) == (284, 387)
    assert found.problem.startswith("284 of 387 calls (73%) send an identical recorded prompt")
    assert "could be kept" not in found.problem
    assert "which model was asked" in found.unknown


@pytest.mark.real_data
def test_a_recorded_session_under_other_names(teams):
    """One prompt 21 times, another 16 times: 35 of 40 calls, whatever the service is called."""
    tables = recorded(sorted(teams.glob("473e*.jsonl")))
    (found,), (other,) = said(tables), said(renamed(tables))
    assert (found.evidence.occurrences, found.evidence.observed.n) == (35, 40)
    assert "the most repeated 21 times" in found.problem
    assert other.evidence == found.evidence
    assert other.subject.service == other_name(found.subject.service)


@pytest.mark.real_data
def test_recorded_commands(real_data):
    """260 prompts, none of them twice; 16 of 138 commands that worked had worked with the same result before."""
    (found,) = said(recorded(sorted((real_data / "raw" / "lmcache-agent-trace" / "miniswe").glob("*.jsonl"))))
    assert found.subject.detail == "same input and result"
    assert (found.evidence.occurrences, found.evidence.observed.n) == (16, 138)


@pytest.mark.real_data
def test_recorded_sessions_without_repetitions_are_silent(real_data):
    """Tools that are used with other arguments, and a history that grows."""
    tables = recorded(sorted((real_data / "raw" / "trail").glob("*.tar.zst")))
    assert tables["calls"].height == 138
    assert said(tables) == []
