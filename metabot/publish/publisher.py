"""The manners with which pull requests are opened, kept up to date and closed, wherever they live.

Before anything is written, what is there is looked at, open and closed: the ledger may be gone. The look and the
writing happen under one lock of the state folder; two machines are told apart by the host, which opens no second one
for a branch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from analyzers.finding import Finding, Fingerprint
from analyzers.untrusted import Untrusted
from metabot.config import Settings
from metabot.errors import PublishError, RepositoryError
from metabot.git import Repository
from metabot.ledger.people import Decision
from metabot.lock import held
from metabot.publish import code_owners, kill_switch, texts
from metabot.publish.earlier import Earlier, open_one, pulls_for, stopped
from metabot.publish.ended import marked
from metabot.publish.figures import Labels
from metabot.publish.host import Draft, Host, HostedPull
from metabot.publish.identity import branch_of
from metabot.publish.limits import full, paused
from metabot.publish.pull_request import PullRequest
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


class Publisher:
    """`clock` gives UTC nanoseconds since 1970. `decisions` are the ledger's, in order."""

    def __init__(
        self,
        host: Host,
        repository: Repository,
        settings: Settings,
        *,
        decisions: Sequence[Decision] = (),
        clock: Callable[[], int] = time.time_ns,
        waiting: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._host = host
        self._repository = repository
        self._settings = settings
        self._decisions = decisions
        self._clock = clock
        self._waiting = waiting
        self._earlier = Earlier(host, repository, settings.target.base_branch, decisions)
        self._labels = Labels.of_target(settings.target)

    def already(self, finding: Finding) -> Stopped | None:
        """A stop where nothing has to be proved: there is one for the finding or its cause, or a person declined it.

        None also where the one that is open has to be proved again. Touches nothing.
        """
        return self._earlier.known(finding, self._host.pulls())

    def preview(self, verified: VerifiedProposal) -> Preview | Stopped:
        """What `open_change` would do. Touches nothing."""
        refused = self._refused(verified, self._host.pulls())
        return self.proved_again(verified) if refused is None else refused

    def proved_again(self, verified: VerifiedProposal) -> Preview:
        """The text as it would stand today, whether a pull request is there or not. Touches nothing."""
        title = verified.proposal.title
        branch = branch_of(verified.proposal.placed.finding)
        return Preview(title=title, branch=branch, text=f"# {title}\n\n{self._body(verified)}")

    def open_change(self, verified: VerifiedProposal) -> PullRequest | Stopped:
        """Commit, push and open; or move the one that is open. Raises `PublishError` where the host refuses."""
        with self._alone():
            pulls = self._host.pulls()
            refused = self._refused(verified, pulls)
            if refused is not None:
                return refused
            waiting = open_one(pulls_for(verified.proposal.placed.finding, pulls))
            hosted = self._opened(verified) if waiting is None else self._updated(waiting, verified)
            return _pull_request(hosted, verified)

    def given_up(self, finding: Finding, stop: Stopped) -> Stopped:
        """Closes what is open for a finding where it could not be proved again, for a reason that the change has."""
        if stop.reason not in _OF_THE_CHANGE or self._switched_off(finding.fingerprint) is not None:
            return stop
        with self._alone():
            waiting = open_one(pulls_for(finding, self._host.pulls()))
            if waiting is None or self._earlier.known(finding, [waiting]) is not None:
                return stop
            reason = f"{stop.reason}: {Untrusted(stop.detail).quoted()}"
            text = f"The change could not be proved again on the base as it is now: {reason}. metabot has closed it."
            self._host.edit(waiting.number, body=marked(waiting.body, "outdated"))
            self._host.close(waiting.number)
            self._host.say(waiting.number, "outdated", text)
            self._host.delete_branch(waiting.branch, at=waiting.head_revision)
        return replace(stop, detail=f"{stop.detail}\n  #{waiting.number}, which was open for it, is closed.")

    def _refused(self, verified: VerifiedProposal, pulls: Sequence[HostedPull]) -> Stopped | None:
        finding = verified.proposal.placed.finding
        for stop in (self._switched_off(finding.fingerprint), self._earlier.known(finding, pulls)):
            if stop is not None:
                return stop
        refusal = paused(pulls, self._decisions, self._settings.publish)
        if refusal is None and open_one(pulls_for(finding, pulls)) is None:
            refusal = self._earlier.made(verified) or full(pulls, self._settings.publish, self._clock())
        return None if refusal is None else stopped(finding.fingerprint, *refusal)

    def _switched_off(self, fingerprint: Fingerprint) -> Stopped | None:
        if not self._settings.meta_layer.pr_generation_enabled:
            todo = "Set it to true to have it opened."
            return stopped(fingerprint, "report only", f"The settings say pr_generation_enabled = false. {todo}")
        why = kill_switch.thrown(self._host)
        return None if why is None else stopped(fingerprint, "switched off", why)

    def _opened(self, verified: VerifiedProposal) -> HostedPull:
        branch = branch_of(verified.proposal.placed.finding)
        there = self._host.branch(branch)
        # A killed run's, or a closed one's: overridden, as nothing is ever forced.
        own = there is not None and self._repository.is_own(there)
        self._pushed(verified, branch, there, over=there if own else None)
        publish, base = self._settings.publish, self._earlier.base()
        paths = [edit.path for edit in verified.proposal.edits]
        asked = code_owners.owners(lambda path: self._repository.read(base, path), paths)
        return self._host.open_draft(
            Draft(
                title=verified.proposal.title,
                body=self._body(verified),
                branch=branch,
                base_branch=self._settings.target.base_branch,
                labels=publish.labels,
                reviewers=asked if publish.code_owners_review else (),
            )
        )

    def _updated(self, pull: HostedPull, verified: VerifiedProposal) -> HostedPull:
        self._pushed(verified, pull.branch, pull.head_revision, over=pull.head_revision)
        self._host.edit(pull.number, title=verified.proposal.title, body=self._body(verified))
        return self._host.pull(pull.number)

    def _pushed(self, verified: VerifiedProposal, branch: str, there: str | None, *, over: str | None) -> None:
        proposal, base = verified.proposal, verified.base_revision
        files = {edit.path: edit.after for edit in proposal.edits} | {proposal.new_test.path: proposal.new_test.text}
        try:
            if over is not None and self._stands(over, base, files):
                return
            head = self._repository.commit(base, branch, files, texts.commit_message(verified), over=over)
        except RepositoryError as error:
            raise PublishError(f"{branch}: could not be published.\n{error}") from error
        if head != there:
            self._host.push(branch, head)

    def _stands(self, head: str, base: str, files: dict[str, str]) -> bool:
        """Whether a branch is this change on this base already."""
        if self._repository.fork(base, head) != base:
            return False
        paths = self._repository.changed_paths(base, head)
        return set(paths) == set(files) and all(self._repository.read(head, path) == files[path] for path in paths)

    def _body(self, verified: VerifiedProposal) -> str:
        reproduce = f"metabot run --again {verified.proposal.placed.finding.fingerprint}"
        return texts.body(verified, self._labels, reproduce=reproduce)

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
