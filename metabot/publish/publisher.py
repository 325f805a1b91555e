"""The manners with which pull requests are opened, kept up to date and closed, wherever they live.

Before anything is written, what is there is looked at, open and closed: the ledger may be gone. The look and the
writing happen under one lock of the state folder; two machines are told apart by the host, which opens no second one
for a branch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from analyzers.finding import Finding, Fingerprint
from analyzers.untrusted import Untrusted
from metabot import narrowing
from metabot.config import Settings
from metabot.generate.asking.asked import Asked
from metabot.git import Repository
from metabot.ledger.people import Decision
from metabot.lock import held
from metabot.publish import code_owners, kill_switch, onboarding, texts, withdrawal
from metabot.publish.committing import bring_branch
from metabot.publish.earlier import Earlier, open_one, pulls_for, stopped
from metabot.publish.figures import Labels
from metabot.publish.host import Draft, Host, HostedPull
from metabot.publish.identity import branch_of
from metabot.publish.limits import full, paused
from metabot.publish.onboarding import SoFar
from metabot.publish.pull_request import PullRequest
from metabot.publish.withdrawal import was_withdrawn, withdraw
from metabot.stopped import Reason, Stopped
from metabot.verify.measured import VerifiedProposal

# What is wrong with the change as the base is now. All else may be well again the next time.
_OF_THE_CHANGE: Final[frozenset[Reason]] = frozenset({
    "not found", "ambiguous", "not sure enough", "recipe not sure", "does not apply", "protected path", "too large",
    "forbidden change", "head is red", "fewer tests", "new test passes on base", "new test fails on head",
    "below threshold", "guardrail worsened", "answer quality fell", "already in base",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be opened."""

    title: str
    branch: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """It was open already, and has been proved again."""

    pull_request: PullRequest
    because: str


