"""One pass, from the sources to the pull requests. The one place that knows the order of the stages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Literal

from analyzers.finding import Finding, Fingerprint
from metabot import life
from metabot.analysis import Analysis, Window, analyze, check_analyzers
from metabot.config import Settings
from metabot.errors import InputError, PublishError, RepositoryError, SettingsError
from metabot.generate.author import MENDABLE, Author
from metabot.generate.proposal import Proposal
from metabot.generate.writers import Choice, Writers
from metabot.git import Repository
from metabot.ingest import Ingested, ingest
from metabot.ledger.ledger import Ledger
from metabot.narrowed_settings import narrowed_settings
from metabot.once import once
from metabot.place.placement import Placed
from metabot.place.placing import place
from metabot.publish.host import HostedPull
from metabot.publish.hosts import host_of
from metabot.publish.onboarding import so_far
from metabot.publish.posting import posted
from metabot.publish.publisher import Preview, Publisher, Updated
from metabot.publish.pull_request import PullRequest
from metabot.publish.watch import watch
from metabot.stopped import Stopped
from metabot.store.load import Loaded
from metabot.store.store import opened
from metabot.target_repository import refreshed, target_repository
from metabot.unplaced import NAME_ONE, apart, public, switched_off, without_repository
from metabot.verify.gain import gain
from metabot.verify.measured import VerifiedProposal
from metabot.verify.tried import ProposalId, id_of
from metabot.verify.verification import Bench
from metabot_instrument import tracer

Progress = Callable[[str], None]
_Proved = VerifiedProposal | Stopped | Proposal
NS_PER_HOUR: Final = 3_600 * 10**9
_NAMED: Final = 5  # findings that a message names


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one finding."""

    finding: Finding
    end: PullRequest | Updated | Preview | Stopped | Proposal  # a proposal: it was not to be proved
    proposal: Proposal | None = None  # the last one that was written
    verified: VerifiedProposal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    loaded: tuple[Loaded, ...]
    refused: tuple[InputError, ...]  # files of the sources that could not be read
    analysis: Analysis
    outcomes: tuple[Outcome, ...]
    introduction: HostedPull | None = None  # the pull request that has to be merged before any other is opened

    @property
    def result(self) -> Literal["done", "no sandbox", "no repository"]:
        """`no repository`: the one that the settings name is not there or is none."""
        stops = [outcome.end for outcome in self.outcomes if isinstance(outcome.end, Stopped)]
        if any(stop.reason == "no sandbox" for stop in stops):
            return "no sandbox"
        unusable = any(stop.reason == "no repository" and stop.detail != NAME_ONE for stop in stops)
        return "no repository" if unusable else "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a pass is to do, beside everything with all findings."""

    only: tuple[str, ...] = ()  # findings whose fingerprints begin with one of these; all where there is none
    choice: Choice = "both"
    again: bool = False  # also what has a pull request; nothing is opened
    proved: bool = True  # False: only written, whether it has a pull request or not
    dry_run: bool = False  # nothing is opened

    @property
    def publishes(self) -> bool:
        return self.proved and not self.again and not self.dry_run

    def takes(self, finding: Finding) -> bool:
        return not self.only or finding.fingerprint.startswith(self.only)

    def check(self, found: Sequence[Finding]) -> None:
        """SettingsError: one that was asked for is not there."""
        for beginning in self.only:
            if not any(finding.fingerprint.startswith(beginning) for finding in found):
                known = ", ".join(finding.fingerprint for finding in found[:_NAMED]) or "none"
                raise SettingsError(
                    f"{beginning}: the analyzed window holds no finding that begins so. It holds {known}.\n"
                    "  Take one of these, or widen [meta_layer] analysis_window_hours."
                )


def run_pass(settings: Settings, scope: Scope, *, progress: Progress) -> Pass:
    """Load, analyze, place, write, prove, open. Every finding ends as a pull request, a preview or a `Stopped`."""
    check_analyzers(settings)
    ledger = Ledger(settings.ledger.path)
    number = ledger.begin_pass()
    with life.of_pass(settings, number) as came:
        done = _pass(settings, scope, ledger, number, progress)
        came["findings"] = len(done.analysis.findings)
        came["opened"] = sum(isinstance(outcome.end, PullRequest) for outcome in done.outcomes)
    return done


