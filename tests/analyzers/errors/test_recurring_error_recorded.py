"""Recurring errors of recordings that others published, and what they hold that is none."""

from __future__ import annotations

import pytest

from analyzers.errors.recurring_error import detect
from tests.analyzers.recordings import lazy, recorded, renamed, repeated

pytestmark = pytest.mark.real_data


def found(tables):
    spans, _, events = lazy(tables)
    return detect(spans, events)


@pytest.mark.parametrize("other", [False, True], ids=["as recorded", "under other names"])
def test_a_rate_limit_that_ends_three_of_five_traces_is_one_error(real_data, other):
    """Three of sixteen model calls; the agents and runs above them fail with the same error, and are not counted."""
    tables = recorded(sorted((real_data / "raw" / "smoltrace").rglob("traces*.json*")))
    assert tables["calls"].height == 16
    (error,) = found(renamed(tables) if other else tables)
    assert (error.subject.detail, error.evidence.occurrences) == ("rate limit", 3)
    assert (error.evidence.observed.value, error.evidence.observed.n) == (pytest.approx(3 / 5), 5)
    assert error.problem.endswith("nothing retried it")


def test_errors_that_an_agent_reads_and_works_on_are_none(real_data):
    """Nineteen spans in error, eighteen of them a step whose code failed in its own way: the agent takes the next."""
    tables = recorded([real_data / "raw" / "trail" / "swe_bench_public_8.tar.zst"])
    assert tables["spans"].filter(status="error").height == 19
    assert found(tables) == []


def test_polling_and_existence_checks_are_none(real_data):
    """Queues polled with a time-out, and a GET answered 404 before the agent begins, however often."""
    samples = real_data / "raw" / "agentevals" / "samples"
    tables = recorded(samples / name for name in ("helm.json", "helm_2.json", "k8s.json"))
    assert found(repeated(tables, 6)) == []
