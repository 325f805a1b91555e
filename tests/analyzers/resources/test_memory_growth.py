"""Memory that grows: when it is said, with which figures, and when nothing is said."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Subject
from analyzers.frames import SAMPLES
from analyzers.resources.memory_growth import detect, measure
from analyzers.untrusted import Name
from tests.builders import BEGIN_NS, sample, samples

MB = 1e6
RSS = "monitor.memory.rss_bytes"
HOURS = 4
COUNT = 120
JUMPING = [level for level in (150, 150, 150, 200, 220, 210, 240, 230, 260, 250) for _ in range(2)]


def run(levels, *, name=RSS, begin=0, hours=HOURS, session="s", **labels):
    """A process that held so many MB, at equal intervals."""
    step = hours * 3600 / (len(levels) - 1)
    told = {"session": session, **labels}
    return [sample(name, level * MB, at=begin + number * step, **told) for number, level in enumerate(levels)]


def leaking(count=COUNT, *, base=180, by=240, noise=2, seed=1):
    chance = random.Random(seed)
    return [base + by * number / (count - 1) + chance.uniform(-noise, noise) for number in range(count)]


def filling(count=COUNT, *, by=300, share=0.2, noise=0, seed=1):
    chance = random.Random(seed)
    return [180 + by * (1 - math.exp(-number / (share * count))) + chance.uniform(0, noise) for number in range(count)]


def saw(count=COUNT, *, teeth=8, height=200):
    return [180 + height * (number * teeth % count) / count for number in range(count)]


def wandering(seed, count=COUNT):
    chance = random.Random(seed)
    levels = [300.0]
    for _ in range(count - 1):
        levels.append(max(levels[-1] + chance.gauss(0, 4), 50))
    return levels


def subject(name=RSS):
    return Subject(service=Name("desk"), operation=Name(name))


def test_says_how_much_more_each_hour():
    """Sixty MB an hour, and when its limit is reached at that pace."""
    measured = samples(*run(leaking()), sample("monitor.memory.limit_bytes", 512 * MB, at=9, session="s"))
    (found,) = detect(measured)
    assert found.subject == subject()
    assert found.evidence.observed == measure(measured, subject=found.subject)
    assert found.evidence.observed.value == pytest.approx(60, rel=0.02)
    assert (found.evidence.observed.n, found.evidence.observed.exact, found.evidence.occurrences) == (1, False, 1)
    assert found.problem == (
        "memory rises steadily in its one run: by 61 MB an hour in the longest, from 240 to 412 MB over 2.8 h; the "
        "latest ends at 81% of its limit of 512 MB, reached in 1.6 h at that pace"
    )
    assert (found.first_ns, found.last_ns) == (BEGIN_NS, BEGIN_NS + HOURS * 3600 * 10**9)
    assert found.unknown == ("what the memory holds",)
    assert found.e_value == pytest.approx(837, rel=0.01)


def test_several_short_runs_are_one_finding():
    """Each session's process leaks for ten minutes: none is long, and together they are."""
    measured = samples(
        *[one for number in range(4) for one in run(leaking(40), hours=1 / 6, session=str(number), begin=number * 900)]
    )
    (found,) = detect(measured)
    assert (found.evidence.observed.n, found.traces, found.traces_examined) == (4, 4, 4)
    assert found.problem.startswith("memory rises steadily in 4 of 4 runs")
    assert found.unknown[1] == "how much memory the process may take"


@pytest.mark.parametrize("name", ["process_resident_memory_bytes", "process.memory.usage", "memory_bytes"])
def test_reads_what_others_call_it(name):
    """A process tells its memory under one of several names; an action's label tells no other process."""
    labels = [{"action": f"a{number % 3}"} if name == "memory_bytes" else {} for number in range(COUNT)]
    told = zip(run(leaking()), labels, strict=True)
    rows = [row | sample(name, row["value"], **of) | {"time_ns": row["time_ns"]} for row, of in told]
    assert [found.subject for found in detect(samples(*rows))] == [subject(name)]


