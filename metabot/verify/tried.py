"""A proposal put to the proof, kept whole whatever came of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NewType

import msgspec

from metabot.generate.proposal import Proposal
from metabot.stopped import Stopped
from metabot.verify.measured import CommandRun, Measured

ProposalId = NewType("ProposalId", str)
"""Twelve hex digits of the finding, the edits and the new test: the same change proved twice has the same one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Made by `metabot.verify` only."""

    proposal: Proposal
    base_revision: str
    threshold: float | None  # that the verdict asked for; None: proved before it was kept
    runs: tuple[CommandRun, ...]  # every run made for this proposal, in the order in which they ended
    runs_before: tuple[CommandRun, ...]  # at the bare base, made for an earlier proposal of the pass and used again
    seconds: float | None  # from the first look to the verdict, setup and sandbox included; None as for threshold
    measured: Measured | None  # None: it was stopped before everything was measured
    end: Stopped | None  # None: better


def id_of(proposal: Proposal) -> ProposalId:
    parts = (proposal.placed.finding.fingerprint, proposal.edits, proposal.new_test)
    return ProposalId(hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:12])
