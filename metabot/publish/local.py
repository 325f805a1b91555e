"""Pull requests for a repository whose remote is a bare repository on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from analyzers.finding import Finding, Fingerprint
from metabot.config import Settings
from metabot.errors import PublishError, RepositoryError
from metabot.git import Repository
from metabot.publish import texts
from metabot.publish.figures import Labels
from metabot.publish.pull_request import PullRequest
from metabot.publish.records import Record, Records
from metabot.stopped import Reason, Stopped
from metabot.verify.measured import VerifiedProposal

State = Literal["open", "closed", "merged"]

_KNOWN: Final[dict[State, tuple[Reason, str]]] = {
    "open": ("already open", "Merge it or close it."),
    "closed": ("closed by a person", "It stays closed. To have it proposed again, delete its files."),
    "merged": ("already in base", "Telemetry from before the merge still shows the fault."),
}
_REPORT_ONLY: Final = "The settings say pr_generation_enabled = false. Set it to true to have it opened."


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be opened."""

    title: str
    branch: str
    text: str


class LocalPublisher:
    """Opens drafts: a branch on the remote, and a record with its text in a folder.

    A branch and a record come to be once, whatever process ends when: under a lock, the commit is the same each time,
    a push of it changes nothing the second time, and the record is written last.
    """

    def __init__(self, repository: Repository, *, settings: Settings) -> None:
        self._repository = repository
        self._settings = settings
        self._records = Records(settings.publish.pulls)
        self._labels = Labels.of_target(settings.target)

    def already(self, finding: Finding) -> Stopped | None:
        """A stop where a pull request for the finding or its cause is there, open or not. Touches nothing."""
        for record in self._records.all():
            if finding.names & record.fingerprints:
                reason, todo = _KNOWN[self._state(record)]
                where = f"#{record.pull_request.number} ({record.pull_request.where})"
                return _stopped(finding.fingerprint, reason, f"{where} is for this finding. {todo}")
        return None

    def preview(self, verified: VerifiedProposal) -> Preview | Stopped:
        """What `open_change` would do. Touches nothing."""
        refused = self._refused(verified)
        if refused is not None:
            return refused
        return self.proved_again(verified)

    def proved_again(self, verified: VerifiedProposal) -> Preview:
        """The text as it would stand today, whether a pull request is there or not. Touches nothing."""
        return Preview(title=verified.proposal.title, branch=branch_of(verified), text=self._text(verified))

    def open_change(self, verified: VerifiedProposal) -> PullRequest | Stopped:
        """Commit, push, record. Raises `PublishError` where the remote or the folder refuses."""
        refused = self._refused(verified)
        if refused is not None:
            return refused
        with self._records.alone():
            refused = self._refused(verified)  # another process may have been here meanwhile
            if refused is not None:
                return refused
            branch = branch_of(verified)
            head = self._pushed(verified, branch)
            return self._recorded(verified, branch, head)

    def _refused(self, verified: VerifiedProposal) -> Stopped | None:
        finding = verified.proposal.placed.finding
        fingerprint = finding.fingerprint
        if not self._settings.meta_layer.pr_generation_enabled:
            return _stopped(fingerprint, "report only", _REPORT_ONLY)
        known = self.already(finding)
        if known is not None:
            return known
        waiting = [record for record in self._records.all() if self._state(record) == "open"]
        limit = self._settings.publish.max_open
        if len(waiting) >= limit:
            listed = ", ".join(f"#{record.pull_request.number}" for record in waiting)
            todo = f"Merge or close one of them, or raise [publish] max_open = {limit}."
            return _stopped(fingerprint, "too many open", f"{len(waiting)} pull requests are open: {listed}. {todo}")
        return None

    def _state(self, record: Record) -> State:
        pull_request = record.pull_request
        if pull_request.state != "open":
            return pull_request.state
        # Merged by hand, as there is no server to note it.
        base = self._repository.resolve(f"refs/heads/{self._settings.target.base_branch}")
        merged = base is not None and self._repository.contains(base, pull_request.head_revision)
        return "merged" if merged else "open"

    def _pushed(self, verified: VerifiedProposal, branch: str) -> str:
        proposal = verified.proposal
        files = {edit.path: edit.after for edit in proposal.edits} | {proposal.new_test.path: proposal.new_test.text}
        message = texts.commit_message(verified)
        remote = self._settings.publish.remote
        try:
            there = self._repository.remote_branch(remote, branch)
            head = self._repository.commit(verified.base_revision, branch, files, message)
            if there is not None and there != head and self._repository.is_own(there):
                # A killed run's, on an older base and without a record: overridden, as nothing is ever forced.
                head = self._repository.commit(verified.base_revision, branch, files, message, over=there)
            if there != head:
                self._repository.push(remote, branch, head)
        except RepositoryError as error:
            raise PublishError(f"{branch}: could not be published.\n{error}") from error
        return head

    def _recorded(self, verified: VerifiedProposal, branch: str, head: str) -> PullRequest:
        finding = verified.proposal.placed.finding
        number = self._records.next_number()
        pull_request = PullRequest(
            number=number,
            fingerprint=finding.fingerprint,
            also=tuple(sorted(finding.names - {finding.fingerprint})),
            state="open",
            branch=branch,
            head_revision=head,
            title=verified.proposal.title,
            draft=True,
            where=str(self._records.text_path(number)),
            prediction=verified.proposal.prediction,
        )
        self._records.write(pull_request, self._text(verified))
        return pull_request

    def _text(self, verified: VerifiedProposal) -> str:
        reproduce = f"metabot run --again {verified.proposal.placed.finding.fingerprint}"
        return f"# {verified.proposal.title}\n\n{texts.body(verified, self._labels, reproduce=reproduce)}"


def branch_of(verified: VerifiedProposal) -> str:
    finding = verified.proposal.placed.finding
    return f"metabot/{finding.candidate.analyzer}-{finding.fingerprint}"


def _stopped(fingerprint: Fingerprint, reason: Reason, detail: str) -> Stopped:
    return Stopped(finding=fingerprint, stage="opened", reason=reason, detail=detail)
