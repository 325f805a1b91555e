"""One cause is one finding, across analyzers."""

from __future__ import annotations

import graphlib

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.causes import LEADS_TO, shared
from analyzers.control import control
from analyzers.exhibits import SAMPLE, affected, first_of
from analyzers.finding import Candidate, Exemplar, Metric, Subject, Waste
from analyzers.untrusted import Name


def spans(*numbers):
    return frozenset(Exemplar(trace_id="t", span_id=f"{number:016x}") for number in numbers)


def candidate(analyzer, affected, *, operation="handle", seconds=None, usd=None):
    return Candidate(
        analyzer=analyzer,
        rule_version=1,
        subject=Subject(service=Name("desk"), operation=Name(operation)),
        evidence=Waste(observed=Metric(value=1.0, unit="ms per trace", n=10), achievable=0.0, occurrences=1),
        problem="",
        e_value=None,
        first_ns=None,
        last_ns=None,
        traces=1,
        traces_examined=1,
        cost_usd_per_call=usd,
        cost_unknown=None if usd is not None else "unknown",
        seconds_per_call=seconds,
        exemplars=(Exemplar(trace_id="t", span_id=f"{analyzer} {operation}"),),
        affected=affected,
    )


def told(findings):
    """Each finding's analyzer, with those of its consequences."""
    return {one.candidate.analyzer: [each.candidate.analyzer for each in one.consequences] for one in findings}


def test_a_failing_tool_and_the_loop_around_it_are_one_finding():
    """The cause speaks, the loop is its evidence, and it is said how one leads to the other."""
    (finding,) = control(
        [candidate("retry-loop", spans(1, 2)), candidate("tool-misuse", spans(1, 2, 3))], window_days=1
    )
    assert told([finding]) == {"tool-misuse": ["retry-loop"]}
    assert finding.consequences[0].because == "a failing call is made again"
    assert not finding.candidate.affected
    assert not finding.consequences[0].candidate.affected


def test_a_chain_ends_at_its_beginning():
    """The tool is misused, hence the error, hence nothing tries again: one finding, whatever comes first."""
    chain = [candidate(name, spans(1, 2)) for name in ("no-retry", "recurring-error", "tool-misuse", "retry-loop")]
    (finding,) = control(chain, window_days=1)
    assert {one.candidate.analyzer for one in finding.consequences} == {"no-retry", "recurring-error", "retry-loop"}
    assert finding.candidate.analyzer == "tool-misuse"


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param([("tool-misuse", spans(1, 2, 3, 4)), ("retry-loop", spans(4, 5, 6))], id="they meet by chance"),
        pytest.param([("serial-calls", spans(1)), ("recurring-error", spans(1))], id="neither leads to the other"),
        pytest.param([("tool-misuse", spans()), ("retry-loop", spans())], id="nobody knows their spans"),
    ],
)
def test_two_causes_are_two_findings(pair):
    """What only looks related stays apart."""
    assert len(control([candidate(name, sample) for name, sample in pair], window_days=1)) == 2


def test_it_follows_from_the_one_it_shares_most_with():
    """Two tools fail; the loop is around the second one."""
    loop = candidate("retry-loop", spans(4, 5, 6), operation="b")
    tools = [
        candidate("tool-misuse", spans(1, 2, 4, 5), operation="a"),
        candidate("tool-misuse", spans(4, 5, 6, 7), operation="b"),
    ]
    found = control([*tools, loop], window_days=1)
    assert {one.candidate.subject.operation: len(one.consequences) for one in found} == {"a": 0, "b": 1}


def test_a_finding_weighs_what_its_heaviest_candidate_weighs():
    """A cause without a price comes before what is cheaper than its consequence."""
    cheap = candidate("serial-calls", spans(9), usd=0.1)
    cause, dear = candidate("tool-misuse", spans(1)), candidate("retry-loop", spans(1), usd=1.0)
    assert [one.candidate.analyzer for one in control([cheap, cause, dear], window_days=1)] == [
        "tool-misuse",
        "serial-calls",
    ]


def test_waiting_is_extrapolated_to_a_month():
    """From seven days on, as money is."""
    for days, month in ((6, None), (10, pytest.approx(2.0 * 10 / 10 * 30))):
        (finding,) = control([candidate("serial-calls", spans(1), seconds=2.0)], window_days=days)
        assert finding.seconds_per_month == month


def test_nothing_causes_itself():
    """The table has an order: no chain leads back to where it began."""
    order = list(
        graphlib.TopologicalSorter({cause: set(effects) for cause, effects in LEADS_TO.items()}).static_order()
    )
    assert len(order) == len(set(order))


NUMBERS = st.frozensets(st.integers(0, 3_000), max_size=1_500)


@given(NUMBERS, NUMBERS)
def test_samples_share_what_their_sets_share(one, other):
    """Exact for sets that fit into a sample; of larger ones, for those that sort first."""
    first, second = first_of(spans(*one)), first_of(spans(*other))
    found = shared(first, second)
    assert 0 <= found <= 1
    assert found == shared(second, first)
    if max(len(one), len(other)) < SAMPLE:
        assert found == (len(one & other) / min(len(one), len(other)) if one and other else 0)
    if one <= other and first and second and max(map(_id, first)) <= max(map(_id, second)):
        assert found == 1


def _id(span):
    return span.span_id


def test_a_sample_is_the_same_whatever_order_rows_have():
    """Two analyzers that look at the same spans hand on the same sample."""
    rows = pl.DataFrame({"trace_id": ["t"] * 900, "span_id": [f"{number:016x}" for number in range(900)]})
    again = rows.sample(fraction=1, shuffle=True, seed=1)
    assert affected(rows) == affected(again, rows) == first_of(spans(*range(900)))
