"""What the tests of a verification came to, beside their exit codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from analyzers.untrusted import Name
from metabot.verify.junit import Outcomes

MOST_NAMES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TestReport:
    """What the runner's own report says of one run. A skipped test did not run."""

    __test__ = False  # of pytest's business: this is no test

    passed: int
    failed: int
    skipped: int
    failures: tuple[Name, ...]  # the first hundred

    @property
    def ran(self) -> int:
        return self.passed + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of the lines that the change adds or alters, and that can be executed, a run executed."""

    of: Literal["suite", "new test"]
    lines: int
    covered: int
    missed: tuple[str, ...]  # `app/main.py:12`; the first hundred
    unknown: str | None = None  # why nothing was measured; then the figures are zero


def summed(outcomes: Outcomes) -> TestReport:
    return TestReport(
        passed=len(outcomes.passed),
        failed=len(outcomes.failed),
        skipped=len(outcomes.skipped),
        failures=first(outcomes.failed),
    )


def first(names: frozenset[Name]) -> tuple[Name, ...]:
    return tuple(sorted(names)[:MOST_NAMES])
