"""Histories that are sent again with every call: when it is said, how much it is, and when nothing is said."""

from __future__ import annotations

import dataclasses

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.prompts.context_growth import Settings, detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import other_name, recorded, renamed
from tests.builders import failing, frames, model, trace

STEADY = (10_000, 14_000, 18_000, 22_000, 26_000)
SUBJECT = Subject(service=Name("desk"), operation=Name("chat"))
LIMIT = failing(model(ms=450), "RateLimitError", "429: rate limit of 200,000 tokens per minute exceeded")


def agent(sizes=STEADY, *more, at=0, blocks=None, **call):
    """One trace whose calls have these input tokens, each prompt beginning with the one before."""
    prompts = [list(range(1, 2 + step)) for step in range(len(sizes))] if blocks is None else blocks
    told = [{"block_hashes": one, "block_size": 64, "block_unit": "tokens"} for one in prompts]
    return trace(
        *(model(input_tokens=size, **block, **call) for size, block in zip(sizes, told, strict=True)), *more, at=at
    )


def read(*traces):
    tables = frames(*traces)
    return tables.spans, tables.calls


def test_says_what_was_sent_again():
    """Of 90,000 tokens 64,000 had stood in the call before; sent once each, they would be 26,000."""
    tables = read(agent(cached_tokens=0, input_usd_per_mtok=2.0, cached_usd_per_mtok=0.2, revision="abc"))
    (found,) = detect(*tables)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(*tables, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (18_000, 5)
    assert (found.evidence.achievable, found.evidence.occurrences) == (26_000 / 5, 4)
    assert found.cost_usd_per_call == pytest.approx(64_000 * 2e-6 / 5)
    assert (found.traces, found.traces_examined, len(found.affected)) == (1, 1, 5)
    assert found.revision == "abc"
    assert found.problem == (
        "71% of 90,000 input tokens had been sent before, in 1 conversation that grows with every step; the largest "
        "from 10,000 to 26,000 tokens over 5 calls, 90,000 in all"
    )


def test_cached_tokens_cost_their_own_price():
    """A quarter of what is sent again is cached: it costs a tenth."""
    (found,) = detect(*read(agent(cached_tokens=4_000, input_usd_per_mtok=2.0, cached_usd_per_mtok=0.2)))
    assert found.cost_usd_per_call == pytest.approx((48_000 * 2e-6 + 16_000 * 0.2e-6) / 5)


def test_says_that_a_cache_may_have_helped():
    """Unknown is neither cached nor uncached: no money is named, and the sentence says so."""
    (found,) = detect(*read(agent(input_usd_per_mtok=2.0, cached_usd_per_mtok=0.2)))
    assert (found.cost_usd_per_call, found.cost_unknown) == (None, "how many of the tokens were cached is not recorded")
    assert found.problem.endswith("whether a cache served them is not recorded")
    (unpriced,) = detect(*read(agent(cached_tokens=0, cost_unknown="no price for large-1")))
    assert (unpriced.cost_usd_per_call, unpriced.cost_unknown) == (None, "no price for large-1")


def test_sizes_alone_are_said_to_be_sizes():
    """Without captured prompts nothing shows what is in them."""
    (found,) = detect(*read(agent(blocks=[None] * 5)))
    assert found.unknown[-1] == "of 4 calls the prompt was not captured: only sizes say so"


def test_names_the_limit_that_it_grows_into():
    """The refused call has no tokens of its own; its span is among those that the finding is about."""
    tables = read(agent(STEADY, LIMIT))
    (found,) = detect(*tables)
    assert found.problem.endswith(
        "; 1 grew into a rate limit, the largest of them behind a prompt of 26,000 tokens 2 s after its first call, "
        "90,000 sent in the minute before"
    )
    refused = tables[0].filter(status="error").collect()["span_id"].item()
    assert refused in {span.span_id for span in found.affected}
    assert found.exemplars[0].span_id == refused
    assert found.quotes[0].quoted().startswith("“429: rate limit")


def test_another_error_is_not_its_fault():
    """A tool that breaks has nothing to do with the prompt's length."""
    (found,) = detect(*read(agent(STEADY, failing(model(ms=5), "ValueError", "no such thing"))))
    assert "grew into" not in found.problem
    assert found.quotes == ()


def test_a_session_goes_on_over_its_traces():
    """A chat sends each turn as a trace of its own."""
    turns = [trace(model(input_tokens=size), at=turn, session_id="s") for turn, size in enumerate(STEADY)]
    (found,) = detect(*read(*turns))
    assert found.evidence.observed.value == 18_000
    assert (found.traces, found.traces_examined) == (5, 5)
    assert detect(*read(*(dataclasses.replace(turn, at=turn.at + 1) for turn in apart()))) == []


def apart():
    """The same calls, each in a session of its own."""
    return [trace(model(input_tokens=size), at=turn, session_id=f"s{turn}") for turn, size in enumerate(STEADY)]


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(read(agent((2_000, 6_000, 18_000, 54_000, 162_000))), id="most of it is new"),
        pytest.param(read(agent(cached_tokens=9_000, blocks=[[1]] * 5)), id="a cache serves it"),
        pytest.param(read(agent(blocks=[[one] * (1 + one) for one in range(5)])), id="prompts do not go on"),
        pytest.param(read(agent((10_000, 20_000, 40_000))), id="few calls"),
        pytest.param(
            read(agent(), *(agent((20_000, 14_000, 26_000, 10_000, 18_000), at=at) for at in range(1, 12))),
            id="one of many grows by chance",
        ),
        pytest.param(read(agent((1_000, 1_400, 1_800, 2_200, 2_600))), id="little to send again"),
        pytest.param(read(agent((10_000, 26_000, 9_000, 27_000, 8_000, 30_000))), id="prompts of many sizes"),
        pytest.param(read(agent((20_000, 20_100, 20_200, 20_300, 20_400))), id="long instructions, short answers"),
        pytest.param(read(agent((20_000,) * 6)), id="always the same size"),
        pytest.param(read(*apart()), id="sessions of their own"),
        pytest.param(read(trace(*[model()] * 6)), id="unknown"),
        pytest.param((SPANS.empty().lazy(), CALLS.empty().lazy()), id="nothing at all"),
    ],
)
def test_says_nothing_when(tables):
    """Each of these looks like a history that is sent again, and is not, or costs little."""
    assert detect(*tables) == []


