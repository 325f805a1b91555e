"""The figures of repeated runs: which are counted and which are timed, and what a change did to each. Pure.

A counted figure comes out the same however often it is counted: one run with the change tells it, and a second run of
the base shows that it is so. One that differs between two runs of the base is noisy, as every timed one is, and takes
pairs of runs to compare.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from analyzers.finding import Candidate, Metric, Unit
from analyzers.registry import ANALYZERS
from metabot.verify.comparison import LEAST_PAIRS, Comparison, Value, compare, needed, pairs
from metabot.verify.measured import Benchmarked, Counts, Evaluated

T = TypeVar("T", Evaluated, Benchmarked)

TIMED: Final[frozenset[Unit]] = frozenset({"ms per trace", "ms per call", "ms per entry", "MB per hour"})
_STANDS_OUT: Final = 1.1  # a guardrail that looks this much worse after a run or two is looked at more closely
_MEAN: Final = "mean ms of a trace that ends well"
_MEAN_MS: Final = 5.0  # one trace that has to wait for the machine moves a mean
_MEAN_TOLERATED: Final = 1.5  # one modelled time of a model's answer that is drawn from the long end moves it, too
_GUARDED_LEVEL: Final = 0.99  # there are several guardrails: each may cry wolf less often than the finding's own figure


def is_timed(candidate: Candidate) -> bool:
    """Whether its figure takes repeated runs: one about the order of calls is counted, at the base's pace."""
    analyzer = ANALYZERS.get(candidate.analyzer)
    return candidate.evidence.observed.unit in TIMED and (analyzer is None or analyzer.pace is None)


@dataclass(frozen=True, slots=True)
class Series:
    """One figure in every run, in the order of the runs."""

    values: tuple[Value, ...]
    timed: bool

    @property
    def base(self) -> tuple[float, ...]:
        return tuple(value for revision, value in self.values if revision == "base")

    @property
    def head(self) -> tuple[float, ...]:
        return tuple(value for revision, value in self.values if revision == "head")

    @property
    def exact(self) -> bool:
        """Counted, and the runs of one revision agree; the base's ran at least twice to show it."""
        agree = len(set(self.base)) == 1 and len(set(self.head)) <= 1
        return not self.timed and len(self.base) > 1 and agree

    @property
    def pairs(self) -> int:
        return len(pairs(self.values))

    def compared(self, *, level: float = 0.95) -> Comparison | None:
        """None where there are too few pairs to say anything."""
        return compare(self.values, level=level) if self.pairs >= LEAST_PAIRS else None

    def wants_more(self, *, resolution: float) -> bool:
        """Whether the noise hides a change by this share as yet."""
        if self.exact:
            return False
        return self.pairs < LEAST_PAIRS or self.pairs < needed(self.values, resolution=resolution)


class Guardrail(NamedTuple):
    """What a change that betters something else may not worsen; more is worse."""

    what: str
    series: Series
    negligible: float = 0.0  # a difference that nobody minds, whatever share it is
    tolerated: float = 1.0  # as much is no harm, where it is more than what its kind tolerates

    @property
    def stands_out(self) -> bool:
        """Looks worse, by more than the base's own runs differ, and too few pairs have run to tell."""
        open_yet = not self.series.exact and self.series.pairs < LEAST_PAIRS
        base = self.series.base
        share = max(_STANDS_OUT, self.tolerated) - 1
        seen = max(self.negligible, max(base) - min(base), share * statistics.fmean(base))
        return open_yet and self.rise > seen

    @property
    def rise(self) -> float:
        """Of the mean, from the base to the change."""
        return statistics.fmean(self.series.head) - statistics.fmean(self.series.base)

    def compared(self) -> Comparison | None:
        return None if self.series.exact else self.series.compared(level=_GUARDED_LEVEL)


def metric_series(runs: Sequence[Evaluated]) -> Series | None:
    """The finding's own metric; None where a run lacks it or tells it in another unit."""
    metrics = [run.metric for run in runs if run.metric is not None]
    units = {metric.unit for metric in metrics}
    if len(metrics) < len(runs) or len(units) != 1:
        return None
    timed = units <= TIMED and not all(run.paced for run in runs)
    most = max((metric.n for run, metric in zip(runs, metrics, strict=True) if run.run.revision == "base"), default=0)
    return _series(runs, (_undiluted(metric, most) for metric in metrics), timed=timed)


