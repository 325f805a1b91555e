"""A fault that is told of another subject now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from proposals import evaluated, measured

from analyzers.finding import Metric, Subject, Unit
from analyzers.prompts import repeated_call
from analyzers.untrusted import Name
from metabot.verify.elsewhere import at_others, elsewhere_unmet
from metabot.verify.measured import Evaluated, Measured
from tests.builders import frames, tool, trace

CALLS: Unit = "share of calls"
SEARCH = Subject(service=Name("desk"), operation=Name("search"), detail=Name("same input and result"))


def runs(*told: tuple[Any, float, float | None], unit: Unit = CALLS) -> Measured:
    """Revision, calls of 20 at the finding's subject, and what is found at others."""
    return replace(measured(), evaluations=tuple(_run(*one, unit=unit) for one in told))


def _run(revision: Any, own: float, others: float | None, *, unit: Unit) -> Evaluated:
    metric = Metric(value=own / 20, unit=unit, n=20)
    return replace(evaluated(revision, 1.0, 0), metric=metric, elsewhere=others)


@pytest.mark.parametrize("others", [8.0, 5.5])
def test_a_fault_that_moves_is_noticed(others: float) -> None:
    """Of ten that are gone more than half turn up again."""
    unmet = elsewhere_unmet(runs(("base", 10, 0), ("base", 10, 0), ("head", 0, others)))
    assert unmet is not None
    assert unmet.reason == "below threshold"
    assert unmet.detail.startswith("By the same analyzer: 10 → 0 at the finding's own subject, 0 → ")


@pytest.mark.parametrize(
    ("base", "head"),
    [
        pytest.param((10, 3), (0, 3), id="others are as before"),
        pytest.param((10, 0), (0, 5), id="half of it"),
        pytest.param((10, 8), (0, 0), id="others are gone as well"),
        pytest.param((10, 0), (10, 20), id="nothing is gained"),
        pytest.param((10, None), (0, 10), id="not known at the base"),
        pytest.param((10, 0), (0, None), id="not known with the change"),
    ],
)
def test_says_nothing_when(base: tuple[float, float | None], head: tuple[float, float | None]) -> None:
    """Less than half may be what the change lets happen only now."""
    assert elsewhere_unmet(runs(("base", *base), ("base", *base), ("head", *head))) is None


def test_time_is_not_looked_at() -> None:
    """What is waited for elsewhere is noise."""
    assert elsewhere_unmet(runs(("base", 10, 0), ("head", 0, 10), unit="ms per trace")) is None


def test_other_subjects_are_summed_in_calls() -> None:
    """A tool's repeats under a second name count; those of its own, and figures of another unit, do not."""
    found_in = (trace(*(tool(name, input="a", output="b") for name in ("search", "look_up") * 5)) for _ in range(3))
    recorded = frames(*found_in)
    found = repeated_call.detect(recorded.spans, recorded.calls)
    assert {str(one.subject.operation) for one in found} == {"search", "look_up"}
    own = Metric(value=0.8, unit=CALLS, n=15)
    assert at_others(found, SEARCH, own) == pytest.approx(12)
    assert at_others(found, SEARCH, replace(own, unit="calls per trace")) == 0
    assert at_others(found, SEARCH, None) is None
