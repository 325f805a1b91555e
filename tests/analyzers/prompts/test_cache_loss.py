"""What a cache held and the next call did not find: for which cause, how much, and when nothing is said."""

from __future__ import annotations

from itertools import pairwise

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.prompts.cache_loss import Settings, detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import other_name, recorded, renamed
from tests.builders import frames, model, trace

LONG = 60_000
PRICES = {"input_usd_per_mtok": 3.0, "cached_usd_per_mtok": 0.3}


def subject(detail):
    return Subject(service=Name("desk"), operation=Name("chat"), detail=Name(detail))


def call(seconds, tokens=LONG, **more):
    """A call so many seconds after the conversation's beginning."""
    return model(ms=1_000, start=seconds * 1_000, input_tokens=tokens, **more)


def session(*calls, at=0, **columns):
    return trace(*calls, at=at, **columns)


def read(*traces):
    tables = frames(*traces)
    return tables.spans, tables.calls


def reported(*steps, **more):
    """Calls at these seconds that read this much from the cache, after each had written the rest to it."""
    return session(
        *(call(at, cached_tokens=found, cache_write_tokens=LONG - found, **PRICES, **more) for at, found in steps)
    )


def captured(*steps, tokens=LONG):
    """Calls at these seconds whose prompts are these blocks of 600 tokens; nothing is reported of the cache."""
    blocks = {"block_size": 600, "block_unit": "tokens"}
    return session(
        *(call(at, tokens, block_hashes=list(hashes), model=f"large-{name}", **blocks) for at, hashes, name in steps)
    )


ONE = range(1, 101)
OTHER = [*range(1, 6), *range(1_001, 1_096)]
WARM = [(at, LONG - 500) for at in (0, 10, 20, 30)]


def test_a_pause_that_the_provider_reports():
    """After 770 s the cache holds 2,000 of 60,000 tokens; the money is the difference of the two prices."""
    tables = read(reported(*WARM, (800, 2_000)))
    (found,) = detect(*tables)
    assert found.subject == subject("after a pause")
    assert found.evidence.observed == measure(*tables, subject=found.subject)
    assert found.evidence.observed.exact
    assert (found.evidence.observed.value, found.evidence.observed.n) == (58_000 / 5, 5)
    assert found.cost_usd_per_call == pytest.approx(58_000 * 2.7e-6 / 5)
    assert (found.unknown, len(found.affected)) == ((), 1)
    assert found.problem == (
        "58,000 input tokens had to be read again by 1 call, after pauses of up to 769 s (pauses of more than 300 s: 1)"
    )


def test_another_model_has_another_cache():
    """The conversation goes on with a model that has not seen it, and then with the first one again, soon."""
    steps = [(0, ONE, 1), (10, ONE, 1), (20, ONE, 2), (30, ONE, 1), (40, ONE, 2)]
    tables = read(captured(*steps))
    (found,) = detect(*tables)
    assert found.subject == subject("after a model switch")
    assert found.evidence.observed == measure(*tables, subject=found.subject)
    assert (found.evidence.observed.value, found.evidence.observed.exact) == (60_000 / 5, False)
    assert found.problem.startswith("by a modelled cache, 60,000 input tokens had to be read again by 1 call,")
    assert found.unknown[0].startswith("1 of 1 calls do not say how many tokens were cached")
    assert (found.cost_usd_per_call, found.cost_unknown) == (None, "no list price of input and cached input tokens")


