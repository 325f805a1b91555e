"""Whether time that a change is said to save passes outside, too: the run's own clock beside the supervisor's. Pure.

The change's code runs in the process that takes the times, so it can give that process another clock, or write times
of its own. The wall time of the whole command is taken outside. Where work overlaps, less wall time is saved than the
sum of what each trace saves: by as much as the traces of the base overlap. A figure that is counted takes few runs,
whose wall times are noise as well: where they disagree, pairs of runs are made until they can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Literal, NamedTuple

from metabot.generate.proposal import Proposal
from metabot.verify.comparison import LEAST_PAIRS, Value, pairs
from metabot.verify.figures import TIMED
from metabot.verify.measured import Evaluated, Measured
from metabot.verify.saved import LEAST_SECONDS, LEAST_SHARE, SEEN_SHARE, saved_unmet, unseen
from metabot.verify.unmet import Unmet


class Taken(NamedTuple):
    """One run, by both clocks."""

    revision: Literal["base", "head"]
    said: float  # seconds
    outside: float


def clocks_unmet(proposal: Proposal, measured: Measured) -> Unmet | None:
    """Asked only of a finding about time: no other rests on a clock."""
    if proposal.placed.finding.candidate.evidence.observed.unit not in TIMED:
        return None
    runs = measured.evaluations
    known = () if _few(runs) else runs  # more pairs could not be run: the noise of so few accuses nobody
    tampered = disagreement(_benchmarks(measured)) or disagreement(_evaluations(known))
    return tampered or (None if measured.benchmarks else saved_unmet(runs))


def doubtful(runs: Sequence[Evaluated]) -> bool:
    """Whether the clocks disagree, of a figure that is counted, and so few pairs ran that it may be noise."""
    return _few(runs) and (disagreement(_evaluations(runs)) is not None or unseen(runs) is not None)


def _few(runs: Sequence[Evaluated]) -> bool:
    order = [Value(run.run.revision, run.run.seconds) for run in runs]
    return all(run.paced for run in runs) and len(pairs(order)) < LEAST_PAIRS


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
    if said < max(LEAST_SECONDS, LEAST_SHARE * wall) or seen >= SEEN_SHARE * said:
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
