"""One pass, from the sources to the pull requests. The one place that knows the order of the stages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Final, Literal

from analyzers.finding import Finding
from metabot.analysis import Analysis, Window, analyze, check_analyzers
from metabot.config import Settings
from metabot.errors import InputError, PublishError, RepositoryError
from metabot.generate.writing import propose
from metabot.ingest import Ingested, ingest
from metabot.ledger.ledger import Ledger
from metabot.place.placing import place
from metabot.publish.local import LocalPublisher, Preview
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped
from metabot.store.load import Loaded
from metabot.store.store import opened
from metabot.target_repository import refreshed, target_repository
from metabot.verify.measured import VerifiedProposal
from metabot.verify.verification import Bench

Progress = Callable[[str], None]
NS_PER_HOUR: Final = 3_600 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one finding."""

    finding: Finding
    end: PullRequest | Preview | Stopped
    verified: VerifiedProposal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    loaded: tuple[Loaded, ...]
    refused: tuple[InputError, ...]  # files of the sources that could not be read
    analysis: Analysis
    outcomes: tuple[Outcome, ...]

    @property
    def result(self) -> Literal["done", "no sandbox", "no repository"]:
        """`no repository`: the one that the settings name is not there or is none."""
        stops = [outcome.end for outcome in self.outcomes if isinstance(outcome.end, Stopped)]
        if any(stop.reason == "no sandbox" for stop in stops):
            return "no sandbox"
        unusable = any(stop.reason == "no repository" and stop.detail != _NAME_ONE for stop in stops)
        return "no repository" if unusable else "done"


def run_pass(settings: Settings, *, dry_run: bool, progress: Progress, again: str | None = None) -> Pass:
    """Load, analyze, place, write, prove, open. Every finding ends as a pull request, a preview or a `Stopped`.

    `again`: only the findings whose fingerprint begins so; they are proved even if they have a pull request, and
    nothing is opened.
    """
    check_analyzers(settings)
    ledger = Ledger(settings.ledger.path)
    number = ledger.begin_pass()
    ingested, analysis = _look(settings, progress)
    ledger.record_findings(number, analysis.findings, analysis.pictures)
    refreshed(settings, progress)
    outcomes = []
    with Bench.of_pass(settings, progress=progress, keep=partial(ledger.record_tried, number)) as bench:
        way = _Way(settings, bench, dry_run=dry_run, again=again is not None)
        for outcome in _outcomes(analysis, way, progress, again or ""):
            _record(ledger, number, outcome)
            outcomes.append(outcome)
    done = Pass(loaded=ingested.loaded, refused=ingested.refused, analysis=analysis, outcomes=tuple(outcomes))
    ledger.end_pass(number, done.result)
    return done


def _look(settings: Settings, progress: Progress) -> tuple[Ingested, Analysis]:
    """The stages that need the store; it is closed again before anything is proved."""
    with opened(settings.store.path, purpose="metabot run", waiting=progress) as store:
        ingested = ingest(store, settings.sources, settings, progress=progress)
        hours = settings.meta_layer.analysis_window_hours
        window = Window(since_ns=time.time_ns() - hours * NS_PER_HOUR)
        progress(f"analyzing the last {hours} hours")
        return ingested, analyze(store, settings, window=window, services=settings.target.services)


@dataclass(frozen=True, slots=True)
class _Way:
    """What is the same for every finding of a pass."""

    settings: Settings
    bench: Bench
    _: KW_ONLY
    dry_run: bool
    again: bool


def _outcomes(analysis: Analysis, way: _Way, progress: Progress, beginning: str) -> Iterator[Outcome]:
    for finding in analysis.findings:
        if not finding.fingerprint.startswith(beginning):
            continue
        progress(f"{finding.fingerprint}  {finding.candidate.analyzer}")
        if not finding.production:
            yield Outcome(finding=finding, end=_apart(finding))
            continue
        if finding.fingerprint not in analysis.trusted:
            yield Outcome(finding=finding, end=_public(finding))
            continue
        try:
            yield _one(finding, way)
        except RepositoryError as error:
            yield Outcome(finding=finding, end=_without_repository(finding, str(error)))
        except PublishError as error:
            yield Outcome(finding=finding, end=_unpublished(finding, str(error)))


def _one(finding: Finding, way: _Way) -> Outcome:
    """The way of one finding: each step hands on its result or ends it."""
    target = way.settings.target
    if target.repository is None:
        return Outcome(finding=finding, end=_without_repository(finding, _NAME_ONE))
    repository = target_repository(way.settings)
    publisher = LocalPublisher(repository, settings=way.settings)
    known = None if way.again else publisher.already(finding)
    if known is not None:
        return Outcome(finding=finding, end=known)
    placed = place(finding, repository, base_branch=target.base_branch)
    if isinstance(placed, Stopped):
        return Outcome(finding=finding, end=placed)
    proposal = propose(placed, repository, base_branch=target.base_branch)
    if isinstance(proposal, Stopped):
        return Outcome(finding=finding, end=proposal)
    verified = way.bench.verify(proposal)
    if isinstance(verified, Stopped):
        return Outcome(finding=finding, end=verified)
    return Outcome(finding=finding, end=_published(publisher, verified, way), verified=verified)


def _published(publisher: LocalPublisher, verified: VerifiedProposal, way: _Way) -> PullRequest | Preview | Stopped:
    if way.again:
        return publisher.proved_again(verified)
    return publisher.preview(verified) if way.dry_run else publisher.open_change(verified)


def _unpublished(finding: Finding, detail: str) -> Stopped:
    todo = "Mend the remote; the next pass tries again."
    return Stopped(
        finding=finding.fingerprint, stage="opened", reason="publishing failed", detail=f"{detail}\n  {todo}"
    )


_NAME_ONE: Final = "[target] repository names none. Name the repository that the telemetry comes from."


def _without_repository(finding: Finding, detail: str) -> Stopped:
    return Stopped(finding=finding.fingerprint, stage="placed", reason="no repository", detail=detail)


def _public(finding: Finding) -> Stopped:
    return Stopped(
        finding=finding.fingerprint,
        stage="placed",
        reason="public source",
        detail='it stands only with telemetry from a source of trust = "public", which may raise a finding and nothing '
        "more. Look at its exemplars; if the source's writers are your own, set its trust to internal.",
    )


def _apart(finding: Finding) -> Stopped:
    return Stopped(
        finding=finding.fingerprint,
        stage="placed",
        reason="not production",
        detail="it was seen in tests or evaluations only: the environments that its traces name, or metabot's own "
        "service. If users are served there, name the environment otherwise (deployment.environment.name).",
    )


def _record(ledger: Ledger, number: int, outcome: Outcome) -> None:
    match outcome.end:
        case Stopped() as stopped:
            ledger.record_stop(number, stopped)
        case PullRequest() as pull_request:
            ledger.record_pull_request(number, pull_request)
        case Preview():
            pass
