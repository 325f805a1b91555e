"""What is there before anything is written for a finding: its own pull requests, and the same change elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analyzers.finding import Finding, Fingerprint
from analyzers.untrusted import Untrusted
from metabot.errors import RepositoryError
from metabot.git import Repository
from metabot.git_environment import AUTHOR_EMAIL
from metabot.ledger.people import Decision
from metabot.publish.ended import ended
from metabot.publish.host import Host, HostedPull
from metabot.publish.hunks import standing
from metabot.publish.identity import names_of
from metabot.publish.outdated import outdated
from metabot.stopped import Reason, Stopped
from metabot.verify.measured import VerifiedProposal

_CLOSED: Final[dict[str | None, tuple[Reason, str]]] = {
    None: ("closed by a person", "It stays closed"),
    "expired": ("expired", "Nobody answered it, and it stays closed"),
    "outdated": ("withdrawn", "The change proved no longer on its base, and it stays closed"),
}


class Earlier:
    """Touches nothing. `decisions` are the ledger's, in order."""

    def __init__(self, host: Host, repository: Repository, base_branch: str, decisions: Sequence[Decision]) -> None:
        self._host = host
        self._repository = repository
        self._base_branch = base_branch
        self._decisions = decisions

    def base(self) -> str:
        base = self._repository.resolve(f"refs/heads/{self._base_branch}")
        if base is None:
            raise RepositoryError(f"{self._base_branch}: there is no such branch.\n  Name [target] base_branch.")
        return base

    def known(self, finding: Finding, pulls: Sequence[HostedPull]) -> Stopped | None:
        mine = pulls_for(finding, pulls)
        waiting = open_one(mine)
        if waiting is not None:
            return self._waiting_one(waiting, finding)
        if mine and mine[0].state == "merged":
            detail = f"{_where(mine[0])}. Telemetry from before the merge still shows the fault."
            return stopped(finding.fingerprint, "already in base", detail)
        return self._declined(finding, mine[0] if mine else None)

    def _declined(self, finding: Finding, newest: HostedPull | None) -> Stopped | None:
        """By a person's word, or as it was closed; until a person revives it."""
        kinds = ("decline", "revive")
        said = [one for one in self._decisions if one.fingerprint in finding.names and one.kind in kinds]
        last = said[-1] if said else None
        if last is not None and last.kind == "decline":
            who = Untrusted(last.decided_by).quoted() if last.decided_by else "A person"
            why = f": {Untrusted(last.reason).quoted()}" if last.reason else ", without a reason that was heard"
            where = f"{_where(newest)}. " if newest is not None else ""
            detail = f"{where}{who} declined it{why}. {_revived_by(finding)}"
            return stopped(finding.fingerprint, "closed by a person", detail)
        if newest is None or (last is not None and last.decided_ns > (newest.ended_ns or newest.updated_ns)):
            return None
        reason, what = _CLOSED[ended(newest.body)]
        return stopped(finding.fingerprint, reason, f"{_where(newest)}. {what}. {_revived_by(finding)}")

    def _waiting_one(self, pull: HostedPull, finding: Finding) -> Stopped | None:
        if any(commit.committer_email != AUTHOR_EMAIL for commit in self._host.commits(pull.number)):
            detail = f"{_where(pull)}. Its branch has a commit by a person: metabot writes there no more."
            return stopped(finding.fingerprint, "taken over", detail)
        if self.outdated(pull, finding) is not None:
            return None
        return stopped(finding.fingerprint, "already open", f"{_where(pull)}. Merge it or close it.")

    def outdated(self, pull: HostedPull, finding: Finding) -> str | None:
        """Why one that is open has to be proved again, in words."""
        return outdated(pull, finding, self._repository, self.base())

    def made(self, verified: VerifiedProposal) -> tuple[Reason, str] | None:
        """Where the change stands already: in the base, or in somebody's open pull request."""
        edits, base = verified.proposal.edits, self.base()
        there = [(edit, self._repository.read(base, edit.path)) for edit in edits]
        if all(text is not None and standing(edit.before, edit.after, text) == "made" for edit, text in there):
            return "already in base", f"{self._base_branch} has the change, made by somebody else."
        paths = [edit.path for edit in edits]
        for pull in self._host.others():
            changed = self._host.changed(pull.number, paths)
            for edit in edits:
                text = changed.get(edit.path)
                if text is not None and standing(edit.before, edit.after, text) in ("made", "otherwise"):
                    detail = f"#{pull.number} ({pull.where}) changes the same lines of {edit.path}."
                    return "in another pull request", f"{detail} Merge it or close it."
        return None


def pulls_for(finding: Finding, pulls: Sequence[HostedPull]) -> list[HostedPull]:
    """Those for the finding or its cause, newest first."""
    mine = (pull for pull in pulls if names_of(pull) & finding.names)
    return sorted(mine, key=lambda pull: pull.number, reverse=True)


def open_one(mine: Sequence[HostedPull]) -> HostedPull | None:
    return next((pull for pull in mine if pull.state == "open"), None)


def _where(pull: HostedPull) -> str:
    return f"#{pull.number} ({pull.where}) is for this finding"


def _revived_by(finding: Finding) -> str:
    return f"To have it proposed again: metabot pr revive {finding.fingerprint}."


def stopped(fingerprint: Fingerprint, reason: Reason, detail: str) -> Stopped:
    return Stopped(finding=fingerprint, stage="opened", reason=reason, detail=detail)
