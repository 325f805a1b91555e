"""States in which an agent stays too long: when it is said, with which figures, and when nothing is said."""

import math
import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Subject
from analyzers.frames import EVENTS, SAMPLES
from analyzers.latency.resting import rests
from analyzers.latency.slow_state import detect, measure
from analyzers.untrusted import Name
from tests.builders import event_log, logged, sample, samples

NO_LOG = EVENTS.empty().lazy()
NO_SAMPLES = SAMPLES.empty().lazy()
USUAL = {"acting": 800, "reading": 600, "writing": 1000}


def session(number, states, *, entries=10, **more):
    """What a monitor exported of one session: the mean milliseconds of each state."""
    of = {"session": f"s{number}", "started": f"t{number}", "at": number * 600, **more}
    for state, ms in states.items():
        yield sample("monitor.state.entries", entries, state=state, **of)
        yield sample("monitor.state.duration_ms", entries * ms, state=state, **of)


def sessions(*states, **more):
    return samples(*[one for number, each in enumerate(states) for one in session(number, each, **more)])


def planning(ms=12_000, name="planning", **others):
    return {**(others or USUAL), name: ms}


def subject(state, detail=None):
    return Subject(service=Name("desk"), operation=Name(state), detail=detail and Name(detail))


def test_says_which_state_takes_the_time():
    """Ten entries of twelve seconds in each of two sessions, beside three states of a second or less."""
    measured = sessions(planning(), planning())
    (found,) = detect(measured, NO_LOG)
    assert found.subject == subject("planning")
    assert found.evidence.observed == measure(measured, NO_LOG, subject=found.subject)
    assert (found.evidence.observed.value, found.evidence.observed.n, found.evidence.achievable) == (12_000, 20, 800)
    assert found.problem == (
        "the agent is in planning for 83% of the time in which it works: 12.00 s each time, over 20 times, where half "
        "of its 3 other states take 0.80 s or less"
    )
    assert (found.traces, found.traces_examined, found.e_value) == (2, 2, None)
    assert found.seconds_per_call == pytest.approx(11.2)


def test_of_each_session_the_last_export_counts():
    """Counters hold all that earlier exports counted: two exports of one monitor are not added up."""
    again = samples(*session(0, planning(), entries=4), *session(0, planning(), at=1), *session(1, planning()))
    assert detect(again, NO_LOG)[0].evidence.observed.n == 20


def test_sessions_of_one_state_each_are_compared_with_each_other():
    """No session says which of its states is the longest, and all of them together do."""
    (found,) = detect(sessions(*[{state: ms} for state, ms in planning().items()]), NO_LOG)
    assert (found.subject, found.evidence.achievable) == (subject("planning"), 800)


def curating(*seconds):
    return sessions(*[{**USUAL, "curating": 1000 * each} for each in seconds])


def test_says_since_when_a_state_takes_longer():
    """Twelve sessions of about a second each time, then nine of about three."""
    before = (0.8, 0.9, 1.0, 1.1, 0.95, 0.85, 1.05, 0.9, 1.0, 0.8, 1.1, 1.0)
    measured = curating(*before, 2.6, 3.1, 2.9, 2.7, 3.0, 3.2, 2.8, 2.9, 3.0)
    (found,) = detect(measured, NO_LOG)
    assert found.subject == subject("curating", "longer")
    assert found.evidence.observed == measure(measured, NO_LOG, subject=found.subject)
    assert found.evidence.observed.value == pytest.approx(2911.1, abs=0.1)
    assert found.evidence.achievable == pytest.approx(954.2, abs=0.1)
    assert found.problem.startswith(
        "curating takes 2.91 s each time in the last 9 of 21 sessions, where it took 0.95 s in the 12 before; it is "
    )
    assert found.first_ns == 1_790_000_000_000_000_000 + 12 * 600 * 10**9
    assert (found.traces, found.traces_examined) == (9, 21)
    assert found.e_value == pytest.approx(0.5 * (4001 / 4) ** 0.5)  # four states were looked at


def test_a_log_of_changes_tells_the_same():
    """Where no monitor counted, the events of state changes do, whatever they are called."""
    log = [
        logged(name, at=start, payload={key: state}, session_id="s", trace_id="a" * 32, span_id="b" * 16)
        for turn in range(10)
        for start, state in ((turn * 20, "planning"), (turn * 20 + 15, "acting"), (turn * 20 + 17, "reading"))
        for name, key in [("agent:state:change", "newState") if turn % 2 else ("state_changed", "to")]
    ]
    (found,) = detect(NO_SAMPLES, event_log(*log))
    assert (found.subject, found.evidence.observed.value) == (subject("planning"), 15_000)
    assert found.exemplars[0].trace_id == "a" * 32
    both = samples(*session(0, USUAL, session="s"))
    assert detect(both, event_log(*log)) == []  # what a monitor counted of the session is not counted again