def test_one_memory_is_not_told_twice():
    """A monitor's samples and Prometheus' of one service are about one memory."""
    both = [*run(leaking()), *run(leaking(), name="process_resident_memory_bytes")]
    assert [found.subject for found in detect(samples(*both))] == [subject()]


def restarted(*, told):
    """Twice from 180 to 300 MB, by one process after the other."""
    for number in range(2):
        begin = number * HOURS * 3600
        yield from run(leaking(by=120), begin=begin, name="process_resident_memory_bytes")
        if told:
            yield from run([begin / MB] * COUNT, begin=begin, name="process_start_time_seconds")


def test_a_process_that_began_anew_begins_anew():
    """Two leaks, where the start is told; where it is not, memory was given back."""
    (found,) = detect(samples(*restarted(told=True)))
    assert found.evidence.observed.value == pytest.approx(30, rel=0.03)
    assert (found.traces, found.traces_examined) == (2, 2)
    assert detect(samples(*restarted(told=False))) == []


def one_of_three():
    yield from run(leaking(), session="a")
    yield from run(saw(), session="b", begin=20_000)
    yield from run([200] * COUNT, session="c", begin=40_000)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(run(filling()), id="it fills, and levels off"),
        pytest.param(run(filling(share=0.25, noise=40, seed=32)), id="the same, and noise hides how"),
        pytest.param(run(leaking(60, base=150, by=150) + [300] * 60), id="it rose for half of the time"),
        pytest.param(run(saw()), id="a garbage collector gives it back"),
        pytest.param(run(saw(teeth=2)), id="the same, seldom"),
        pytest.param(run(leaking(base=300, by=120, noise=80, seed=4)), id="it falls nearly as often as it rises"),
        pytest.param(run([200] * 70 + [400] * 50), id="it jumped once"),
        pytest.param(run(leaking(by=-200, base=500)), id="it falls"),
        pytest.param(run([200 + 8 * (number % 2) for number in range(COUNT)]), id="it is as it was"),
        pytest.param(run(leaking(base=1000, by=120, noise=1)), id="little beside what it holds"),
        pytest.param(run(leaking(base=20, by=15, noise=1)), id="little at all"),
        pytest.param(run(leaking(), hours=0.2), id="minutes of one run"),
        pytest.param(run(leaking(14)), id="few samples"),
        pytest.param(run(JUMPING), id="too few samples for how they jump"),
        pytest.param(list(one_of_three()), id="one run of three"),
        pytest.param(run([0.0] * COUNT), id="no memory at all"),
        pytest.param([], id="nothing at all"),
    ],
)
def test_says_nothing_when(rows):
    """Memory that is given back, needed, or too little told of."""
    assert detect(samples(*rows)) == []


@pytest.mark.slow
def test_wandering_memory_is_seldom_taken_for_a_leak():
    """Of sixty runs whose memory wanders without a trend, three at most rise so."""
    found = [bool(detect(samples(*run(wandering(seed))))) for seed in range(60)]
    assert sum(found) <= 3


@pytest.mark.parametrize("noise", [0, 2, 20])
def test_leaks_are_found_through_noise(noise):
    """A leak of 240 MB, each sample up to so many MB off."""
    assert [bool(detect(samples(*run(leaking(noise=noise, seed=seed))))) for seed in range(5)] == [True] * 5


def test_measures_without_conditions():
    """A falling run has a figure; too few samples have none."""
    assert measure(samples(*run(leaking(by=-120, base=400))), subject=subject()).value == pytest.approx(-30, rel=0.02)
    assert measure(samples(*run(leaking(8))), subject=subject()) is None
    assert measure(SAMPLES.empty().lazy(), subject=subject()) is None


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=60), st.randoms())
def test_rows_in_any_order_tell_the_same(levels, chance):
    """Only their times do, whatever the levels are."""
    rows = run(levels)
    mixed = chance.sample(rows, len(rows))
    assert detect(samples(*rows)) == detect(samples(*mixed))
    assert measure(samples(*rows), subject=subject()) == measure(samples(*mixed), subject=subject())
