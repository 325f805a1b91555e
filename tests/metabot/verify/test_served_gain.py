"""What the telemetry says was saved of calls and tokens is held against what the replay server got."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from proposals import UNIT, evaluated, measured, proposal
from repositories import finding

from analyzers.finding import Metric, Subject
from analyzers.untrusted import Name
from metabot.generate.proposal import Proposal
from metabot.place.placement import Placed
from metabot.verify.measured import Evaluated, Matched, Measured, Served
from metabot.verify.served_gain import served_gain_unmet

BEFORE = Served(requests=40, input_tokens=80_000, cached_tokens=0, output_tokens=4_000)


def change(analyzer: str, detail: str = "large-1") -> Proposal:
    found = finding("prompt-cache-miss")
    subject = Subject(service=Name("desk"), operation=Name("chat"), detail=Name(detail))
    found = replace(found, candidate=replace(found.candidate, analyzer=analyzer, subject=subject))
    placed = Placed(finding=found, revision="a" * 40, revision_known=True, locations=())
    return replace(proposal(found, "a" * 40), placed=placed)


def run(revision: Literal["base", "head"], value: float, n: int, served: Served | None) -> Evaluated:
    matched = Matched(by_rule=40, by_hash=0, by_sequence=0, by_nearest=0, missing=0, late=0, served=served)
    return replace(evaluated(revision, value, 0), metric=Metric(value=value, unit=UNIT, n=n), matched=matched)


def of(before: tuple[float, int], after: tuple[float, int], served: Served | None, base: Served = BEFORE) -> Measured:
    runs = (run("base", *before, base), run("base", *before, base), run("head", *after, served))
    return replace(measured(), evaluations=runs)


def reason(analyzer: str, seen: Measured, detail: str = "large-1") -> str | None:
    unmet = served_gain_unmet(change(analyzer, detail), seen)
    return None if unmet is None else unmet.reason


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        pytest.param(40, "measurement tampered", id="none fewer"),
        pytest.param(31, "measurement tampered", id="less than half"),
        pytest.param(30, None, id="half"),
        pytest.param(20, None, id="all"),
    ],
)
def test_repetitions_that_are_gone_are_requests_fewer(requests: int, expected: str | None) -> None:
    """Twenty of forty calls repeated an earlier one."""
    seen = of((0.5, 40), (0.0, 20), replace(BEFORE, requests=requests))
    assert reason("repeated-call", seen) == expected


@pytest.mark.parametrize(
    ("cached", "expected"),
    [
        pytest.param(0, "below threshold", id="nothing"),
        pytest.param(14_999, "below threshold", id="less than half"),
        pytest.param(15_000, None, id="half, the others at once with the first"),
        pytest.param(30_000, None, id="all"),
    ],
)
@pytest.mark.parametrize("analyzer", ["prompt-cache-miss", "late-instructions"])
def test_what_a_cache_can_hold_the_servers_holds(analyzer: str, cached: int, expected: str | None) -> None:
    """Twenty calls, 1,500 tokens each."""
    seen = of((1900.0, 20), (400.0, 20), replace(BEFORE, cached_tokens=cached))
    assert reason(analyzer, seen) == expected


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        pytest.param(BEFORE, "measurement tampered", id="nothing is other"),
        pytest.param(replace(BEFORE, output_tokens=4_500), None, id="longer answers"),
        pytest.param(replace(BEFORE, requests=41), None, id="one more call"),
    ],
)
@pytest.mark.parametrize("analyzer", ["truncated-output", "runaway-output"])
def test_answers_are_not_mended_by_asking_and_answering_the_same(
    analyzer: str, served: Served, expected: str | None
) -> None:
    """How an answer ended is the change's to tell; how many tokens it had, the server's."""
    assert reason(analyzer, of((1.0, 20), (0.0, 20), served)) == expected


@pytest.mark.parametrize(
    ("analyzer", "detail", "seen"),
    [
        pytest.param("repeated-call", "m", of((0.5, 40), (0.0, 20), None), id="no server at the head"),
        pytest.param("repeated-call", "same input and result", of((0.5, 40), (0.0, 20), BEFORE), id="calls to a tool"),
        pytest.param("repeated-call", "m", of((0.5, 40), (0.5, 40), BEFORE), id="nothing claimed"),
        pytest.param(
            "repeated-call", "m", of((0.5, 40), (0.0, 20), *[replace(BEFORE, requests=0)] * 2), id="asked elsewhere"
        ),
        pytest.param("serial-calls", "m", of((0.5, 40), (0.0, 20), BEFORE), id="about time"),
        pytest.param("recurring-error", "m", of((0.5, 40), (0.0, 20), BEFORE), id="about failures"),
    ],
)
def test_says_nothing_when(analyzer: str, detail: str, seen: Measured) -> None:
    """What the server would have to see is not known."""
    assert reason(analyzer, seen, detail) is None


def test_a_metric_that_is_not_told_is_not_compared() -> None:
    """As where a benchmark decides."""
    seen = of((0.5, 40), (0.0, 20), BEFORE)
    runs = (*seen.evaluations[:2], replace(seen.evaluations[2], metric=None))
    assert reason("repeated-call", replace(seen, evaluations=runs)) is None


def test_calls_that_another_server_answers_are_not_asked_for() -> None:
    """At the base the replay got ten of forty calls that the telemetry tells of: a quarter of those gone were its."""
    base = replace(BEFORE, requests=10)
    assert reason("repeated-call", of((0.5, 40), (0.0, 20), replace(BEFORE, requests=7), base)) is None
    assert reason("repeated-call", of((0.5, 40), (0.0, 20), replace(BEFORE, requests=8), base)) is not None
