"""Tool results that fill prompts: when it is said, with which figures, and when nothing is said."""

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.prompts.oversized_tool_output import detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import lazy, other_name, recorded, renamed
from tests.builders import frames, model, tool, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("fetch"))
PAGE = "x" * 100_000


def prompt(chars, ms=2000, **more):
    return model(ms=ms, prompt_chars=chars, **more)


def bloated(page=PAGE, before=5_000, after=105_500, **more):
    """A page of 100,000 characters makes a prompt of 5,000 one of 105,500, and a call of two seconds one of twenty."""
    return trace(prompt(before), tool("fetch", 1000, output=page), prompt(after, 20_000, **more))


def read(*traces):
    found = frames(*traces)
    return found.spans, found.calls


def test_says_what_the_result_does():
    """One trace is enough: the figures are exact."""
    spans, calls = read(bloated(code_function="desk.fetch"))
    (found,) = detect(spans, calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(spans, calls, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.occurrences) == (1, 1)
    assert found.problem == (
        "1 of 1 results of fetch make up most of the prompt that follows (up to 100,000 characters): 91% of all that "
        "was sent to the model in 1 of 1 traces with this tool, in 1 model calls that take 20.0 s of 23.0 s (87%)"
    )
    assert found.seconds_per_call == 18
    assert found.cost_usd_per_call is None
    assert found.unknown[0] == "input tokens: the recording counts characters only"
    assert len(found.affected) == 2


def test_each_call_that_sends_it_again_counts():
    """Sent three times, it costs three times as much."""
    tokens = {"input_usd_per_mtok": 2.0, "cached_usd_per_mtok": 1.0, "cached_tokens": 0}
    later = [prompt(chars, input_tokens=chars // 4, **tokens) for chars in (100_000, 101_000, 102_000)]
    spans, calls = read(trace(prompt(4_000, input_tokens=1000), tool("fetch", output="x" * 98_000), *later))
    (found,) = detect(spans, calls)
    assert "in 3 model calls" in found.problem
    assert found.cost_usd_per_call == pytest.approx(3 * 24_000 * 2e-6, rel=0.001)


def test_cached_input_costs_less():
    """By the share of each call's input that the provider reports as cached."""
    paid = {"input_tokens": 26_375, "input_usd_per_mtok": 2.0, "cached_usd_per_mtok": 1.0}
    (whole,) = detect(*read(bloated(cached_tokens=0, **paid)))
    (cached,) = detect(*read(bloated(cached_tokens=26_375, **paid)))
    assert cached.cost_usd_per_call == pytest.approx(whole.cost_usd_per_call / 2)


def test_without_texts_the_jump_alone_is_known():
    """A prompt grows by 25,000 tokens behind one tool call: said as that, with what it leaves open."""
    asked = (model(input_tokens=1_000), tool("fetch"), model(input_tokens=26_000))
    (found,) = detect(*read(trace(*asked)))
    assert "after it a prompt grows by up to 25,000 input tokens" in found.problem
    assert found.unknown[0].startswith("whether the tool's result is what made the prompts grow")


def mixed(short):
    """One large result, and in other traces many that are none."""
    return read(bloated(), *(trace(prompt(5_000), tool("fetch", output="ok"), prompt(5_100)) for _ in range(short)))


def two_tools():
    """Nobody knows which of two unrecorded results it was."""
    return read(trace(model(input_tokens=1_000), tool("fetch"), tool("list"), model(input_tokens=26_000)))


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(read(bloated("x" * 30_000, 5_000, 35_100)), id="too little in all"),
        pytest.param(
            read(trace(*[prompt(50_000)] * 9, prompt(5_000), tool("fetch", output=PAGE), prompt(105_500))),
            id="little beside what else was sent",
        ),
        pytest.param(mixed(120), id="an exception among the tool's results"),
        pytest.param(read(bloated(after=5_200)), id="cut before the model sees it"),
        pytest.param(read(bloated(before=200_000, after=300_500)), id="a large context anyway"),
        pytest.param(read(bloated(page="short")), id="the user wrote it"),
        pytest.param(read(trace(prompt(5_000), tool("fetch", output=PAGE))), id="no call follows"),
        pytest.param(two_tools(), id="unrecorded results of two tools"),
        pytest.param(read(trace(model(), tool("fetch", output=PAGE), model())), id="prompts unknown"),
        pytest.param((SPANS.empty().lazy(), CALLS.empty().lazy()), id="nothing at all"),
    ],
)
def test_says_nothing_when(tables):
    """Large results that no prompt carries, and prompts that are large for other reasons."""
    assert detect(*tables) == []


def test_measures_without_conditions():
    """One of 121 results; a tool that was not called has no figure."""
    assert measure(*mixed(120), subject=SUBJECT).value == pytest.approx(1 / 121)
    assert measure(SPANS.empty().lazy(), CALLS.empty().lazy(), subject=SUBJECT) is None


@pytest.mark.real_data
def test_a_recorded_search_fills_the_prompt(real_data):
    """120,256 characters of pages, and the call with them takes 29.8 of 37.2 seconds."""
    path = real_data / "raw" / "agent-prism" / "packages" / "demo-app" / "src" / "data" / "quo_tav_agent.json"
    tables = recorded([path])
    spans, calls, _ = lazy(tables)
    (found,) = detect(spans, calls)
    assert "up to 120,256 characters" in found.problem
    assert "take 29.8 s of 37.2 s (80%)" in found.problem
    assert found.cost_usd_per_call is None
    other_spans, other_calls, _ = lazy(renamed(tables))
    (again,) = detect(other_spans, other_calls)
    assert again.subject.operation == other_name(found.subject.operation)
    assert "take 44.6 s of 55.8 s (80%)" in again.problem


@pytest.mark.real_data
def test_recorded_sessions_that_read_files_are_sound(real_data):
    """A coding agent reads files on purpose."""
    paths = sorted((real_data / "raw" / "spotter-claude-code").rglob("*.jsonl"))
    spans, calls, _ = lazy(recorded(paths[:6]))
    assert detect(spans, calls) == []
