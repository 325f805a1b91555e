"""Instructions at the end of every conversation's first prompt: when it is said, and when nothing is said."""

from __future__ import annotations

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS
from analyzers.prompts.late_instructions import detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import other_name, recorded, renamed
from tests.builders import frames, model, trace

RULES = tuple(f"Rule {number}: answer what is asked about topic {number} in a plain tone." for number in range(100))
SUBJECT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))
CHARS = sum(len(rule) + 1 for rule in RULES)
HELD = (len("You help.") + 1 + CHARS) // 4 // 128 * 128


def own(number, lines=6):
    return tuple(f"Line {line} of task {number}." for line in range(lines))


def opened(*prompts, every=30, **call):
    """One session each; its second call goes on from the first one."""
    return frames(
        *(
            trace(
                model(prompt=prompt, **call),
                model(prompt=(*prompt, "And then?"), **call),
                at=number * every,
                session_id=f"s{number}",
            )
            for number, prompt in enumerate(prompts)
        )
    ).calls


def late(count=10, rules=RULES, **more):
    return opened(*(("You help.", *own(number), *rules) for number in range(count)), **more)


def test_says_what_stands_at_the_end():
    """Of ten conversations nine could have found the instructions in the cache, had they stood first."""
    calls = late(input_usd_per_mtok=2.0, cached_usd_per_mtok=0.5, revision="abc")
    (found,) = detect(calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(calls, subject=SUBJECT)
    assert found.evidence.observed.value == pytest.approx(HELD * 9 / 10)
    assert (found.evidence.observed.n, found.evidence.occurrences) == (10, 9)
    assert found.cost_usd_per_call == pytest.approx(HELD * 9 / 10 * 1.5e-6)
    assert (found.traces, found.traces_examined, len(found.affected)) == (9, 10, 9)
    assert found.prompt is not None
    assert (len(found.prompt.static), found.prompt.leading_dynamic) == (len(RULES), 6)
    assert found.prompt.static_chars == CHARS
    assert found.problem == (
        f"the first prompts of 10 of 10 conversations share at least 10 leading characters and at least {CHARS:,} "
        "trailing ones: the instructions stand behind what changes, so that 9 of them could not find about "
        f"{HELD:,} tokens each in a cache"
    )


def test_tokens_that_are_unknown_are_scaled():
    """Four characters each, and that is said."""
    (found,) = detect(late(input_tokens=None))
    assert found.evidence.observed.value == pytest.approx(HELD * 9 / 10)
    assert "10 of 10 calls do not say their tokens: four characters each" in found.unknown
    assert (found.cost_usd_per_call, found.cost_unknown) == (None, "no list price of input and cached input tokens")


def test_one_odd_conversation_changes_little():
    """It opens in its own way; the others still end alike."""
    prompts = [("You help.", *own(number), *RULES) for number in range(19)]
    (found,) = detect(opened(*prompts, ("Ping.",)))
    assert found.problem.startswith("the first prompts of 19 of 20 conversations")


LONG_TASKS = [("You help.", *own(number, 900), *RULES) for number in range(10)]
FIRST = [("You help.", *RULES, *own(number)) for number in range(10)]


def seldom_soon():
    """Six of a hundred and six conversations follow another one soon."""
    far = [trace(model(prompt=("Hi.", *own(one), *RULES)), at=one * 400, session_id=f"f{one}") for one in range(100)]
    near = [trace(model(prompt=("Hi.", *own(one), *RULES)), at=50_000 + one, session_id=f"n{one}") for one in range(6)]
    return frames(*far, *near).calls


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(seldom_soon(), id="little in the mean"),
        pytest.param(late(4), id="few conversations"),
        pytest.param(late(3 * 10, rules=RULES[:50]), id="too short to be kept"),
        pytest.param(late(every=301, count=20), id="too far apart for any cache"),
        pytest.param(late(cached_tokens=HELD), id="the provider cached it anyway"),
        pytest.param(opened(*LONG_TASKS), id="a small share of what is sent"),
        pytest.param(opened(*FIRST), id="the instructions stand first"),
        pytest.param(opened(*[("You help.", *RULES)] * 10), id="the same throughout"),
        pytest.param(opened(*(("You help.", *own(number, 90)) for number in range(10))), id="nothing is shared"),
        pytest.param(late(piece_hashes=None, piece_chars=None, prompt_chars=None), id="not captured"),
        pytest.param(late(piece_chars=[3]), id="lists of unequal length"),
        pytest.param(late(clock="order"), id="nobody knows how far apart"),
        pytest.param(late(clock="relative"), id="times of their own"),
        pytest.param(CALLS.empty().lazy(), id="nothing at all"),
    ],
)
def test_says_nothing_when(calls):
    """Each of these looks like instructions at the end, and is not, or no cache could help."""
    assert detect(calls) == []


def test_measures_without_conditions():
    """Four conversations are too few to report; an operation that does it well has a figure of nought."""
    assert measure(late(4), subject=SUBJECT).value == pytest.approx(HELD * 3 / 4)
    assert measure(opened(*FIRST), subject=SUBJECT).value == 0
    assert measure(late(piece_hashes=None), subject=SUBJECT) is None


def said(tables):
    return detect(tables["calls"].lazy())


@pytest.mark.real_data
def test_recorded_openings(real_data):
    """12 sessions of an agent share 56 leading and 4,625 of 4,627 trailing characters: whole lines alone count."""
    tables = recorded(sorted((real_data / "raw" / "lmcache-agent-trace" / "miniswe").glob("*.jsonl")))
    (found,) = said(tables)
    assert "12 of 12 conversations share at least 56 leading characters and at least 4,625 trailing" in found.problem
    (other,) = said(renamed(tables))
    assert (other.problem, other.evidence) == (found.problem, found.evidence)
    assert other.subject.service == other_name(found.subject.service)


@pytest.mark.real_data
@pytest.mark.parametrize("source", ["lmcache-agent-trace/magagent", "tau-bench"])
def test_recorded_openings_that_are_short_or_unlike_are_silent(real_data, source):
    """Nothing that a cache would keep stands at their ends."""
    tables = recorded(sorted((real_data / "raw" / source).rglob("*.json*")))
    assert tables["calls"].height > 0
    assert said(tables) == []
