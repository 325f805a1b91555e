"""Whether the telemetry of a run bears out what the replay server counted in it. Pure.

The change's code writes the telemetry, or runs beside what does; the replay server is a process of its own, and counts
the requests and tokens that it served. What a change saves by its telemetry, it must save there, too, and what it costs
there it must tell. A figure that the telemetry does not tell is not compared, and neither is one of a finding about
time: there an answer may be given up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, NamedTuple

from metabot.generate.proposal import Proposal
from metabot.verify.cured import cured_unmet
from metabot.verify.figures import TIMED
from metabot.verify.matched import served_in
from metabot.verify.measured import Counts, Evaluated, Measured, Served
from metabot.verify.served_gain import served_gain_unmet
from metabot.verify.unmet import Unmet

_TOLERATED: Final = 0.02  # of what the base was served
_MEND: Final = "Mend the change: it must not touch what tells of it."


class _Told(NamedTuple):
    """One figure, by the telemetry and by the replay."""

    what: str
    attempts: bool  # also those that failed, which a library may make by itself and tell nothing of
    told: Callable[[Counts], int | None]
    served: Callable[[Served], int]


def served_unmet(proposal: Proposal, measured: Measured) -> Unmet | None:
    if proposal.placed.finding.candidate.evidence.observed.unit in TIMED:
        return None
    base, head = measured.base, measured.head
    if not base or not head or not all(served_in(run) for run in base):
        return None
    if not all(served_in(run) for run in head):
        what = "The replay server's own count, which the base's runs have, is missing in a run with the change."
        return Unmet("better", "measurement tampered", f"{what} {_MEND}")
    unmet = next((unmet for figure in _FIGURES if (unmet := _disagreement(figure, base, head))), None)
    return unmet or served_gain_unmet(proposal, measured) or cured_unmet(proposal, measured)


def _disagreement(figure: _Told, base: Sequence[Evaluated], head: Sequence[Evaluated]) -> Unmet | None:
    told = [_by_telemetry(figure, runs) for runs in (base, head)]
    served = [median(figure.served(one) for run in runs if (one := served_in(run))) for runs in (base, head)]
    if told[0] is None or told[1] is None:
        return None
    once = min(1.0, served[0] / told[0]) if told[0] else 1.0  # where two spans tell of one call
    said, seen = once * (told[0] - told[1]), served[0] - served[1]
    if (figure.attempts and said <= 0) or said - seen <= max(1, _TOLERATED * served[0]):
        return None
    what = f"{figure.what}, base less change: {said:,.0f} by the telemetry, {seen:,.0f} by the replay server's count."
    return Unmet("better", "measurement tampered", f"{what} {_MEND}")


def _by_telemetry(figure: _Told, runs: Sequence[Evaluated]) -> float | None:
    told = [None if run.counts is None else figure.told(run.counts) for run in runs]
    known = [one for one in told if one is not None]
    return median(known) if known and len(known) == len(told) else None


def _uncached(counts: Counts) -> int | None:
    known = counts.input_tokens is not None and counts.cached_tokens is not None
    return (counts.input_tokens or 0) - (counts.cached_tokens or 0) if known else None


_FIGURES: Final = (
    _Told("Model calls", True, lambda counts: counts.model_calls, lambda served: served.requests),
    _Told("Input tokens", False, lambda counts: counts.input_tokens, lambda served: served.input_tokens),
    _Told("Uncached input tokens", False, _uncached, lambda served: served.input_tokens - served.cached_tokens),
    _Told("Output tokens", False, lambda counts: counts.output_tokens, lambda served: served.output_tokens),
)
