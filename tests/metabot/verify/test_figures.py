"""The deciding figure over repeated runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from proposals import UNIT, evaluated

from analyzers.finding import Metric
from metabot.verify.figures import metric_series
from metabot.verify.measured import Evaluated


def run(revision: Literal["base", "head"], value: float, n: int) -> Evaluated:
    return replace(evaluated(revision, value, 0), metric=Metric(value=value, unit=UNIT, n=n))


@pytest.mark.parametrize(
    ("n", "value"),
    [pytest.param(20, 10.0, id="as many"), pytest.param(40, 20.0, id="more"), pytest.param(10, 10.0, id="fewer")],
)
def test_calls_that_a_change_adds_thin_nothing(n: int, value: float) -> None:
    """Half the figure over twice the calls is the same waste."""
    series = metric_series((run("base", 40.0, 20), run("base", 40.0, 20), run("head", 10.0, n)))
    assert series is not None
    assert (series.base, series.head) == ((40.0, 40.0), (value,))
