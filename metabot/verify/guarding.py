"""Whether the change leaves alone what it should: the guardrails, each compared beyond its own noise. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metabot.verify.figures import Guardrail, guardrails
from metabot.verify.measured import Benchmarked, Counts, Evaluated
from metabot.verify.telling import untold
from metabot.verify.unmet import Unmet

_TOLERATED: Final = 1.01  # a word more or less in a prompt is no harm
_TOLERATED_TIME: Final = 1.05  # a request that says another word draws another modelled time, the same in every run
_FIELDS: Final = ("input_tokens", "cached_tokens", "output_tokens", "trace_ms")
_MEND: Final = "Mend the change so that it costs nothing elsewhere."


def guardrails_unmet(evaluations: Sequence[Evaluated], benchmarks: Sequence[Benchmarked]) -> Unmet | None:
    """The first figure that the change worsens, or that it keeps from being told."""
    lost = _lost(evaluations) or untold(evaluations)
    if lost is not None:
        return lost
    found = (_worsened(guardrail) for guardrail in guardrails(evaluations, benchmarks))
    return next((unmet for unmet in found if unmet), None)


def _lost(evaluations: Sequence[Evaluated]) -> Unmet | None:
    """Telemetry that the change drops is no improvement of what it told."""
    base = [run.counts for run in evaluations if run.run.revision == "base" and run.counts is not None]
    head = [run.counts for run in evaluations if run.run.revision == "head" and run.counts is not None]
    if not base or not head:
        return None
    before, after = min(one.traces for one in base), min(one.traces for one in head)
    if after < before:
        return _unmet("traces recorded", f"{before:,} → {after:,}.")
    missing = [name for name in _FIELDS if _known(base, name) and not _known(head, name)]
    return _unmet(missing[0].replace("_", " "), "no longer told.") if missing else None


def _known(counts: Sequence[Counts], name: str) -> bool:
    return all(getattr(one, name) is not None for one in counts)


def _worsened(guardrail: Guardrail) -> Unmet | None:
    series = guardrail.series
    before, after = max(series.base), max(series.head)
    if series.exact or before == 0:
        return _unmet(guardrail.what, f"{before:,.6g} → {after:,.6g}.") if after > before * _TOLERATED else None
    found = guardrail.compared()
    if found is None:
        return _suspected(guardrail) if guardrail.stands_out else None
    tolerated = max(_TOLERATED_TIME if series.timed else _TOLERATED, guardrail.tolerated)
    beyond = found.low > 1 and found.ratio > max(1 + found.floor, tolerated) and guardrail.rise > guardrail.negligible
    interval = f"99 % CI {found.low - 1:+.1%} to {found.high - 1:+.1%}, n = {found.pairs} pairs of runs"
    told = f"{found.ratio - 1:+.1%} ({interval}); the base against itself differs by up to {found.floor:.1%}."
    return _unmet(guardrail.what, told) if beyond else None


def _suspected(guardrail: Guardrail) -> Unmet:
    series = guardrail.series
    runs = f"at most {max(series.base):,.6g} at the base, {max(series.head):,.6g} with the change"
    todo = "Raise meta_layer.measurement_seconds or meta_layer.max_runs, so that enough runs can tell."
    return Unmet("better", "inconclusive", f"Guardrail {guardrail.what}: {runs}, after too few runs to tell. {todo}")


def _unmet(what: str, told: str) -> Unmet:
    return Unmet("better", "guardrail worsened", f"{what}: {told} {_MEND}")
