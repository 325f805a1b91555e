"""The stage: a finding and a repository in, the places that the finding comes from out.

It selects among the repository's own paths and lines at the revision that served the traffic; it calls no model and
writes nothing.
"""

from __future__ import annotations

from analyzers.finding import Finding
from metabot.errors import RepositoryError
from metabot.git import Repository
from metabot.place.code_attributes import by_code
from metabot.place.placement import Location, Placed
from metabot.place.prompt_text import MIN_SHARE, by_prompt
from metabot.place.several import Several
from metabot.stopped import Reason, Stopped


def place(finding: Finding, repository: Repository, *, base_branch: str) -> Placed | Stopped:
    """Where the finding comes from: by the prompt's text where it is about a prompt, else by code attributes.

    RepositoryError: the repository has no `base_branch`.
    """
    revision, known = deployed(finding, repository, base_branch=base_branch)
    candidate = finding.candidate
    found: tuple[Location, ...] | Several = ()
    if candidate.prompt is not None:
        by_text = by_prompt(candidate.prompt, repository, revision)
        found = by_text if isinstance(by_text, Several) else (by_text,) if by_text is not None else ()
    if not found:
        found = by_code(candidate.code, repository, revision)
    if isinstance(found, Several):
        return _ambiguous(finding, found)
    if not found:
        return _not_found(finding, revision)
    return Placed(finding=finding, revision=revision, revision_known=known, locations=found)


def deployed(finding: Finding, repository: Repository, *, base_branch: str) -> tuple[str, bool]:
    """The commit that served the traffic, as telemetry names it; else the base branch's, and False."""
    recorded = finding.candidate.revision
    served = repository.resolve(recorded) if recorded is not None and _commit_id(recorded) else None
    if served is not None:
        return served, True
    base = repository.resolve(base_branch)
    if base is None:
        message = f"the target repository has no branch {base_branch}.\n  Set [target] base_branch to one that it has."
        raise RepositoryError(message)
    return base, False


def _commit_id(recorded: str) -> bool:
    """Only a commit id is looked up: what else git would resolve (HEAD~3, a branch) is not for telemetry to choose."""
    return 7 <= len(recorded) <= 64 and all(character in "0123456789abcdef" for character in recorded)


def _ambiguous(finding: Finding, several: Several) -> Stopped:
    shown = ", ".join(several.places[:5]) + (", …" if len(several.places) > 5 else "")
    detail = f"{len(several.places)} places fit equally well: {shown}. "
    return _stopped(finding, "ambiguous", detail + "Record code.line.number and the path from the repository's top.")


def _not_found(finding: Finding, revision: str) -> Stopped:
    candidate = finding.candidate
    tried = []
    if candidate.prompt is not None:
        tried.append(f"no text there holds {MIN_SHARE:.0%} of the prompt's fixed part")
    if candidate.code:
        tried.append("no function there is the one that the code attributes name")
    if not candidate.code:
        tried.append("the telemetry carries no code attributes")
    detail = f"searched {revision[:12]}: {'; '.join(tried)}. "
    return _stopped(finding, "not found", detail + "Record code.file.path and code.function.name on the spans.")


def _stopped(finding: Finding, reason: Reason, detail: str) -> Stopped:
    return Stopped(finding=finding.fingerprint, stage="placed", reason=reason, detail=detail)
