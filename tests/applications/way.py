"""The way of an application's findings, by recipes alone, and how far each came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzers.finding import Finding
from metabot.analysis import Analysis, analyze
from metabot.generate.proposal import Proposal
from metabot.generate.writing import propose
from metabot.git import Repository
from metabot.ingest import ingest
from metabot.place.placement import Placed
from metabot.place.placing import place
from metabot.stopped import Stopped
from metabot.store.store import opened
from metabot.verify.measured import Measured, VerifiedProposal
from metabot.verify.verification import Bench
from tests.applications.applications import Application


@dataclass(frozen=True, kw_only=True)
class Way:
    """What became of one finding. Stages that were not reached are None."""

    finding: Finding
    placed: Placed | None = None
    proposal: Proposal | None = None
    end: VerifiedProposal | Stopped

    @property
    def ended(self) -> tuple[str, str, str]:
        """Analyzer, recipe, and where and why it stopped."""
        recipe = self.proposal.recipe if self.proposal is not None else "-"
        at = "verified" if isinstance(self.end, VerifiedProposal) else f"{self.end.stage}: {self.end.reason}"
        return self.finding.candidate.analyzer, recipe, at

    def row(self) -> tuple[str, ...]:
        """The same for people: finding, place, recipe, stage and reason, gain or detail."""
        candidate = self.finding.candidate
        first = self.placed.locations[0] if self.placed is not None else None
        where = f"{first.path} {first.symbol or ''} ({first.how} {first.sure:g})" if first is not None else "-"
        told = _gain(self.end.measured) if isinstance(self.end, VerifiedProposal) else self.end.detail
        _, recipe, at = self.ended
        return f"{candidate.analyzer} {candidate.subject.operation}", where, recipe, at, " ".join(told.split())


def ways(application: Application) -> list[Way]:
    """Every finding of what the application recorded."""
    with Bench.of_pass(application.settings, progress=lambda _: None) as bench:
        found = _analyzed(application)
        return [_way(one, application, bench) for one in _served(found)]


def fingerprints(application: Application) -> set[str]:
    """Of all findings of what the application recorded."""
    return {name for one in _analyzed(application).findings for name in one.names}


def written_again(way: Way, application: Application) -> bool:
    """Whether a recipe would change the application, which holds the finding's change already, once more."""
    repository = Repository(application.repository)
    placed = place(way.finding, repository, base_branch="main")
    return not isinstance(placed, Stopped) and isinstance(propose(placed, repository, base_branch="main"), Proposal)


def _analyzed(application: Application) -> Analysis:
    settings = application.settings
    with opened(settings.store.path, purpose="a test", waiting=print) as store:
        ingest(store, settings.sources, settings, progress=lambda _: None)
        return analyze(store, settings)


def _served(analysis: Analysis) -> Iterator[Finding]:
    return (one for one in analysis.findings if one.production and one.fingerprint in analysis.trusted)


def _way(finding: Finding, application: Application, bench: Bench) -> Way:
    repository = Repository(application.repository)
    placed = place(finding, repository, base_branch="main")
    if isinstance(placed, Stopped):
        return Way(finding=finding, end=placed)
    proposal = propose(placed, repository, base_branch="main")
    if isinstance(proposal, Stopped):
        return Way(finding=finding, placed=placed, end=proposal)
    return Way(finding=finding, placed=placed, proposal=proposal, end=bench.verify(proposal))


def _gain(measured: Measured) -> str:
    base = [run.metric.value for run in measured.base if run.metric is not None]
    head = [run.metric.value for run in measured.head if run.metric is not None]
    unit = next(run.metric.unit for run in measured.base if run.metric is not None)
    return f"{sum(base) / len(base):,.4g} → {sum(head) / len(head):,.4g} {unit}"
