"""Every run and count of a verification, stored whole, so that any figure can be traced to its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

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
    limit: Literal["time", "memory", "disk"] | None  # the limit that ended it
    output: str  # its last 4,000 characters, control characters removed
    report: TestReport | None = None  # of a run of tests whose runner wrote one
    peak_memory_bytes: int | None = None  # of all its processes together; None: the machine does not tell
    rewritten: tuple[str, ...] = ()  # files that measure the change, and that this run changed
    started: float | None = None  # Unix time in seconds; None: kept by an earlier version


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Over the evaluation's own telemetry. None is unknown. All but the durations, and `beside`, are exact."""

    traces: int
    error_traces: int
    model_calls: int
    tool_calls: int
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    cacheable_tokens: int | None = None  # input in a prefix that an earlier call had, by the share of its characters
    trace_ms: float | None = None  # median over the traces that ended well
    critical_path_ms: float | None = None  # of those traces: the time in which at least one call was waited for
    mean_trace_ms: float | None = None  # of those traces: what a few slow ones take shows here and not in the median
    beside: float | None = None  # calls under way at a time, in the mean over that time; 1: one after the other
    waited_for: int | None = None  # calls to models, tools and services
    prompts: int | None = None  # model calls whose prompt was captured
    finish_reasons: int | None = None  # model calls that tell why the answer ended
    inputs: int | None = None  # calls to tools and services whose arguments were captured
    outputs: int | None = None  # and whose results were
    failed_model_calls: int | None = None  # model calls of traces that ended with an error, whatever they answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What the replay server saw of one run: its own count, which the run's telemetry should bear out."""

    requests: int  # to the model, whatever answered them
    input_tokens: int
    cached_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """How the replay server found its answers in one run: requests by way."""

    by_rule: int  # of a script
    by_hash: int  # of a cassette: the request that was recorded
    by_sequence: int  # the next one of the conversation that it follows
    by_nearest: int  # another one that is like it
    missing: int  # got no answer
    late: int  # answers that came later than they were due
    served: Served | None = None  # None: a summary of an earlier version


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """One run of the evaluation command on one revision."""

    run: CommandRun
    score: float | None  # None: the repository configures no evaluation, or it printed no score
    cases: int | None
    metric: Metric | None  # the finding's own metric at its own subject
    counts: Counts | None
    matched: Matched | None = None  # None: no replay server answered, or it was killed
    paced: bool = False  # the metric is counted: of the order of calls, each as long as in the base's first run
    elsewhere: float | None = None  # value times n of what its analyzer finds at other subjects; None: not looked at


class Timing(NamedTuple):
    """What one case of a benchmark took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmarked:
    """One run of the benchmark command on one revision."""

    run: CommandRun
    timings: tuple[Timing, ...]  # by name; none where its last line gave none


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """Once more from a fresh worktree, for a change that was found better."""

    new_test: CommandRun
    alarm: CommandRun | None  # a test that must fail; None: there is none that would tell
    evaluated: Evaluated | None  # None: no evaluate command
    tests_alone: CommandRun | None = None  # the suite without the new test; None: a recipe wrote that


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
    evaluations: tuple[Evaluated, ...]  # in the order in which they ran; none without an evaluate command
    benchmarks: tuple[Benchmarked, ...] = ()  # likewise, of a finding about time, where there is such a command

    rechecked: Rechecked | None = None  # None: not better before, or not run again yet

    @property
    def base(self) -> tuple[Evaluated, ...]:
        return tuple(one for one in self.evaluations if one.run.revision == "base")

    @property
    def head(self) -> tuple[Evaluated, ...]:
        return tuple(one for one in self.evaluations if one.run.revision == "head")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProposal:
    """Made by `metabot.verify` only."""

    proposal: Proposal
    base_revision: str
    measured: Measured
