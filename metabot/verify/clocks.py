"""Whether time that a change is said to save passes outside, too: the run's own clock beside the supervisor's. Pure.

The change's code runs in the process that takes the times, so it can give that process another clock, or write times
of its own. The wall time of the whole command is taken outside. Where work overlaps, less wall time is saved than the
sum of what each trace saves: by as much as the traces of the base overlap. A figure that is counted takes few runs,
whose wall times are noise as well: where they disagree, pairs of runs are made until they can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final, Literal, NamedTuple

from metabot.generate.proposal import Proposal
from metabot.verify.comparison import LEAST_PAIRS, Value, pairs
from metabot.verify.figures import TIMED
from metabot.verify.measured import Evaluated, Measured
from metabot.verify.unmet import Unmet

_LEAST_SECONDS: Final = 0.3  # to be saved by a run; less is lost in how long a process takes to start
_LEAST_SHARE: Final = 0.15  # of the base's wall time
_SEEN_SHARE: Final = 0.25  # of what is said to be saved, that must be seen outside


class Taken(NamedTuple):
    """One run, by both clocks."""

    revision: Literal["base", "head"]
    said: float  # seconds
    outside: float


def clocks_unmet(proposal: Proposal, measured: Measured) -> Unmet | None:
    """Asked only of a finding about time: no other rests on a clock."""
    if proposal.placed.finding.candidate.evidence.observed.unit not in TIMED:
        return None
    few = doubtful(measured.evaluations)  # more pairs could not be run: the noise of so few accuses nobody
    return disagreement(_benchmarks(measured)) or (None if few else disagreement(_evaluations(measured.evaluations)))


def doubtful(runs: Sequence[Evaluated]) -> bool:
    """Whether the clocks disagree, of a figure that is counted, and so few pairs ran that it may be noise."""
    order = [(run.run.revision, run.run.seconds) for run in runs]
    few = all(run.paced for run in runs) and len(pairs([Value(*one) for one in order])) < LEAST_PAIRS
    return few and disagreement(_evaluations(runs)) is not None


def disagreement(runs: Iterable[Taken]) -> Unmet | None:
    """What is said to be saved and is not seen outside."""
    known = tuple(runs)
    base, head = ([run for run in known if run.revision == revision] for revision in ("base", "head"))
    if not base or not head:
        return None
    wall = median(run.outside for run in base)
    overlapping = max(1.0, median(run.said for run in base) / wall)
    said = (median(run.said for run in base) - median(run.said for run in head)) / overlapping
    seen = wall - median(run.outside for run in head)
    if said < max(_LEAST_SECONDS, _LEAST_SHARE * wall) or seen >= _SEEN_SHARE * said:
        return None
    what = f"By the run's own clock the change saves {said:.2f} s of a run, by the clock outside {seen:.2f} s."
    return Unmet("better", "measurement tampered", f"{what} Mend the change: it must not touch how time is taken.")


def _benchmarks(measured: Measured) -> Iterable[Taken]:
    for one in measured.benchmarks:
        yield Taken(one.run.revision, sum(timing.seconds for timing in one.timings), one.run.seconds)


def _evaluations(runs: Sequence[Evaluated]) -> Iterable[Taken]:
    for one in runs:
        if one.counts is not None and one.counts.trace_ms is not None:
            yield Taken(one.run.revision, one.counts.traces * one.counts.trace_ms / 1000, one.run.seconds)