@tracer.span("system", "pass")
def _pass(settings: Settings, scope: Scope, ledger: Ledger, number: int, progress: Progress) -> Pass:
    ingested, analysis = _look(settings, progress)
    scope.check(analysis.findings)
    life.analyzed(analysis.findings, ledger.record_findings(number, analysis.findings, analysis.pictures))
    refreshed(settings, progress)
    settings = narrowed_settings(settings, progress)
    publisher = once(partial(_publisher, settings, scope, ledger, progress), PublishError, RepositoryError)
    outcomes = []
    with (
        Writers.of_pass(settings, ledger.books(number), choice=scope.choice) as writers,
        Bench.of_pass(settings, progress=progress, keep=partial(ledger.record_tried, number)) as bench,
    ):
        for outcome in _outcomes(analysis, _Way(settings, scope, writers, bench, progress, publisher)):
            _record(ledger, number, outcome)
            outcomes.append(outcome)
    done = Pass(
        loaded=ingested.loaded,
        refused=ingested.refused,
        analysis=analysis,
        outcomes=tuple(outcomes),
        introduction=_told(publisher, settings, ledger, outcomes, progress) if scope.publishes else None,
    )
    ledger.end_pass(number, done.result)
    return done


@tracer.span("system", "look")
def _look(settings: Settings, progress: Progress) -> tuple[Ingested, Analysis]:
    """The stages that need the store; it is closed again before anything is proved."""
    with opened(settings.store.path, purpose="metabot run", waiting=progress) as store:
        ingested = ingest(store, settings.sources, settings, progress=progress)
        life.loaded(ingested)
        hours = settings.meta_layer.analysis_window_hours
        window = Window(since_ns=time.time_ns() - hours * NS_PER_HOUR)
        progress(f"analyzing the last {hours} hours")
        return ingested, analyze(store, settings, window=window, services=settings.target.services)


def _publisher(settings: Settings, scope: Scope, ledger: Ledger, progress: Progress) -> Publisher:
    """The pass's one. What people said since the last look is heard first, and what an ended run left is finished."""
    repository = target_repository(settings)
    host = host_of(settings, repository)
    if scope.publishes:
        watch(host, settings, ledger, progress=progress)
    publisher = Publisher(
        host,
        repository,
        settings,
        decisions=ledger.decisions(),
        waiting=lambda who: progress(f"waiting for {who}"),
        asked=ledger.model_calls,
    )
    if scope.publishes:
        publisher.finish()
    return publisher


@dataclass(frozen=True, slots=True)
class _Way:
    """What is the same for every finding of a pass."""

    settings: Settings
    scope: Scope
    writers: Writers
    bench: Bench
    progress: Progress
    publisher: Callable[[], Publisher]
    written: dict[Fingerprint, Proposal] = field(default_factory=dict)  # the last one for each finding


def _outcomes(analysis: Analysis, way: _Way) -> Iterator[Outcome]:
    for finding in filter(way.scope.takes, analysis.findings):
        way.progress(f"{finding.fingerprint}  {finding.candidate.analyzer}")
        if not finding.production:
            yield Outcome(finding=finding, end=apart(finding))
            continue
        if finding.fingerprint not in analysis.trusted:
            yield Outcome(finding=finding, end=public(finding))
            continue
        if finding.candidate.analyzer in way.settings.publish.analyzers_off:
            yield Outcome(finding=finding, end=switched_off(finding))
            continue
        try:
            yield _one(finding, way)
        except RepositoryError as error:
            yield Outcome(finding=finding, end=without_repository(finding, str(error)))
        except PublishError as error:
            yield Outcome(finding=finding, end=_unpublished(finding, str(error)))


@tracer.span("system", "finding")
def _one(finding: Finding, way: _Way) -> Outcome:
    """The way of one finding: each step hands on its result or ends it."""
    target = way.settings.target
    if target.repository is None:
        return Outcome(finding=finding, end=without_repository(finding, NAME_ONE))
    repository = target_repository(way.settings)
    publisher = way.publisher()
    known = publisher.already(finding) if way.scope.proved and not way.scope.again else None
    if known is not None:
        return Outcome(finding=finding, end=known)
    placed = place(finding, repository, base_branch=target.base_branch)
    if isinstance(placed, Stopped):
        return Outcome(finding=finding, end=_given_up(publisher, finding, placed, way))
    proved = _proved(placed, repository, way)
    if not isinstance(proved, VerifiedProposal):
        end = _given_up(publisher, finding, proved, way) if isinstance(proved, Stopped) else proved
        return Outcome(finding=finding, end=end, proposal=way.written.get(finding.fingerprint))
    published = _published(publisher, proved, way)
    return Outcome(finding=finding, end=published, proposal=proved.proposal, verified=proved)


