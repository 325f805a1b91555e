"""Every run and count of a verification, stored whole, so that any figure can be traced to its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.finding import Metric
from metabot.generate.proposal import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRun:
    """One command of the target repository, run in the sandbox."""

    command: tuple[str, ...]
    revision: Literal["base", "head"]
    exit_code: int
    seconds: float
    limit: Literal["time", "memory"] | None  # the limit that ended it
    output: str  # its last 4,000 characters, control characters removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Exact counts over the evaluation's own telemetry. None is unknown."""

    traces: int
    error_traces: int
    model_calls: int
    tool_calls: int
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """The evaluation command's run on one revision."""

    run: CommandRun
    score: float | None  # None: the repository configures no evaluation, or it printed no score
    cases: int | None
    metric: Metric | None  # the finding's own metric at its own subject
    counts: Counts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    sandbox: str  # "bwrap" or "none"; the pull request repeats "none"
    base_tests: CommandRun
    head_tests: CommandRun
    new_test_on_base: CommandRun
    new_test_on_head: tuple[CommandRun, ...]
    base: Evaluated | None  # None: no evaluate command
    head: Evaluated | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProposal:
    """Made by `metabot.verify` only."""

    proposal: Proposal
    base_revision: str
    measured: Measured