class Publisher:
    """`clock` gives UTC nanoseconds since 1970. `decisions` are the ledger's, in order; `asked` gives the
    requests to a language model that a finding has cost.
    """

    def __init__(
        self,
        host: Host,
        repository: Repository,
        settings: Settings,
        *,
        decisions: Sequence[Decision] = (),
        clock: Callable[[], int] = time.time_ns,
        waiting: Callable[[str], None] = lambda _: None,
        asked: Callable[[Fingerprint], Sequence[Asked]] = lambda _: (),
    ) -> None:
        self.host = host
        self._repository = repository
        self._settings = settings
        self._decisions = decisions
        self._clock = clock
        self._waiting = waiting
        self._asked = asked
        self._earlier = Earlier(host, repository, settings.target.base_branch, decisions)
        self._labels = Labels.of_target(settings.target)
        self._pulls: Sequence[HostedPull] | None = None  # as last looked at

    def already(self, finding: Finding) -> Stopped | None:
        """A stop where nothing has to be proved: there is one for the finding or its cause, or a person declined it.

        None also where the one that is open has to be proved again. Touches nothing.
        """
        if self._pulls is None:
            self._pulls = self.host.pulls()
        return self._earlier.known(finding, self._pulls)

    def preview(self, verified: VerifiedProposal) -> Preview | Stopped:
        """What `open_change` would do. Touches nothing."""
        refused = self._refused(verified, self.host.pulls())
        return self.proved_again(verified) if refused is None else refused

    def proved_again(self, verified: VerifiedProposal) -> Preview:
        """The text as it would stand today, whether a pull request is there or not. Touches nothing."""
        title = verified.proposal.title
        branch = branch_of(verified.proposal.placed.finding)
        return Preview(title=title, branch=branch, text=f"# {title}\n\n{self._body(verified)}")

    def open_change(self, verified: VerifiedProposal) -> PullRequest | Updated | Stopped:
        """Commit, push and open; or update the one that is open. Raises `PublishError` where the host refuses."""
        finding = verified.proposal.placed.finding
        with self._alone():
            pulls = self.host.pulls()
            refused = self._refused(verified, pulls)
            if refused is not None:
                return refused
            self._pulls = None
            waiting = open_one(pulls_for(finding, pulls))
            if waiting is None:
                return _pull_request(self._opened(verified), verified)
            because = self._earlier.outdated(waiting, finding) or ""
            return Updated(pull_request=_pull_request(self._updated(waiting, verified), verified), because=because)

    def given_up(self, finding: Finding, stop: Stopped) -> Stopped:
        """Closes what is open for a finding and could not be proved again, if that is the change's fault."""
        if stop.reason not in _OF_THE_CHANGE or self._switched_off(finding.fingerprint) is not None:
            return stop
        with self._alone():
            waiting = open_one(pulls_for(finding, self.host.pulls()))
            outdated = waiting is not None and self._earlier.known(finding, [waiting]) is None
            if waiting is None or not outdated or was_withdrawn(self.host, waiting):
                return stop
            withdraw(self.host, waiting, f"It ended with {stop.reason}: {Untrusted(stop.detail).quoted()}.")
            self._pulls = None
        return replace(stop, detail=f"{stop.detail}\n  #{waiting.number}, which was open for it, is closed.")

    def finish(self) -> None:
        """What a run that was ended left undone: labels of what it opened, the comment on what it closed."""
        if not self._settings.meta_layer.pr_generation_enabled or kill_switch.thrown(self.host) is not None:
            return
        with self._alone():
            for pull in self.host.pulls():
                if pull.unfinished and pull.state == "open":
                    self.host.open_draft(self._draft(pull.title, pull.body, pull.branch, pull.head_revision))
                else:
                    withdrawal.finish(self.host, pull, self._clock())

    def introduce(self, so_far: Iterable[SoFar]) -> HostedPull | None:
        """The pull request that lets metabot in, opened or brought up to date where it has to come first."""
        with self._alone():
            pulls, settings = self.host.pulls(), self._settings
            how_far = onboarding.introduced(pulls, settings, has_file=self._has_own_settings())
            if how_far in ("not needed", "closed") or self._off() is not None:
                return None
            if how_far == "not yet" and (
                paused(pulls, self._decisions, settings.publish) or full(pulls, settings.publish, self._clock())
            ):
                return None
            asked = onboarding.repository_settings(settings, so_far, base_revision=self._earlier.base())
            return onboarding.open_onboarding(asked, self.host, self._repository)

    def _refused(self, verified: VerifiedProposal, pulls: Sequence[HostedPull]) -> Stopped | None:
        finding = verified.proposal.placed.finding
        for stop in (self._switched_off(finding.fingerprint), self._earlier.known(finding, pulls)):
            if stop is not None:
                return stop
        how_far = onboarding.introduced(pulls, self._settings, has_file=self._has_own_settings())
        refusal = onboarding.refusal(how_far) or paused(pulls, self._decisions, self._settings.publish)
        if refusal is None and open_one(pulls_for(finding, pulls)) is None:
            refusal = self._earlier.made(verified) or full(pulls, self._settings.publish, self._clock())
        return None if refusal is None else stopped(finding.fingerprint, *refusal)

    def _has_own_settings(self) -> bool:
        return self._repository.read(self._earlier.base(), narrowing.PATH) is not None

    def _switched_off(self, fingerprint: Fingerprint) -> Stopped | None:
        off = self._off()
        return None if off is None else stopped(fingerprint, *off)

    def _off(self) -> tuple[Reason, str] | None:
        if not self._settings.meta_layer.pr_generation_enabled:
            todo = "Set it to true to have it opened."
            return "report only", f"The settings say pr_generation_enabled = false. {todo}"
        why = kill_switch.thrown(self.host)
        return None if why is None else ("switched off", why)

    def _opened(self, verified: VerifiedProposal) -> HostedPull:
        branch = branch_of(verified.proposal.placed.finding)
        bring_branch(self.host, self._repository, branch, verified)
        head = self.host.branch(branch) or verified.base_revision
        return self.host.open_draft(self._draft(verified.proposal.title, self._body(verified), branch, head))

    def _updated(self, pull: HostedPull, verified: VerifiedProposal) -> HostedPull:
        bring_branch(self.host, self._repository, pull.branch, verified)
        self.host.edit(pull.number, title=verified.proposal.title, body=self._body(verified))
        return self.host.pull(pull.number)

    def _draft(self, title: str, body: str, branch: str, head: str) -> Draft:
        publish, base = self._settings.publish, self._earlier.base()
        fork = self._repository.fork(base, head)
        paths = () if fork is None else self._repository.changed_paths(fork, head)
        asked = code_owners.owners(partial(self._repository.read, base), paths) if publish.code_owners_review else ()
        name = self._settings.target.base_branch
        return Draft(title=title, body=body, branch=branch, base_branch=name, labels=publish.labels, reviewers=asked)

    def _body(self, verified: VerifiedProposal) -> str:
        fingerprint = verified.proposal.placed.finding.fingerprint
        reproduce = f"metabot run --again {fingerprint}"
        return texts.body(verified, self._labels, reproduce=reproduce, asked=self._asked(fingerprint))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        where = self._settings.state / "publishing"
        with held(where, purpose="publishing", waiting=self._waiting, setting="[ledger] path"):
            yield


def _pull_request(hosted: HostedPull, verified: VerifiedProposal) -> PullRequest:
    finding = verified.proposal.placed.finding
    return PullRequest(
        number=hosted.number,
        fingerprint=finding.fingerprint,
        also=tuple(sorted(finding.names - {finding.fingerprint})),
        state=hosted.state,
        branch=hosted.branch,
        head_revision=hosted.head_revision,
        title=hosted.title,
        draft=hosted.draft,
        where=hosted.where,
        prediction=verified.proposal.prediction,
    )
