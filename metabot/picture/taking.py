"""Takes the pictures of an analysis' findings, all in a few readings of its frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from analyzers.finding import Exemplar, Finding, Fingerprint
from analyzers.frames import CALLS, SPANS
from metabot.picture.calls import calls_of, read_calls
from metabot.picture.durations import durations_of, read_durations
from metabot.picture.parting import parting_of
from metabot.picture.picture import Picture
from metabot.picture.traces import pictured, read_traces

FINDINGS: Final = 60  # dearest first; of the others the ledger has what they say
TRACES: Final = 3  # of one finding


def pictures(findings: Sequence[Finding], read: Mapping[str, pl.LazyFrame]) -> dict[Fingerprint, Picture]:
    """One for each of the first findings that names a span which is in the frames."""
    shown = [finding for finding in findings[:FINDINGS] if finding.candidate.exemplars]
    if not shown:
        return {}
    exemplars = {exemplar for finding in shown for exemplar in finding.candidate.exemplars}
    traces = read_traces(read[SPANS.name], exemplars)
    calls = read_calls(read[CALLS.name], exemplars)
    durations = read_durations(read[SPANS.name], traces, exemplars)
    return {finding.fingerprint: _picture(finding.candidate.exemplars, traces, calls, durations) for finding in shown}


def _picture(
    exemplars: tuple[Exemplar, ...],
    traces: Mapping[str, pl.DataFrame],
    calls: Mapping[str, pl.DataFrame],
    durations: Mapping[tuple[str, str], pl.DataFrame],
) -> Picture:
    blamed = frozenset(exemplar.span_id for exemplar in exemplars)
    ids = list(dict.fromkeys(exemplar.trace_id for exemplar in exemplars))
    known = [trace_id for trace_id in ids if trace_id in traces][:TRACES]
    drawn, left_out = calls_of([calls[trace_id] for trace_id in ids[:TRACES] if trace_id in calls], blamed)
    return Picture(
        traces=tuple(pictured(trace_id, traces[trace_id], blamed) for trace_id in known),
        calls=drawn,
        calls_left_out=left_out,
        parting=parting_of(exemplars, calls),
        durations=durations_of([traces[trace_id] for trace_id in known], blamed, durations),
    )
