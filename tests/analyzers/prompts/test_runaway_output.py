"""Answers that run away: when it is said, with which figures, and when nothing is said."""

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS
from analyzers.prompts.runaway_output import Settings, detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import other_name, recorded, renamed
from tests.builders import failing, frames, model, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))


def usual(**more):
    return model(**{"answer_chars": 500, "ms": 1000, **more})


def runaway(**more):
    return model(**{"answer_chars": 30_000, "answer_packed": 900, "ms": 90_000, **more})


def calls_of(*models):
    return frames(*(trace(one, at=number * 100) for number, one in enumerate(models))).calls


def some(count=3, others=17, **more):
    return calls_of(*[usual() for _ in range(others)], *[runaway(**more) for _ in range(count)])


def test_says_how_many_run_away():
    """Three of twenty, which hold most of the output and take a minute and a half each."""
    (found,) = detect(some())
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(some(), subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.occurrences) == (0.15, 3)
    assert found.problem == (
        "3 of 20 answers run to 30,000 to 30,000 characters where 500 are usual, and repeat themselves (they pack into "
        "3.0% of their length or less): 91% of all output, in 3 of 20 traces; they take 90.0 to 90.0 s each"
    )
    assert found.seconds_per_call == pytest.approx(89 * 3 / 20)
    assert found.unknown == ()
    assert found.output_tokens == 125
    assert len(found.affected) == 3


def test_what_the_excess_cost():
    """The output's part of each call's cost, without what a usual answer would have cost."""
    price = {"input_tokens": 1000, "input_usd_per_mtok": 2.0, "cost_usd": 0.122}
    (found,) = detect(some(**price))
    assert found.cost_usd_per_call == pytest.approx(0.12 * (1 - 500 / 30_000) * 3 / 20)
    (unknown,) = detect(some(cost_unknown="no price for large-1"))
    assert (unknown.cost_usd_per_call, unknown.cost_unknown) == (None, "no price for large-1")


def tokens_only(reason):
    return calls_of(
        *[usual(answer_chars=None, output_tokens=100) for _ in range(17)],
        *[runaway(answer_chars=None, answer_packed=None, output_tokens=8192, finish_reason=reason) for _ in range(3)],
    )


def test_the_length_alone_is_said_to_be_that():
    """Without texts only answers that end at the limit count, and the repetition is unknown."""
    (found,) = detect(tokens_only("length"))
    assert "8,192 tokens where 100 are usual, and end at the length limit" in found.problem
    assert found.output_tokens == 100
    assert found.unknown == ("whether 3 of them repeat themselves: their texts were not recorded",)


def test_instants_have_no_durations():
    """Where no end was recorded nothing is said of time."""
    (found,) = detect(some(clock="utc start"))
    assert found.seconds_per_call is None
    assert found.unknown == ("how long they took: no end of these calls was recorded",)


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(some(others=5), id="too few calls to know what is usual"),
        pytest.param(some(count=1), id="one accident"),
        pytest.param(some(count=2, others=1500), id="little beside all the rest"),
        pytest.param(some(answer_packed=9_000), id="long, and not repeating"),
        pytest.param(some(answer_chars=3_000, answer_packed=100), id="not that long"),
        pytest.param(calls_of(*[runaway() for _ in range(20)]), id="as long as all the others"),
        pytest.param(tokens_only("stop"), id="long, of unknown text, and ended by itself"),
        pytest.param(tokens_only(None), id="long, and nothing else is known"),
        pytest.param(calls_of(*[usual()] * 17, *[failing(runaway())] * 3), id="failed calls"),
        pytest.param(CALLS.empty().lazy(), id="nothing at all"),
    ],
)
def test_says_nothing_when(calls):
    """Long answers that are what was asked for, and too little to tell."""
    assert detect(calls) == []


def test_measures_without_conditions():
    """One of three; no answers, no figure."""
    assert measure(some(count=1, others=2), subject=SUBJECT).value == pytest.approx(1 / 3)
    assert measure(some(count=0), subject=SUBJECT).value == 0
    assert measure(calls_of(usual(answer_chars=None)), subject=SUBJECT) is None
    assert measure(CALLS.empty().lazy(), subject=SUBJECT) is None


def test_nothing_is_made_of_nothing():
    """With no least amounts at all, usual answers are still no finding."""
    loosest = Settings(min_calls=0, min_count=0, min_output_share=0, min_chars=0)
    assert detect(some(count=0), settings=loosest) == []


@pytest.mark.real_data
def test_recorded_agents_that_ran_away(real_data):
    """Eight of 387 answers of public sessions have over 24,000 characters and pack to a fifteenth of that."""
    tables = recorded(sorted((real_data / "raw" / "lmcache-agent-trace" / "magagent").glob("*.jsonl")))
    (found,) = detect(tables["calls"].lazy())
    assert (found.evidence.occurrences, found.evidence.observed.n, found.traces) == (8, 387, 5)
    assert "24,854 to 48,128 characters" in found.problem
    assert found.seconds_per_call is None
    (again,) = detect(renamed(tables)["calls"].lazy())
    assert again.evidence == found.evidence
    assert again.subject.operation == other_name(found.subject.operation)


@pytest.mark.real_data
def test_recorded_long_answers_are_sound(real_data):
    """Agents that write long files and plans do not repeat themselves."""
    paths = sorted((real_data / "raw" / "lmcache-agent-trace" / "miniswe").glob("*.jsonl"))
    assert detect(recorded(paths)["calls"].lazy()) == []