def _proved(placed: Placed, repository: Repository, way: _Way) -> _Proved:
    """A recipe's change; where no recipe is sure, the model's."""
    written = way.writers.by_recipe(placed, repository)
    if isinstance(written, Proposal):
        return _verified(written, way)
    return written if way.writers.model is None else _by_model(placed, repository, way)


def _verified(proposal: Proposal, way: _Way) -> _Proved:
    way.written[proposal.placed.finding.fingerprint] = proposal
    life.written(proposal)
    if not way.scope.proved:
        return proposal
    with life.verification(proposal) as ends:
        ends.append(end := way.bench.verify(proposal))
    return end


def _by_model(placed: Placed, repository: Repository, way: _Way) -> _Proved:
    """So many candidates, unless a stop that no answer mends ends them."""
    model = way.settings.model
    ends: list[_Proved] = []
    for _ in range(model.candidates):
        author = way.writers.author(placed, repository)
        if isinstance(author, Stopped):
            return author
        ends.append(end := conversed(author, partial(_verified, way=way), rounds=model.rounds, progress=way.progress))
        if isinstance(end, Stopped) and end.reason not in MENDABLE:
            break
    return best(ends)


def best(ends: Sequence[_Proved]) -> _Proved:
    """Of what was proved the change that gains most; else the last end."""
    proved = [end for end in ends if isinstance(end, VerifiedProposal)]
    return max(proved, key=lambda one: gain(one.measured)) if proved else ends[-1]


def conversed(author: Author, verified: Callable[[Proposal], _Proved], *, rounds: int, progress: Progress) -> _Proved:
    """The model answers until an answer is proved, stops for a reason that no answer mends, or was given before."""
    heard: dict[ProposalId, _Proved] = {}
    for number in range(1, rounds + 1):
        progress(f"asking {author.name}, round {number} of {rounds}")
        answer = author.propose()
        if isinstance(answer, Stopped):
            end: _Proved = answer
        elif id_of(answer) in heard:
            return heard[id_of(answer)]
        else:
            end = heard[id_of(answer)] = verified(answer)
        if not isinstance(end, Stopped):
            return end
        if end.reason not in MENDABLE:
            return _after(end, heard)
        author.hear(end)
    return end


def _after(end: Stopped, heard: Mapping[ProposalId, _Proved]) -> Stopped:
    """What ends a conversation says nothing of the change: the last answer's own end is told with it."""
    before = [one for one in heard.values() if isinstance(one, Stopped) and one != end]
    if not before:
        return end
    return replace(
        end, detail=f"{end.detail}\n  The answer before was stopped at {before[-1].stage}: {before[-1].reason}."
    )


def _given_up(publisher: Publisher, finding: Finding, stop: Stopped, way: _Way) -> Stopped:
    """Where one is open for the finding, which nobody could prove again."""
    return publisher.given_up(finding, stop) if way.scope.publishes else stop


@tracer.span("system", "publish")
def _published(
    publisher: Publisher, verified: VerifiedProposal, way: _Way
) -> PullRequest | Updated | Preview | Stopped:
    if way.scope.again:
        return publisher.proved_again(verified)
    return publisher.preview(verified) if way.scope.dry_run else publisher.open_change(verified)


def _told(
    publisher: Callable[[], Publisher],
    settings: Settings,
    ledger: Ledger,
    outcomes: Sequence[Outcome],
    progress: Progress,
) -> HostedPull | None:
    """Tells people of what came of the whole pass, and gives what introduces metabot to a repository that is new.

    That it could not be told takes nothing back.
    """
    if settings.target.repository is None:
        return None
    introduction = None
    try:
        found = [
            so_far(one.finding, one.verified, one.end if isinstance(one.end, Stopped) else None) for one in outcomes
        ]
        introduction = publisher().introduce(found)
        posted(publisher().host, settings, ledger)
    except (PublishError, RepositoryError) as error:
        progress(str(error))
    return introduction


def _unpublished(finding: Finding, detail: str) -> Stopped:
    todo = "Mend the remote; the next pass tries again."
    return Stopped(
        finding=finding.fingerprint, stage="opened", reason="publishing failed", detail=f"{detail}\n  {todo}"
    )


def _record(ledger: Ledger, number: int, outcome: Outcome) -> None:
    match outcome.end:
        case Stopped() as stopped:
            ledger.record_stop(number, stopped)
            life.stopped(outcome.finding, stopped)
        case PullRequest() as pull_request:
            ledger.record_pull_request(number, pull_request)
            life.opened(outcome.finding, pull_request)
        case Updated(pull_request=pull_request):
            ledger.record_pull_request(number, pull_request)
        case Preview() | Proposal():
            pass