def test_measures_without_conditions():
    """What a cache serves is measured all the same."""
    tables = read(agent(cached_tokens=9_900))
    assert detect(*tables, settings=Settings(min_uncached_share=0.9)) == []
    assert measure(*tables, subject=SUBJECT, settings=Settings(min_uncached_share=0.9)).value == 18_000


def test_what_does_not_grow_is_measured_too():
    """A history that a change bounds must be found smaller, not gone; a short conversation counts for neither."""
    assert measure(*read(agent((20_000,) * 6)), subject=SUBJECT).value == 20_000
    tables = read(agent(), agent((8_000,) * 5, at=1), agent((10_000, 20_000, 40_000), at=2))
    (found,) = detect(*tables)
    assert found.evidence.observed == measure(*tables, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (130_000 / 10, 10)
    assert found.evidence.achievable == (130_000 - 64_000) / 10
    assert measure(*read(agent((10_000, 20_000, 40_000))), subject=SUBJECT) is None


@pytest.fixture(scope="module")
def labelled(real_data):
    return recorded(sorted((real_data / "raw" / "trail").glob("*.tar.zst")))


def said(tables):
    return {found.subject.service: found for found in detect(tables["spans"].lazy(), tables["calls"].lazy())}


@pytest.mark.real_data
def test_recorded_histories(labelled):
    """27 calls from 3,726 to 44,172 tokens, 566,060 in all; and one that a rate limit ends after 88 s."""
    plain, limited = sorted(said(labelled).values(), key=lambda found: found.evidence.observed.n, reverse=True)
    assert "from 3,726 to 44,172 tokens over 27 calls, 566,060 in all" in plain.problem
    assert (plain.traces, plain.evidence.observed.n) == (7, 132)
    assert "from 3,740 to 63,311 tokens over 5 calls, 176,318 in all" in limited.problem
    assert limited.problem.endswith(
        "1 grew into a rate limit, the largest of them behind a prompt of 63,311 tokens 88 s after its first call, "
        "172,578 sent in the minute before"
    )
    refused = labelled["spans"].filter(kind="model", status="error")["span_id"].item()
    assert refused in {span.span_id for span in limited.affected}


@pytest.mark.real_data
def test_recorded_histories_under_other_names(labelled):
    """What is said follows the figures alone; three halves of the time leave two calls fewer in a minute."""
    others = said(renamed(labelled))
    assert set(others) == {other_name(service) for service in said(labelled)}
    assert any("over 27 calls, 566,060 in all" in found.problem for found in others.values())
    assert any("132 s after its first call" in found.problem for found in others.values())


@pytest.mark.real_data
@pytest.mark.parametrize("source", ["spotter-claude-code", "monocle"])
def test_recorded_calls_that_a_cache_serves_are_silent(real_data, source):
    """A coding agent resends sixteen million tokens, and is charged a tenth of them."""
    tables = recorded(sorted((real_data / "raw" / source).rglob("*.json*")))
    assert tables["calls"].height > 0
    assert said(tables) == {}