def test_a_prompt_that_begins_differently():
    """Five of a hundred blocks are the same: at most the rest could have been read from the cache."""
    tables = read(captured(*[(at, (ONE, OTHER)[at // 10 % 2], 1) for at in range(0, 50, 10)]))
    (found,) = detect(*tables)
    assert found.subject == subject("prompt rewritten")
    assert (found.evidence.occurrences, found.evidence.observed.value) == (4, 4 * 57_000 / 5)
    assert "up to 228,000 input tokens" in found.problem
    assert "part after 3,000 tokens (median); 0 of them follow a pause, 0 another model" in found.problem


def test_a_loss_without_a_pause():
    """The prompts were not captured: what changed, nobody knows."""
    (found,) = detect(*read(reported(*WARM, (40, 2_000))))
    assert found.subject == subject("unexplained")
    assert "the prompt's beginning changed, or the provider dropped it" in found.problem


def test_blocks_of_characters_are_scaled():
    """Half of the blocks is half of the tokens."""
    half = [*range(1, 51), *range(2_001, 2_051)]
    blocks = {"block_size": 256, "block_unit": "characters"}
    steps = [(0, ONE), (10, ONE), (20, ONE), (30, ONE), (900, half)]
    (found,) = detect(
        *read(session(*(call(at, LONG * 2, block_hashes=list(hashes), **blocks) for at, hashes in steps)))
    )
    assert (found.subject.detail, found.evidence.observed.value) == ("after a pause", 60_000 / 5)


def sessions_of_their_own():
    return [
        session(call(0, cached_tokens=kept, cache_write_tokens=LONG - kept, **PRICES), at=at, session_id=f"s{at}")
        for at, kept in (*WARM, (800, 2_000))
    ]


def another():
    """A second model takes turns, and nothing says what it is asked."""
    models = ("large-1", "small-1") * 3
    return session(*(call(400 * at, cached_tokens=LONG * (at % 2), model=name) for at, name in enumerate(models)))


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(read(reported((0, LONG), (10, LONG), (800, 2_000))), id="few calls"),
        pytest.param(read(reported(*WARM, (800, 12_000))), id="little in all"),
        pytest.param(read(reported(*[(at, LONG) for at in range(600)], (9_000, 0))), id="little beside the whole"),
        pytest.param(read(reported(*WARM, (800, LONG - 500))), id="the provider kept it all the same"),
        pytest.param(read(reported(*WARM, (800, 40_000))), id="most of it was found"),
        pytest.param(read(captured(*[(at, ONE, 1) for at in range(0, 50, 10)])), id="no pause"),
        pytest.param(read(captured(*[(at, ONE, at % 20) for at in range(0, 5_000, 10)][:4])), id="few switches"),
        pytest.param(read(captured(*[(at, ONE, 1) for at in range(0, 5_000, 400)], tokens=9_000)), id="short prompts"),
        pytest.param(read(session(*(call(at) for at in range(0, 4_000, 400)))), id="nothing captured or reported"),
        pytest.param(
            read(reported(*WARM), session(*(call(900 + at, 4_000, cached_tokens=0) for at in range(9)))), id="cut short"
        ),
        pytest.param(read(*sessions_of_their_own()), id="sessions of their own"),
        pytest.param(read(trace(*reported(*WARM, (800, 2_000)).root.children, clock="order")), id="no times"),
        pytest.param(read(reported((0, LONG), (10, LONG), (20, LONG), model="a"), another()), id="another's prompt"),
        pytest.param((SPANS.empty().lazy(), CALLS.empty().lazy()), id="nothing at all"),
    ],
)
def test_says_nothing_when(tables):
    """Each of these looks like a cache that was lost, and is not, or costs little."""
    assert [found for found in detect(*tables) if found.subject.detail != "unexplained"] == []


def test_measures_without_conditions():
    """One loss in three calls is a figure, though too few calls to speak of."""
    tables = read(reported((0, LONG), (10, LONG), (800, 2_000)))
    assert measure(*tables, subject=subject("after a pause")).value == 58_000 / 3
    assert measure(*tables, subject=subject("after a model switch")) is None
    assert len(detect(*tables, settings=Settings(min_calls=3))) == 1


def said(tables):
    return {found.subject.detail: found for found in detect(tables["spans"].lazy(), tables["calls"].lazy())}


@pytest.mark.real_data
def test_recorded_sessions_of_a_coding_agent_are_silent(real_data):
    """One of 416 calls loses 56,328 of 34 million tokens; another model, asked for a title, loses none."""
    tables = recorded(sorted((real_data / "raw" / "spotter-claude-code").rglob("*.jsonl")))
    assert tables["calls"].height == 416
    assert said(tables) == {}


@pytest.mark.real_data
@pytest.mark.slow
def test_recorded_prompts_that_part_early(real_data):
    """28 breaks in 21 sessions, and 386 pauses."""
    (archive,) = (real_data / "raw" / "kv-cache-tester").glob("*.tar.zst")
    tables = recorded([archive])
    found = said(tables)
    rewritten, paused = found["prompt rewritten"], found["after a pause"]
    assert (rewritten.evidence.occurrences, rewritten.traces) == (28, 21)
    assert "(pauses of more than 300 s: 386)" in paused.problem
    assert set(found) == {"prompt rewritten", "after a pause"}
    other = said(renamed(tables))["prompt rewritten"]
    assert (other.evidence, other.subject.service) == (rewritten.evidence, other_name("kv-cache"))


@pytest.mark.real_data
def test_recorded_requests_that_share_a_beginning_are_silent(real_data):
    """12,031 requests, each by itself: 36.64 % could be kept by a cache that forgets nothing."""
    tables = recorded([real_data / "raw" / "mooncake" / "FAST25-release" / "traces" / "conversation_trace.jsonl"])
    assert tables["calls"].height == 12_031
    assert said(tables) == {}


def test_a_conversation_is_in_order_whatever_the_rows_are():
    """Times decide, not the order in which a store hands rows out."""
    spans, calls = read(reported(*WARM, (800, 2_000)))
    starts = calls.collect().sort("start_ns", descending=True)
    assert all(later > earlier for later, earlier in pairwise(starts["start_ns"]))
    assert detect(spans, starts.lazy()) == detect(spans, calls)
