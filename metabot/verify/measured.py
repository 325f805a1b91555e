"""Every run and count of a verification, stored whole, so that any figure can be traced to its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.finding import Metric
from analyzers.untrusted import Name
from metabot.generate.proposal import Proposal
from metabot.verify.tested import Coverage, TestReport


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRun:
    """One command of the target repository, run in the sandbox."""

    command: tuple[str, ...]
    revision: Literal["base", "head"]
    exit_code: int
    seconds: float
    limit: Literal["time", "memory"] | None  # the limit that ended it
    output: str  # its last 4,000 characters, control characters removed
    report: TestReport | None = None  # of a run of tests whose runner wrote one


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
    base_tests_again: CommandRun | None = None  # the same run a second time: what differs is flaky
    flaky: tuple[Name, ...] = ()  # tests that differ between the two runs of the base; the first hundred
    lost: tuple[Name, ...] = ()  # tests that ran at the base and do not with the change
    coverage: Coverage | None = None  # of the changed lines
    base: Evaluated | None  # None: no evaluate command
    head: Evaluated | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProposal:
    """Made by `metabot.verify` only."""

    proposal: Proposal
    base_revision: str
    measured: Measured
