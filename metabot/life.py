"""What metabot does, told by what applications import as well: events of its own life, and its stages as spans.

Events stand in `own/events.jsonl` beside the ledger. With [telemetry] trace the stages are written to a file there,
with an endpoint they are sent to it. Neither holds text of the telemetry that is analyzed: fingerprints, numbers and
the names of analyzers, stages, reasons, and servers that were asked alone. What cannot be written is counted and stops
nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from blake3 import blake3

from metabot.own_monitoring import watched
from metabot.stopped import Stopped
from metabot_instrument import configure, emit_event, flush, tracer
from metabot_instrument.boundary import contained
from metabot_instrument.current import settings as current

if TYPE_CHECKING:
    from analyzers.finding import Finding
    from metabot.config import Settings
    from metabot.generate.proposal import Proposal
    from metabot.ingest import Ingested
    from metabot.own_metrics import BotMeter
    from metabot.publish.pull_request import PullRequest
    from metabot.verify.measured import VerifiedProposal

EVENTS: Final = "own/events.jsonl"
TRACE: Final = "own/trace.jsonl"
_session: Final[ContextVar[str | None]] = ContextVar("pass", default=None)
_meter: BotMeter | None = None
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
        "metrics_interval_seconds": chosen.metrics_interval_seconds,
        "capture": "none",
        **({"trace": True} if chosen.trace or chosen.endpoint else {}),  # else as METABOT_TRACE says
    }
    now = current()
    if any(getattr(now, name) != value for name, value in wanted.items()):
        configure(**wanted)


@contextmanager
def of_pass(settings: Settings, number: int) -> Iterator[Counter[str]]:
    """Gives what its end tells beside its length. One that ends by an exception has failed; the exception goes on."""
    telling(settings)
    began, came = time.monotonic(), Counter[str]()
    within = _session.set(f"pass-{number}")
    _emit("pass_started", {"sources": len(settings.sources)})
    try:
        with watched(settings):
            yield came
    except BaseException as error:
        _emit("pass_failed", {"error": type(error).__name__})
        raise
    else:
        _emit("pass_completed", {**came, "duration_ms": round((time.monotonic() - began) * 1000)})
    finally:
        _session.reset(within)
        if settings.telemetry.endpoint and settings.telemetry.metrics_interval_seconds:
            _push_sums(settings)
        flush()


@contained("metrics", None)
def _push_sums(settings: Settings) -> None:
    """From here on the ledger's sums are pushed. They are the project's, whichever process tells them."""
    global _meter  # noqa: PLW0603  # one project a process
    from metabot.ledger.ledger import Ledger  # noqa: PLC0415  # a pass has it, other commands tell their life without
    from metabot.own_metrics import metered  # noqa: PLC0415

    if _meter is not None:
        _meter.close()
    project = blake3(str(settings.state.resolve()).encode()).hexdigest(length=8)
    _meter = metered(Ledger(settings.ledger.path).counts(), project)


def loaded(ingested: Ingested) -> None:
    counts = {name: sum(getattr(one, name) for one in ingested.loaded) for name in ("spans", "rejects")}
    _emit("telemetry_loaded", {"sources": len(ingested.loaded), **counts})


def analyzed(findings: Sequence[Finding], new: Sequence[Finding]) -> None:
    _emit("analysis_completed", {"findings": len(findings)})
    for finding in new:
        _emit("finding_raised", _about(finding))


def stopped(finding: Finding, stop: Stopped) -> None:
    _emit("finding_stopped", {**_about(finding), "stage": stop.stage, "reason": stop.reason})


def opened(finding: Finding, pull_request: PullRequest) -> None:
    _emit("pull_request_opened", {**_about(finding), "number": pull_request.number})


def written(proposal: Proposal) -> None:
    _emit("proposal_written", {**_about(proposal.placed.finding), "author": proposal.author})


@contextmanager
def verification(proposal: Proposal) -> Iterator[list[VerifiedProposal | Stopped]]:
    """Takes what came of it. A step of its own in the traces."""
    about = _about(proposal.placed.finding)
    ends: list[VerifiedProposal | Stopped] = []
    _emit("verification_started", about)
    with tracer.span("system", "verify"):
        yield ends
    for end in ends:
        if isinstance(end, Stopped):
            _emit("verification_failed", {**about, "stage": end.stage, "reason": end.reason})
        else:
            _emit("verification_passed", about)


def ended(number: int, what: str) -> None:
    """Of a pull request: `merged` or `closed`; anything else is not told."""
    if what in _ENDS:
        _emit(_ENDS[what], {"number": number})


def _emit(event: str, payload: Mapping[str, str | int]) -> None:
    emit_event(
        event, payload, task_id=str(payload["finding"]) if "finding" in payload else None, session_id=_session.get()
    )


def _about(finding: Finding) -> dict[str, str]:
    return {"finding": finding.fingerprint, "analyzer": finding.candidate.analyzer}
