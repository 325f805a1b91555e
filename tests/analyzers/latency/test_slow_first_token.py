"""Queueing before the first token: when it is said, with which figures, and when nothing is said."""

from __future__ import annotations

import dataclasses

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS
from analyzers.latency.slow_first_token import Settings, detect, measure
from analyzers.untrusted import Name
from tests.analyzers.recordings import other_name, recorded, renamed
from tests.builders import BEGIN_NS, MS, frames, model, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))


def answer(at, first_token, queued, **columns):
    """A trace of one call at a second; the others are seconds as well."""
    begin = BEGIN_NS + round(at * 1000 * MS)
    told = {
        "first_token_ns": None if first_token is None else begin + round(first_token * 1000 * MS),
        "queued_ns": None if queued is None else round(queued * 1000 * MS),
    }
    return trace(model("chat", 1000 * (first_token or 1) + 500, **told, **columns), at=at)


def queueing(calls=20, first_token=60, queued=59, **columns):
    return [answer(number, first_token, queued, **columns) for number in range(calls)]


def run(*traces, **options):
    return detect(frames(*traces).calls, **options)


def test_says_what_the_queue_costs():
    """Twenty calls wait 60 s each, of which 59 in the queue: computing takes the rest."""
    calls = frames(*queueing(code_function="desk.ask", revision="abc")).calls
    (found,) = detect(calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(calls, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (60_000, 20)
    assert found.evidence.achievable == pytest.approx(1_000)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (20, 20, 20)
    assert found.seconds_per_call == pytest.approx(59)
    assert "after 60.0 s (median) and 60.0 s (p95); 98.3% of that waiting is the server's queue" in found.problem
    assert [anchor.function.quoted() for anchor in found.code] == ["“desk.ask”"]
    assert (found.revision, len(found.exemplars), len(found.affected)) == ("abc", 5, 20)
    assert found.unknown == ("how many servers there were, and what else they served",)


def test_calls_that_do_not_say_are_counted_and_left_out():
    """They narrow what is said, and are no calls without a queue."""
    (found,) = run(*queueing(), *(answer(50 + number, None, None) for number in range(5)))
    assert found.evidence.observed.n == 20
    assert "5 of 25 calls" in found.unknown[1]


def test_times_from_an_unknown_moment_do():
    """A server that counts from its own start knows how long it let wait."""
    (found,) = run(*queueing(clock="relative"))
    assert (found.first_ns, found.last_ns) == (None, None)


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param(queueing(calls=19), id="few calls"),
        pytest.param(queueing(first_token=4, queued=3.9), id="four seconds"),
        pytest.param(queueing(queued=20), id="computing, not queueing"),
        pytest.param([*queueing(calls=2), *queueing(calls=98, first_token=1, queued=0)], id="a burst"),
        pytest.param(queueing(queued=None), id="nobody says how long they queued"),
        pytest.param(queueing(first_token=None), id="nobody says when the first token came"),
        pytest.param(queueing(clock="order"), id="places in an order are no times"),
        pytest.param(queueing(queued=-5), id="a clock that jumped"),
        pytest.param([trace()], id="one span"),
    ],
)
def test_says_nothing_when(traces):
    """Each of these looks like a queue and is not one that people wait in."""
    assert run(*traces) == []


def test_says_nothing_about_nothing():
    """An empty frame is a recording too."""
    assert detect(CALLS.empty().lazy()) == []
    assert measure(CALLS.empty().lazy(), subject=SUBJECT) is None


def test_measures_without_conditions():
    """One call is no load and can be compared all the same; another model has no figure."""
    calls = frames(answer(0, 2, 1)).calls
    assert detect(calls) == []
    assert measure(calls, subject=SUBJECT).value == 2_000
    assert measure(calls, subject=dataclasses.replace(SUBJECT, detail=Name("small-1"))) is None


def test_how_slow_is_a_setting():
    """Who listens to an answer being spoken cannot wait for seconds."""
    assert len(run(*queueing(first_token=4, queued=3.9), settings=Settings(min_seconds=1))) == 1


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("machine", "words", "mean_ms"),
    [
        ("RTX4090", "after 60.2 s (median) and 122.7 s (p95); 99.6% of that waiting", 65_456.574),
        ("RTXPRO6000", "after 0.14 s (median) and 8.5 s (p95); 87.2% of that waiting", 1_085.981),
    ],
)
def test_recorded_queues(real_data, machine, words, mean_ms):
    """Two servers under load: nearly all of the waiting is the queue. Under other names and times as well."""
    folder = real_data / "raw/llmservingsim-vllm/bench/examples" / machine
    tables = recorded(folder.rglob("requests.jsonl"))
    (found,) = detect(tables["calls"].lazy())
    assert words in found.problem
    assert found.evidence.observed.value == pytest.approx(mean_ms)
    other = renamed(tables)["calls"].with_columns(queued_ns=tables["calls"]["queued_ns"] * 3 // 2)
    (again,) = detect(other.lazy())
    assert str(again.subject.operation) == other_name("generate")
    assert again.evidence.observed.value == pytest.approx(1.5 * mean_ms)


@pytest.mark.real_data
def test_a_recorded_server_that_does_not_queue(real_data):
    """First tokens of an agent's calls, some seconds each; nothing says that they queued."""
    tables = recorded([real_data / "raw/agent-prism/packages/demo-app/src/data/quo_tav_agent.json"])
    assert detect(tables["calls"].lazy()) == []
