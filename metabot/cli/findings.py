"""How findings and what came of them are printed: at most four lines each, 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from analyzers.finding import Candidate, Finding
from metabot.cli.console import wrapped
from metabot.pipeline import Outcome
from metabot.publish.local import Preview
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped

_INDENT = " " * 4


def moment(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M")


def money(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= 0.1 else f"${usd:.2g}"


def findings_lines(findings: Sequence[Finding]) -> list[str]:
    """All findings, dearest first; the first five stand within 22 lines."""
    if not findings:
        return ["findings  none"]
    lines = [f"findings  {len(findings)}, dearest first  (metabot show ID tells all about one)"]
    for finding in findings:
        lines += _finding(finding)
    return lines


def _finding(finding: Finding) -> list[str]:
    candidate = finding.candidate
    subject = candidate.subject
    what = " ".join(filter(None, (f"{subject.service}/{subject.operation}", subject.detail)))
    return [
        *wrapped(f"{finding.fingerprint}  {what} [{candidate.analyzer}]", first="  ", indent=_INDENT, lines=1),
        *wrapped(candidate.problem, indent=_INDENT, lines=2),
        *wrapped("; ".join(_costs(finding)), indent=_INDENT, lines=1),
    ]


def _costs(finding: Finding) -> Iterable[str]:
    candidate = finding.candidate
    yield f"since {moment(candidate.first_ns)}"
    yield f"{candidate.traces} of {candidate.traces_examined} traces"
    yield from costs(candidate, finding.cost_usd_per_month)
    if candidate.exemplars:
        yield f"span {candidate.exemplars[0].span_id}"


def costs(candidate: Candidate, per_month: float | None) -> Iterable[str]:
    if candidate.cost_usd_per_call is not None:
        yield f"{money(candidate.cost_usd_per_call)} a call"
    elif candidate.cost_unknown:
        yield f"cost unknown: {candidate.cost_unknown}"
    if per_month is not None:
        yield f"{money(per_month)} a month"
    if candidate.seconds_per_call is not None:
        yield f"{candidate.seconds_per_call:.2f} s a trace"


def outcome_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """What was opened, and what was stopped, at which stage and why."""
    opened = [line for outcome in outcomes for line in _opened(outcome)]
    stopped = [line for outcome in outcomes for line in _stopped(outcome)]
    return [
        f"opened    {'' if opened else 'nothing'}".rstrip(),
        *opened,
        f"stopped   {'' if stopped else 'nothing'}".rstrip(),
        *stopped,
    ]


def _opened(outcome: Outcome) -> list[str]:
    match outcome.end:
        case PullRequest() as pull_request:
            return [
                *wrapped(f"#{pull_request.number} {pull_request.title}", first="  ", indent=_INDENT),
                f"{_INDENT}draft on {pull_request.branch}",
                f"{_INDENT}{pull_request.where}",
            ]
        case Preview() as preview:
            return wrapped(f"would open: {preview.title} (branch {preview.branch})", first="  ", indent=_INDENT)
        case Stopped():
            return []


def _stopped(outcome: Outcome) -> list[str]:
    if not isinstance(outcome.end, Stopped):
        return []
    stop = outcome.end
    head = f"{stop.finding}  {outcome.finding.candidate.analyzer}  at {stop.stage}: {stop.reason}"
    return [f"  {head}", *wrapped(" ".join(stop.detail.split()), indent=_INDENT, lines=4)]
