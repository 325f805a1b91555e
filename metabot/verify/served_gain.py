"""Whether the replay server saw the gain that the telemetry shows, for a figure about what the model is asked. Pure.

The recorded prompts are the change's own; what was sent is the server's to tell. Repetitions that are gone are requests
that it no longer gets, tokens that a cache can hold are found in its own, and where it got the same requests and gave
the same answers nothing about them changed. Half of what is claimed is asked for: a call may be added for one that
goes, and the first calls, made at once, find no cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from metabot.generate.proposal import Proposal
from metabot.verify.matched import served_in
from metabot.verify.measured import Evaluated, Measured, Served
from metabot.verify.medians import median_of
from metabot.verify.unmet import Unmet

_OF_CACHE: Final = ("prompt-cache-miss", "late-instructions")
_REPEATED: Final = "repeated-call"
_OF_ANSWERS: Final = ("truncated-output", "runaway-output")
_OF_A_TOOL: Final = "same input and result"  # a repeated call's detail; the model's server does not see it
_SEEN: Final = 0.5
_NAMES: Final = ("requests", "input_tokens", "cached_tokens", "output_tokens")
_MEND: Final = "Record what is sent and what is answered, and change that."


def served_gain_unmet(proposal: Proposal, measured: Measured) -> Unmet | None:
    candidate = proposal.placed.finding.candidate
    base, head = _served(measured.base), _served(measured.head)
    before, after = _amount(measured.base), _amount(measured.head)
    if not base or not head or before is None or after is None or candidate.subject.detail == _OF_A_TOOL:
        return None
    gone = (before - after) * _share(measured.base, base)
    if gone <= 0:
        return None
    if candidate.analyzer == _REPEATED:
        return _repeated_unmet(gone, _median(base, "requests") - _median(head, "requests"))
    if candidate.analyzer in _OF_CACHE:
        return _cached_unmet(gone, _median(head, "cached_tokens") - _median(base, "cached_tokens"))
    return _same_unmet(base, head) if candidate.analyzer in _OF_ANSWERS else None


def _repeated_unmet(gone: float, fewer: float) -> Unmet | None:
    if fewer >= _SEEN * gone:
        return None
    what = f"By the telemetry {gone:,.0f} repetitions are gone; the replay server got {fewer:,.0f} requests fewer."
    return Unmet("better", "measurement tampered", f"{what} {_MEND}")


def _cached_unmet(gone: float, more: float) -> Unmet | None:
    """No accusation: calls that are all made at once find no cache either."""
    if more >= _SEEN * gone:
        return None
    what = f"By the recorded prompts a cache can hold {gone:,.0f} tokens more; the replay's own held {more:,.0f} more."
    todo = "Send the prompts as they are recorded, and let the evaluation make its calls one after the other."
    return Unmet("better", "below threshold", f"{what} {todo}")


def _same_unmet(base: Sequence[Served], head: Sequence[Served]) -> Unmet | None:
    told = [{name: _median(runs, name) for name in _NAMES} for runs in (base, head)]
    if told[0] != told[1]:
        return None
    what = f"The replay server got as many requests as before, {told[0]['requests']:,.0f}, and gave answers as long."
    return Unmet("better", "measurement tampered", f"{what} {_MEND}")


def _median(runs: Sequence[Served], name: str) -> float:
    return float(median(getattr(served, name) for served in runs))


def _amount(runs: Sequence[Evaluated]) -> float | None:
    """Of all calls together: repetitions, or tokens; None where a run does not tell it."""
    return median_of(runs, lambda run: None if run.metric is None else run.metric.value * run.metric.n)


def _share(base: Sequence[Evaluated], served: Sequence[Served]) -> float:
    """Of the calls that the base's telemetry tells of, how many the server got: another server may answer the rest."""
    told = [run.counts.model_calls for run in base if run.counts is not None]
    return min(1.0, _median(served, "requests") / median(told)) if told and median(told) else 0.0


def _served(runs: Sequence[Evaluated]) -> list[Served]:
    """Empty where a run lacks it."""
    known = [served for run in runs if (served := served_in(run))]
    return known if len(known) == len(runs) else []
