"""Sessions that take far more than their peers: when it is said, with which figures, and when nothing is said."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Subject
from analyzers.frames import CALLS, SAMPLES
from analyzers.resources.runaway_usage import detect, measure
from analyzers.untrusted import Name
from tests.builders import frames, model, sample, samples, trace

NO_CALLS = CALLS.empty().lazy()
NO_SAMPLES = SAMPLES.empty().lazy()
USUAL = (30_000, 34_000, 38_000, 40_000, 41_000, 44_000, 48_000, 52_000, 60_000, 70_000)
CHAT = Subject(service=Name("desk"), operation=Name("chat"))
COUNTED = Subject(service=Name("desk"), operation=Name("model calls"))


def session(number, tokens, *, calls=4, **more):
    """A session whose calls take so many tokens in all; None is unknown."""
    each = None if tokens is None else tokens // calls
    spent = {"input_tokens": each, "output_tokens": None if each is None else 0, **more}
    return trace(*[model(**spent) for _ in range(calls)], at=number * 100, session_id=f"s{number}")


def calls_of(*tokens, **more):
    return frames(*[session(number, each, **more) for number, each in enumerate(tokens)]).calls


def exported(number, tokens, *, calls=4, **labels):
    """What a monitor counted of a session, with two models."""
    told = {"session": f"s{number}", "started": f"t{number}", "at": number * 100, **labels}
    for name in ("small", "large"):
        yield sample("monitor.llm.calls", calls / 2, model=name, **told)
        yield sample("monitor.llm.input_tokens", tokens / 2, model=name, **told)


def exports(*tokens, **more):
    return samples(*[one for number, each in enumerate(tokens) for one in exported(number, each, **more)])


def test_says_which_share_a_few_sessions_take():
    """Two of twenty-two sessions take four fifths of all tokens."""
    recorded = calls_of(*USUAL, *USUAL, 2_000_000, 1_600_000)
    (found,) = detect(recorded, NO_SAMPLES)
    assert found.subject == CHAT
    assert found.evidence.observed == measure(recorded, NO_SAMPLES, subject=CHAT)
    assert found.evidence.observed.value == pytest.approx((2 * sum(USUAL) + 3_600_000) / 22)
    assert found.evidence.achievable == pytest.approx((2 * sum(USUAL) + 2 * 70_000) / 22)
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (2, 2, 22)
    assert found.problem == (
        "2 of 22 sessions take 1,600,000 to 2,000,000 tokens, in up to 4 calls, where half take 44,000 or less and 95 "
        "of 100 others 70,000 or less: 80% of all tokens"
    )
    assert len(found.affected) == 8
    assert found.exemplars[0].trace_id == f"{21:032x}"


def test_what_the_excess_cost():
    """In proportion to the session's own cost; unknown where one call's is."""
    (found,) = detect(calls_of(*USUAL, 2_000_000, cost_usd=0.5), NO_SAMPLES)
    assert found.cost_usd_per_call == pytest.approx(2 * (1 - 70_000 / 2_000_000) / 11)
    (found,) = detect(calls_of(*USUAL, 2_000_000, cost_unknown="no price for large-1"), NO_SAMPLES)
    assert (found.cost_usd_per_call, found.cost_unknown) == (None, "no price for large-1")


def test_calls_speak_where_tokens_do_not():
    """A loop of two hundred calls whose tokens were not recorded."""
    recorded = frames(*[session(number, None) for number in range(15)], session(15, None, calls=200)).calls
    (found,) = detect(recorded, NO_SAMPLES)
    assert (found.subject.detail, found.evidence.observed.unit) == ("calls", "calls per session")
    assert found.problem.startswith("1 of 16 sessions takes 200 model calls, where half take 4 or less")


def test_what_monitors_counted_tells_the_same():
    """Of each monitor the last export, over its models."""
    again = [*exported(10, 900_000, at=900), *exported(10, 2_000_000, at=1000)]
    measured = samples(*[one for number, each in enumerate(USUAL) for one in exported(number, each)], *again)
    (found,) = detect(NO_CALLS, measured)
    assert (found.subject, found.evidence.observed.n) == (COUNTED, 11)
    assert found.problem.startswith("1 of 11 sessions takes 2,000,000 tokens, in up to 4 calls")
    assert (found.exemplars, found.cost_usd_per_call) == ((), None)


def test_no_session_is_counted_twice():
    """Where a session's calls were recorded, what a monitor counted of it is left out."""
    both = detect(calls_of(*USUAL, 2_000_000), exports(*USUAL, 2_000_000))
    assert [found.subject for found in both] == [CHAT]
    nameless = exports(*USUAL, 2_000_000, session="")
    assert [found.subject for found in detect(NO_CALLS, nameless)] == [COUNTED]


