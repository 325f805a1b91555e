"""What metabot does, told by what applications import as well: events of its own life, and its stages as spans.

Events stand in `events.jsonl` beside the ledger. With [telemetry] trace the stages are written to `trace.jsonl` there,
with an endpoint they are sent to it. Neither holds text of the telemetry that is analyzed: fingerprints, numbers and
the names of analyzers, stages and reasons alone. What cannot be written is counted and stops nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from analyzers.finding import Finding
from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped
from metabot.verify.measured import VerifiedProposal
from metabot_instrument import configure, emit_event, flush
from metabot_instrument.current import settings as current

EVENTS: Final = "events.jsonl"
TRACE: Final = "trace.jsonl"
_ENDS: Final = {"merged": "pull_request_merged", "closed": "pull_request_closed"}


def telling(settings: Settings) -> None:
    """From here on the life of this project's metabot is told."""
    chosen = settings.telemetry
    wanted = {
        "service_name": chosen.service_name,
        "events_path": str(settings.state / EVENTS),
        "trace_path": str(settings.state / TRACE),
        "trace_sample_rate": chosen.trace_sample_rate,
        "endpoint": chosen.endpoint,  # never the one of an application whose environment this is
        "protocol": chosen.protocol,
        "capture": "none",
        **({"trace": True} if chosen.trace or chosen.endpoint else {}),  # else as METABOT_TRACE says
    }
    now = current()
    if any(getattr(now, name) != value for name, value in wanted.items()):
        configure(**wanted)


@contextmanager
def of_pass(settings: Settings, number: int) -> Iterator[None]:
    """A pass that ends by an exception has failed; the exception goes on."""
    telling(settings)
    began, session = time.monotonic(), f"pass-{number}"
    emit_event("pass_started", {"sources": len(settings.sources)}, session_id=session)
    try:
        yield
    except BaseException as error:
        emit_event("pass_failed", {"error": type(error).__name__}, session_id=session)
        raise
    else:
        emit_event("pass_completed", {"duration_ms": round((time.monotonic() - began) * 1000)}, session_id=session)
    finally:
        flush()


def analyzed(findings: Sequence[Finding], new: Sequence[Finding]) -> None:
    emit_event("analysis_completed", {"findings": len(findings)})
    for finding in new:
        emit_event("finding_raised", _about(finding))


def stopped(finding: Finding, stop: Stopped) -> None:
    emit_event("finding_stopped", {**_about(finding), "stage": stop.stage, "reason": stop.reason})


def opened(finding: Finding, pull_request: PullRequest) -> None:
    emit_event("pull_request_opened", {**_about(finding), "number": pull_request.number})


def written(proposal: Proposal) -> None:
    emit_event("proposal_written", {**_about(proposal.placed.finding), "author": proposal.author})


def tried(proposal: Proposal, end: VerifiedProposal | Stopped) -> None:
    about = _about(proposal.placed.finding)
    if isinstance(end, Stopped):
        emit_event("verification_failed", {**about, "stage": end.stage, "reason": end.reason})
    else:
        emit_event("verification_passed", about)


def ended(number: int, what: str) -> None:
    """Of a pull request: `merged` or `closed`; anything else is not told."""
    if what in _ENDS:
        emit_event(_ENDS[what], {"number": number})


def _about(finding: Finding) -> dict[str, str]:
    return {"finding": finding.fingerprint, "analyzer": finding.candidate.analyzer}
