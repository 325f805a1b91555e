"""Whether the finding's fault is gone, or is told of another subject now: another name, service or operation. Pure.

The finding's own figure looks at its own subject, so a change that only names things otherwise lowers it. What the same
analyzer finds at other subjects is counted beside it, in every run. Not looked at: findings about time, where what is
waited for elsewhere is noise, and runs of an earlier version, of which this is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from analyzers.finding import Candidate, Metric, Subject
from metabot.verify.figures import TIMED
from metabot.verify.measured import Evaluated, Measured
from metabot.verify.medians import median_of
from metabot.verify.unmet import Unmet

_MOVED: Final = 0.5  # of what the own figure falls by: less may be what the change lets happen only now


def at_others(found: Iterable[Candidate], subject: Subject, own: Metric | None) -> float | None:
    """What the analyzer finds at all subjects but this one: figures times what each was computed over."""
    if own is None:
        return None
    observed = (candidate.evidence.observed for candidate in found if candidate.subject != subject)
    return float(sum(one.value * one.n for one in observed if one.unit == own.unit))


def elsewhere_unmet(measured: Measured) -> Unmet | None:
    """Of what the finding's own figure falls by, less than half turns up at other subjects."""
    own = [median_of(runs, _own) for runs in (measured.base, measured.head)]
    others = [median_of(runs, lambda run: run.elsewhere) for runs in (measured.base, measured.head)]
    if own[0] is None or own[1] is None or others[0] is None or others[1] is None:
        return None
    fell, rose = own[0] - own[1], others[1] - others[0]
    if fell <= 0 or rose <= _MOVED * fell:
        return None
    what = f"{_told(own[0], own[1])} at the finding's own subject, {_told(others[0], others[1])} at others"
    meaning = "The fault has another name or another place and is not gone. Mend its cause."
    return Unmet("better", "below threshold", f"By the same analyzer: {what}. {meaning}")


def _told(before: float, after: float) -> str:
    return f"{before:,.4g} → {after:,.4g}"


def _own(run: Evaluated) -> float | None:
    metric = run.metric
    return None if metric is None or metric.unit in TIMED else metric.value * metric.n