def test_another_services_calls_stand_for_nothing_of_this_one():
    """Sessions of two services may have the same id, of which one only a monitor tells."""
    found = detect(calls_of(*USUAL, 40_000), exports(*USUAL, 2_000_000, service="mail"))
    assert [str(one.subject.service) for one in found] == ["mail"]


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(calls_of(*USUAL, *USUAL), id="sessions like any others"),
        pytest.param(calls_of(*USUAL[:7], 2_000_000), id="few sessions"),
        pytest.param(calls_of(*USUAL, *[2_000_000] * 2), id="many of them"),
        pytest.param(calls_of(*USUAL * 20, 700_000), id="little beside all the rest"),
        pytest.param(calls_of(*[tokens // 100 for tokens in USUAL], 20_000), id="little at all"),
        pytest.param(calls_of(*[2**number * 1000 for number in range(12)]), id="sessions of every size"),
        pytest.param(calls_of(*[None] * 20), id="nothing is known of tokens"),
        pytest.param(calls_of(*USUAL * 4, 2_000_000, 2_200_000, 2_400_000), id="another kind of task"),
        pytest.param(calls_of(*USUAL * 4, *[100_000 * 4**number for number in range(4)]), id="a tail that goes on"),
        pytest.param(NO_CALLS, id="nothing at all"),
    ],
)
def test_says_nothing_when(calls):
    """Sessions that differ, as sessions do."""
    assert detect(calls, NO_SAMPLES) == []


def test_rare_ones_may_be_several():
    """Four of four hundred sessions, each of another size, far from all others."""
    (found,) = detect(calls_of(*USUAL * 40, *[number * 2_000_000 for number in (1, 2, 4, 8)], calls=1), NO_SAMPLES)
    assert found.evidence.occurrences == 4


SIZES = {
    "log-normal 1": lambda chance: chance.lognormvariate(11, 1),
    "log-normal 1.5": lambda chance: chance.lognormvariate(11, 1.5),
    "Pareto 1.5": lambda chance: 20_000 * chance.paretovariate(1.5),
    "Pareto 1": lambda chance: 20_000 * chance.paretovariate(1),
    "two kinds": lambda chance: 40_000 * (8 if chance.random() < 0.1 else 1) * chance.lognormvariate(0, 0.2),
}


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_scatter_alone_is_no_runaway(size):
    """Of forty recordings of fifty sessions whose sizes scatter widely, or are of two kinds, one at most holds one."""
    found = []
    for seed in range(40):
        chance = random.Random(seed)
        found.append(bool(detect(NO_CALLS, exports(*[size(chance) for _ in range(50)]))))
    assert sum(found) <= 1


def test_measures_without_conditions():
    """Two sessions have a mean; none has none."""
    assert measure(calls_of(10_000, 30_000), NO_SAMPLES, subject=CHAT).value == 20_000
    assert measure(calls_of(None), NO_SAMPLES, subject=CHAT) is None
    assert measure(NO_CALLS, exports(4_000), subject=COUNTED).value == 4_000


@given(st.lists(st.sampled_from([1, 100, 30_000, 40_000, 3_000_000]), min_size=1, max_size=30), st.randoms())
def test_rows_in_any_order_tell_the_same(tokens, chance):
    """Sessions are told apart by their labels alone."""
    rows = [one for number, each in enumerate(tokens) for one in exported(number, each)]
    mixed = samples(*chance.sample(rows, len(rows)))
    assert detect(NO_CALLS, mixed) == detect(NO_CALLS, samples(*rows))
    assert measure(NO_CALLS, mixed, subject=COUNTED).value == pytest.approx(sum(tokens) / len(tokens))
