"""How what came of the findings is printed: what was opened, what was stopped at which stage and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metabot.cli.console import wrapped
from metabot.funnel import End, stopped_at
from metabot.generate.proposal import Proposal
from metabot.pipeline import Outcome
from metabot.publish.host import HostedPull
from metabot.publish.publisher import Preview, Updated
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped

_INDENT: Final = " " * 4
_LINES: Final = 10  # of a stop's detail
_LAST: Final = 4  # of them, from its end
# It has its pull request from an earlier pass.
_KNOWN: Final = ("already open", "taken over", "closed by a person", "expired", "withdrawn", "already in base")


def outcome_lines(outcomes: Sequence[Outcome], introduction: HostedPull | None = None) -> list[str]:
    """What was opened, and what was stopped, at which stage and why; first what introduces metabot."""
    opened = [] if introduction is None else _introduced(introduction)
    opened += [line for outcome in outcomes for line in _opened(outcome)]
    stopped = [line for outcome in outcomes for line in _stopped(outcome)]
    return [
        f"opened    {'' if opened else 'nothing'}".rstrip(),
        *opened,
        f"stopped   {'' if stopped else 'nothing'}".rstrip(),
        *stopped,
    ]


def end_of(outcome: Outcome) -> End:
    """For the funnel. What has its pull request from an earlier pass came as far as that."""
    match outcome.end:
        case PullRequest() | Updated():
            return End("opened", None)
        case Preview():
            return End("better", None)
        case Proposal():
            return End("written", None)
        case Stopped(reason=reason) if reason in _KNOWN:
            return End("opened", None)
        case Stopped() as stop:
            return stopped_at(stop.stage, stop.reason)


def _opened(outcome: Outcome) -> list[str]:
    match outcome.end:
        case PullRequest() as pull_request:
            return _drafted(pull_request)
        case Updated() as updated:
            return [*_drafted(updated.pull_request), f"{_INDENT}proved again and updated: {updated.because}"]
        case Preview() as preview:
            return wrapped(f"would open: {preview.title} (branch {preview.branch})", first="  ", indent=_INDENT)
        case Stopped() | Proposal():
            return []


def _introduced(pull: HostedPull) -> list[str]:
    return [
        *wrapped(f"#{pull.number} {pull.title}", first="  ", indent=_INDENT),
        f"{_INDENT}draft on {pull.branch}: merge it into {pull.base_branch}, and the next pass goes on",
        f"{_INDENT}{pull.where}",
    ]


def _drafted(pull_request: PullRequest) -> list[str]:
    return [
        *wrapped(f"#{pull_request.number} {pull_request.title}", first="  ", indent=_INDENT),
        f"{_INDENT}draft on {pull_request.branch}",
        f"{_INDENT}{pull_request.where}",
    ]


def _stopped(outcome: Outcome) -> list[str]:
    if not isinstance(outcome.end, Stopped):
        return []
    stop = outcome.end
    head = f"{stop.finding}  {outcome.finding.candidate.analyzer}  at {stop.stage}: {stop.reason}"
    told = [line for part in stop.detail.splitlines() for line in wrapped(part.strip(), indent=_INDENT)]
    if len(told) > _LINES:  # what a program prints last says most
        told = [*told[: _LINES - _LAST], f"{_INDENT}… metabot show {stop.finding} says the rest", *told[-_LAST:]]
    return [f"  {head}", *told]
