"""Whether an open pull request still says what is true: its evidence, and the base that it was proved on."""

from __future__ import annotations

from typing import Final

from analyzers.finding import Finding
from metabot.git import Repository
from metabot.publish.host import HostedPull
from metabot.publish.hunks import standing
from metabot.publish.identity import Block, block_in

MATERIAL: Final = 0.1  # share of the observed value by which a figure has to move


def outdated(pull: HostedPull, finding: Finding, repository: Repository, base: str) -> str | None:
    """Why it has to be proved again, in words; None where it stands, or where its commits are not here."""
    if repository.resolve(pull.head_revision) is None:
        return None
    fork = repository.fork(base, pull.head_revision)
    if fork is None:
        return None
    block = block_in(pull)
    if block is not None and block.base != fork:
        return "its text is of another base"  # a run was ended between the branch and the text
    if block is not None and block.fingerprint == finding.fingerprint and (moved := _moved(block, finding)):
        return moved
    return None if base == fork or _applies(repository, fork, pull.head_revision, base) else "the base moved below it"


def _moved(block: Block, finding: Finding) -> str | None:
    candidate = finding.candidate
    if block.rule_version != candidate.rule_version:
        return "the analyzer's rule is another one"
    observed, achievable = candidate.evidence.observed.value, candidate.evidence.achievable
    known = block.achievable if block.achievable is not None else achievable
    least = MATERIAL * abs(block.observed)
    moved = abs(observed - block.observed) > least or abs(achievable - known) > least
    return "its evidence moved by more than a tenth" if moved else None


def _applies(repository: Repository, fork: str, head: str, base: str) -> bool:
    """Whether every part of the change has still to be made, at lines that are as they were."""
    for path in repository.changed_paths(fork, head):
        before, now = repository.read(fork, path), repository.read(base, path)
        if before == now:
            continue
        after = repository.read(head, path)
        if before is None or now is None or after is None or standing(before, after, now) != "to make":
            return False
    return True