def _undiluted(metric: Metric, most: int) -> float:
    """As if no more calls or traces shared it than at the base: those that a change adds make nothing cheaper."""
    return metric.value * max(1.0, metric.n / most) if most else metric.value


def benchmark_series(runs: Sequence[Benchmarked]) -> Series | None:
    """All cases together, in seconds; None where two runs do not time the same cases."""
    cases = {tuple(sorted(timing.name for timing in run.timings)) for run in runs}
    if len(cases) != 1 or not all(run.timings for run in runs):
        return None
    return _series(runs, (sum(timing.seconds for timing in run.timings) for run in runs), timed=True)


def guardrails(evaluations: Sequence[Evaluated], benchmarks: Sequence[Benchmarked]) -> list[Guardrail]:
    """Those that every run tells."""
    found = [Guardrail(what, _of(evaluations, tell, timed=timed), least) for what, timed, tell, least in _GUARDED]
    if _nothing_made_again(evaluations):
        found.append(Guardrail(_MEAN, _of(evaluations, _mean_trace_ms, timed=True), _MEAN_MS, _MEAN_TOLERATED))
    if benchmark_series(benchmarks) is not None and len(benchmarks[0].timings) > 1:
        names = [timing.name for timing in benchmarks[0].timings]
        found += [Guardrail(f"seconds of {name}", _of(benchmarks, _case(name), timed=True)) for name in names]
    return [guardrail for guardrail in found if guardrail.series.base and guardrail.series.head]


def _case(name: str) -> Callable[[Benchmarked], float | None]:
    return lambda run: next((timing.seconds for timing in run.timings if timing.name == name), None)


def _of(runs: Sequence[T], tell: Callable[[T], float | None], *, timed: bool) -> Series:
    told = [value for run in runs if (value := tell(run)) is not None]
    return _series(runs if len(told) == len(runs) else (), told, timed=timed)


def _series(runs: Sequence[T], told: Iterable[float], *, timed: bool) -> Series:
    return Series(tuple(Value(run.run.revision, value) for run, value in zip(runs, told, strict=False)), timed=timed)


def _per_good_trace(tokens: Callable[[Counts], int | None]) -> Callable[[Evaluated], float | None]:
    """What an answered trace costs: those that end early would make the base look cheap."""

    def tell(run: Evaluated) -> float | None:
        total = None if run.counts is None else tokens(run.counts)
        if run.counts is None or total is None or run.counts.traces == run.counts.error_traces:
            return None
        return total / (run.counts.traces - run.counts.error_traces)

    return tell


def _failing(run: Evaluated) -> float | None:
    return None if run.counts is None or not run.counts.traces else run.counts.error_traces / run.counts.traces


def _uncached(counts: Counts) -> int | None:
    known = counts.input_tokens is not None and counts.cached_tokens is not None
    return (counts.input_tokens or 0) - (counts.cached_tokens or 0) if known else None


def _trace_ms(run: Evaluated) -> float | None:
    return None if run.counts is None else run.counts.trace_ms


def _mean_trace_ms(run: Evaluated) -> float | None:
    return None if run.counts is None else run.counts.mean_trace_ms


def _nothing_made_again(runs: Sequence[Evaluated]) -> bool:
    """Otherwise traces that are answered now may take the time that a second attempt, or a wait before it, takes."""
    known = [(run.run.revision, run.counts.waited_for or 0) for run in runs if run.counts is not None]
    base, head = ([calls for revision, calls in known if revision == which] for which in ("base", "head"))
    answered = {(run.score, run.counts and (run.counts.traces, run.counts.error_traces)) for run in runs}
    return bool(base and head) and len(answered) == 1 and max(head) <= min(base)


def _memory(run: Evaluated) -> float | None:
    return None if run.run.peak_memory_bytes is None else run.run.peak_memory_bytes / 1e6


_GUARDED: Final[tuple[tuple[str, bool, Callable[[Evaluated], float | None], float], ...]] = (
    ("share of traces with an error", False, _failing, 0),
    ("input tokens per trace that ends well", False, _per_good_trace(lambda counts: counts.input_tokens), 0),
    ("uncached input tokens per trace that ends well", False, _per_good_trace(_uncached), 0),
    ("output tokens per trace that ends well", False, _per_good_trace(lambda counts: counts.output_tokens), 0),
    ("median ms of a trace that ends well", True, _trace_ms, 1),
    ("MB of memory at the peak", True, _memory, 4),
)
