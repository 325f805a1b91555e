"""The block by which metabot knows its own pull request: one HTML comment on a line of its own, with one JSON object.

A block is believed only where it is exactly what metabot would write. No field of it can hold text from telemetry.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Final

import msgspec

import metabot
from analyzers.finding import Finding, Fingerprint, Unit
from metabot.publish.host import HostedPull
from metabot.verify.measured import VerifiedProposal

# \Z and not $, which also stands in front of a line end.
_Fingerprint = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{12}\Z")]
_Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Revision = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")]
_Analyzer = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9-]{0,60}\Z")]
_Version = Annotated[str, msgspec.Meta(pattern=r"\A[0-9][0-9A-Za-z.+]{0,40}\Z")]
_BRANCH: Final = re.compile(r"metabot/[a-z][a-z0-9-]*-([0-9a-f]{12})\Z")
_LINE: Final = re.compile(r"^<!-- metabot (\{.*\}) -->$", re.MULTILINE)


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    fingerprint: _Fingerprint
    also: tuple[_Fingerprint, ...] = ()  # what else the change would cure: the finding's consequences
    analyzer: _Analyzer
    rule_version: Annotated[int, msgspec.Meta(ge=1)]
    evidence: _Digest  # SHA-256 of the finding's evidence as JSON
    unit: Unit
    observed: float
    achievable: float | None = None  # None: written by an earlier version
    expected: float  # the prediction
    metabot: _Version
    base: _Revision


def block_of(verified: VerifiedProposal) -> Block:
    proposal = verified.proposal
    finding = proposal.placed.finding
    return Block(
        fingerprint=finding.fingerprint,
        also=tuple(sorted(finding.names - {finding.fingerprint})),
        analyzer=finding.candidate.analyzer,
        rule_version=finding.candidate.rule_version,
        evidence=hashlib.sha256(msgspec.json.encode(finding.candidate.evidence)).hexdigest(),
        unit=proposal.prediction.unit,
        observed=proposal.prediction.observed,
        achievable=finding.candidate.evidence.achievable,
        expected=proposal.prediction.expected,
        metabot=metabot.__version__,
        base=verified.base_revision,
    )


def write(block: Block) -> str:
    return f"<!-- metabot {msgspec.json.encode(block).decode()} -->"


def read(text: str) -> Block | None:
    """The block of a pull request's text; None where there is none, more than one, or one that is not well-formed."""
    found = [match[0] for match in _LINE.finditer(text.replace("\r\n", "\n"))]  # a browser's line ends
    if len(found) != 1:
        return None
    try:
        block = msgspec.json.decode(found[0][len("<!-- metabot ") : -len(" -->")], type=Block)
    except msgspec.MsgspecError:
        return None
    return block if write(block) == found[0] else None


def fingerprint(text: str) -> Fingerprint | None:
    """Whose pull request a text is."""
    block = read(text)
    return Fingerprint(block.fingerprint) if block else None


def block_in(pull: HostedPull) -> Block | None:
    """Of a branch of the repository itself: whoever opens one from a fork may write what they like."""
    return read(pull.body) if pull.own_branch else None


def names_of(pull: HostedPull) -> frozenset[Fingerprint]:
    """The findings that a pull request is for, by its branch and its block. None: it is no proposal of metabot's."""
    if not pull.own_branch or not pull.own:
        return frozenset()
    branch, block = _BRANCH.match(pull.branch), block_in(pull)
    of_block = (block.fingerprint, *block.also) if block else ()
    return frozenset(map(Fingerprint, (*of_block, *(branch.groups() if branch else ()))))


def branch_of(finding: Finding) -> str:
    return f"metabot/{finding.candidate.analyzer}-{finding.fingerprint}"
