"""Whether time that a finding's figure says is saved is saved by the traces themselves, and by the whole command. Pure.

A figure of order or length, `ms per trace`, is computed from how calls are told: under which parent, of which kind,
with which end. What it claims for a trace, the trace must take less: by a part of it at least, since calls side by side
slow each other, and since what several parts of a trace save at the same time is saved once. The command's own wall
time, taken outside, may bear the claim out, or contradict it where it is large enough to be seen there. Claims below a
tenth of a trace are lost in noise, and are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, Literal, NamedTuple

from metabot.verify.comparison import LEAST_PAIRS, Value, compare
from metabot.verify.figures import metric_series
from metabot.verify.measured import Counts, Evaluated
from metabot.verify.unmet import Unmet

LEAST_SECONDS: Final = 0.3  # to be saved by a run; less is lost in how long a process takes to start
LEAST_SHARE: Final = 0.15  # of the base's wall time
SEEN_SHARE: Final = 0.25  # of what is said to be saved, that must be seen outside
_BORNE_OUT: Final = 0.5  # of it, seen outside: the traces are not asked then
_LEAST_OF_TRACE: Final = 0.1  # of a trace's duration
_SEEN_IN_TRACES: Final = 1 / 3
_LEVEL: Final = 0.99


class _Claim(NamedTuple):
    """What the figure says is saved, and what is seen of it."""

    ms: float  # of a trace in the mean
    trace_ms: float  # what it takes at the base
    seen_ms: float
    seconds: float  # of a run
    wall: float  # what that takes at the base
    seen: float
    few: bool  # pairs of runs: a wall time is noise, too


def saved_unmet(runs: Sequence[Evaluated]) -> Unmet | None:
    """Few runs show no more than that it is open; from six pairs on, an interval tells."""
    contradiction, claim = unseen(runs), _claim(runs)
    if contradiction is None or claim is None:
        return None
    if claim.few:
        todo = "Raise meta_layer.measurement_seconds or meta_layer.max_runs, so that enough runs can tell."
        return Unmet("better", "inconclusive", f"{contradiction} Too few runs tell whether that is noise. {todo}")
    told = "The calls are told otherwise, and take as long."
    return Unmet("better", "below threshold", f"{contradiction} {told} Mend the change so that the time is saved.")


def unseen(runs: Sequence[Evaluated]) -> str | None:
    """What is claimed and not seen; None where it is, or where that is not known."""
    claim = _claim(runs)
    if claim is None or claim.ms < max(1.0, _LEAST_OF_TRACE * claim.trace_ms):
        return None
    what = f"The figure falls by {claim.ms:,.1f} ms a trace, "
    telling = claim.seconds >= max(LEAST_SECONDS, LEAST_SHARE * claim.wall)
    if telling and claim.seen < SEEN_SHARE * claim.seconds:
        outside = (
            f"by the clock outside a run takes {claim.wall:.2f} s, and {claim.wall - claim.seen:.2f} s with the change."
        )
        return f"{what}{claim.seconds:.2f} s of a run; {outside}"
    if (telling and _borne_out(runs, claim)) or not _missing(runs, claim):
        return None
    with_it = claim.trace_ms - claim.seen_ms
    return f"{what}and in the mean a trace takes {claim.trace_ms:,.1f} ms, and {with_it:,.1f} ms with the change."


def _borne_out(runs: Sequence[Evaluated], claim: _Claim) -> bool:
    """Whether the clock outside saw half of it: by the interval's worse end, for single runs are noise."""
    found = None if claim.few else compare([Value(run.run.revision, run.run.seconds) for run in runs], level=_LEVEL)
    return found is not None and found.high <= 1 - _BORNE_OUT * claim.seconds / claim.wall


def _missing(runs: Sequence[Evaluated], claim: _Claim) -> bool:
    """Whether the traces save less than a third of it: even by the interval's better end, where there is one."""
    asked = _SEEN_IN_TRACES * claim.ms
    values = [Value(run.run.revision, run.counts.mean_trace_ms or 0.0) for run in runs if run.counts is not None]
    found = None if claim.few else compare(values, level=_LEVEL)
    if found is None:
        return claim.seen_ms < asked
    return found.low > 1 - asked / claim.trace_ms


def _claim(runs: Sequence[Evaluated]) -> _Claim | None:
    series = metric_series(runs)
    if series is None or not series.base or not series.head or any(_unknown(run) for run in runs):
        return None
    of_base = _median_of(runs, "base")
    traces = of_base(lambda counts: counts.traces)
    trace_ms = of_base(lambda counts: counts.mean_trace_ms)
    seen_ms = trace_ms - _median_of(runs, "head")(lambda counts: counts.mean_trace_ms)
    walls = {which: median(run.run.seconds for run in runs if run.run.revision == which) for which in ("base", "head")}
    if not traces or not trace_ms or not walls["base"]:
        return None
    examined = median(run.metric.n for run in runs if run.metric is not None and run.run.revision == "base")
    beside = max(1.0, of_base(lambda counts: counts.beside or 1.0))
    ms = (median(series.base) - median(series.head)) * examined / traces / beside
    overlapping = max(1.0, traces * trace_ms / 1000 / walls["base"])
    seconds = ms * traces / 1000 / overlapping
    return _Claim(
        ms, trace_ms, seen_ms, seconds, walls["base"], walls["base"] - walls["head"], series.pairs < LEAST_PAIRS
    )


def _unknown(run: Evaluated) -> bool:
    of_traces = run.metric is not None and run.metric.unit == "ms per trace"
    return not of_traces or run.counts is None or run.counts.mean_trace_ms is None


def _median_of(
    runs: Sequence[Evaluated], revision: Literal["base", "head"]
) -> Callable[[Callable[[Counts], float | None]], float]:
    counts = [run.counts for run in runs if run.run.revision == revision and run.counts is not None]
    return lambda tell: median(tell(one) or 0.0 for one in counts)
