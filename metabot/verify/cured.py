"""Whether what failed is answered as the rest is, by what the replay server got. Pure.

A trace that fails early asks the model less than one that ends well. Where such failures become fewer, the server gets
more requests: those that the telemetry of the base tells apart. A change that has the answers without asking, or that
forges what tells of them, leaves the server with fewer. Half is asked for. Only of findings about failures, and nothing
where traces that fail ask as often as the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metabot.generate.proposal import Proposal
from metabot.verify.matched import served_in
from metabot.verify.measured import Evaluated, Measured
from metabot.verify.medians import counted, median_of
from metabot.verify.unmet import Unmet

_SEEN: Final = 0.5


def cured_unmet(proposal: Proposal, measured: Measured) -> Unmet | None:
    if proposal.placed.finding.candidate.evidence.observed.unit != "share of traces ended":
        return None
    base, head = measured.base, measured.head
    before, after = _requests(base), _requests(head)
    failed, left = (counted(runs, lambda counts: counts.error_traces) for runs in (base, head))
    missing = _missing(base)
    if before is None or after is None or failed is None or left is None or missing is None or left >= failed:
        return None
    cured, more = failed - left, after - before
    expected = cured * missing
    if more >= _SEEN * expected:
        return None
    what = (
        f"{cured:,.0f} fewer traces end with an error, and the replay server got {more:,.0f} requests more; as the "
        f"others ask the model, it would be {expected:,.0f}."
    )
    todo = "Let what failed be answered on the way on which the others are."
    return Unmet("better", "answer quality not checked", f"{what} {todo}")


def _missing(base: Sequence[Evaluated]) -> float | None:
    """Requests that a failing trace of the base makes less than one that ends well; None where that is not known."""
    traces, failed = (counted(base, lambda counts: counts.traces), counted(base, lambda counts: counts.error_traces))
    calls, of_failed = (
        counted(base, lambda counts: counts.model_calls),
        counted(base, lambda counts: counts.failed_model_calls),
    )
    requests = _requests(base)
    if not traces or not failed or not calls or of_failed is None or requests is None or failed >= traces:
        return None
    missing = (calls - of_failed) / (traces - failed) - of_failed / failed
    return max(0.0, missing) * min(1.0, requests / calls)  # two spans may tell of one call, or another server answer


def _requests(runs: Sequence[Evaluated]) -> float | None:
    return median_of(runs, lambda run: None if (served := served_in(run)) is None else served.requests)
