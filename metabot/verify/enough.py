"""Whether the runs so far can tell what there is to tell. Pure.

More runs are made for noise alone: whether they end where they do never depends on what they come to.
"""

from __future__ import annotations

from collections.abc import Sequence

from metabot.verify.better import gain_series, runs_unmet
from metabot.verify.clocks import doubtful
from metabot.verify.figures import guardrails
from metabot.verify.measured import Benchmarked, Evaluated


def evaluations_wanted(runs: Sequence[Evaluated], *, threshold: float, benchmarked: bool) -> bool:
    """Whether another pair of runs of the evaluation could settle what these leave open."""
    if runs_unmet(runs, ()) and not benchmarked:
        return False
    series = None if benchmarked else gain_series(runs, ())
    open_gain = series is not None and series.wants_more(resolution=threshold)
    return open_gain or doubtful(runs) or any(guardrail.stands_out for guardrail in guardrails(runs, ()))


def benchmarks_wanted(runs: Sequence[Benchmarked], *, threshold: float) -> bool:
    """The same of the benchmark."""
    series = None if runs_unmet((), runs) else gain_series((), runs)
    return series is not None and series.wants_more(resolution=threshold)