@pytest.mark.parametrize(
    "measured",
    [
        pytest.param(sessions(planning(name="AWAITING_CONTEXT_APPROVAL")), id="it waits for a person"),
        pytest.param(sessions(planning(name="idle")), id="it rests"),
        pytest.param(sessions(planning(ms=120_000), entries=4), id="a few stays"),
        pytest.param(sessions(planning(acting=11_900, reading=800, writing=900)), id="no more than half of the time"),
        pytest.param(sessions(planning(acting=500)), id="one other state is nothing to compare with"),
        pytest.param(sessions(planning(ms=4_000), entries=100), id="often, and never for long"),
        pytest.param(sessions(planning(12_000, acting=3_500, reading=3_500)), id="the other states take long as well"),
        pytest.param(sessions(planning(ms=8_000), entries=5), id="little in all"),
        pytest.param(curating(*[1] * 3, *[4] * 4), id="seven sessions are soon in any order"),
        pytest.param(curating(*[1] * 12, *[1.4] * 12 * 2), id="hardly longer"),
        pytest.param(curating(1, 4, 1, 1, 4, 1, 4, 1, 4, 4, 1, 4), id="one session so, the next otherwise"),
        pytest.param(curating(*[4] * 10, *[1] * 10), id="it became shorter"),
        pytest.param(curating(*[1] * 12, *[4] * 12, *[1] * 9), id="it was longer for a while"),
        pytest.param(curating(*[1] * 12, *[1.2] * 11, 90), id="one long session of those since"),
        pytest.param(sessions(planning(400_000), *[planning(700)] * 11), id="one long session of twelve"),
        pytest.param(curating(*[1.2**number for number in range(12)]), id="it drifts"),
        pytest.param(NO_SAMPLES, id="nothing at all"),
    ],
)
def test_says_nothing_when(measured):
    """An agent that rests, waits for somebody, or works as it always does."""
    assert detect(measured, NO_LOG) == []


@pytest.mark.parametrize(
    ("state", "rest"),
    [
        *[(name, True) for name in ("IDLE", "AwaitingApproval", "waiting_for_user", "agent.paused", "Done", "wait")],
        *[(name, False) for name in ("planning", "waiting_for_model", "reading", "REFLECTING", "doner", "idlewild")],
    ],
)
def test_knows_a_rest_by_its_name(state, rest):
    """A wait for a tool or a model is the application's time; a word within another one says nothing."""
    assert pl.select(rests(pl.lit(state))).item() is rest


def test_measures_without_conditions():
    """One short stay has a figure; a state that was never entered has none."""
    measured = sessions({"planning": 5}, entries=1)
    assert measure(measured, NO_LOG, subject=subject("planning")).value == 5
    assert measure(measured, NO_LOG, subject=subject("planning", "longer")) is None
    assert measure(measured, NO_LOG, subject=subject("elsewhere")) is None


STATES = ("planning", "acting", "reading", "writing")


def scattered(chance, count, sigma):
    """Four states whose stays differ from session to session for no reason."""
    return sessions(*[{state: chance.lognormvariate(9, sigma) for state in STATES} for _ in range(count)])


def drifting(chance):
    """Forty sessions of a load that wanders for all states alike."""
    load, levels = 0.0, []
    for _ in range(40):
        load = 0.9 * load + chance.gauss(0, 0.3)
        levels.append(dict.fromkeys(STATES, 8_000 * math.exp(load)))
    return sessions(*levels)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "sigma"), [(20, 0.5), (20, 1.2), (60, 0.5), (12, 2)])
def test_scatter_alone_is_no_slow_state(count, sigma):
    """Of fifty recordings with four states each, whose sessions scatter, one at most seems to hold any slow one."""
    found = [bool(detect(scattered(random.Random(seed), count, sigma), NO_LOG)) for seed in range(50)]
    assert sum(found) <= 1


@pytest.mark.slow
def test_a_load_that_drifts_seldom_seems_a_change():
    """Of fifty recordings whose load wanders slowly, three at most seem to hold a change."""
    assert sum(bool(detect(drifting(random.Random(seed)), NO_LOG)) for seed in range(50)) <= 3


@pytest.mark.slow
def test_changes_are_found_through_scatter():
    """Of twenty recordings in which one state of four becomes three times as long, eighteen are found."""
    found = 0
    for seed in range(20):
        chance = random.Random(seed)
        states = [{state: chance.lognormvariate(9, 0.4) for state in STATES} for _ in range(40)]
        changed = [each | {"acting": each["acting"] * (3 if number >= 20 else 1)} for number, each in enumerate(states)]
        found += [one.subject for one in detect(sessions(*changed), NO_LOG)] == [subject("acting", "longer")]
    assert found >= 18


@given(st.lists(st.sampled_from([0.5, 1, 2, 3]), min_size=8, max_size=20), st.randoms())
def test_rows_in_any_order_tell_the_same(seconds, random):
    """Only the times of the exports do."""
    rows = [one for number, each in enumerate(seconds) for one in session(number, {**USUAL, "curating": 1000 * each})]
    mixed = random.sample(rows, len(rows))
    assert detect(samples(*rows), NO_LOG) == detect(samples(*mixed), NO_LOG)
