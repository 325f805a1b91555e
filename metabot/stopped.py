"""A proposal's early end: a value that is kept, counted and shown, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.finding import Fingerprint

Stage = Literal["placed", "written", "applied", "sound", "better", "opened"]
Reason = Literal[
    # placed: the code that the finding comes from
    "no repository",
    "not found",
    "ambiguous",
    "not sure enough",
    "public source",
    "not production",
    "analyzer switched off",
    # written: a change for it
    "no recipe and no model",
    "recipe not sure",
    "budget spent",
    "model unavailable",
    "model refused",
    "answer unusable",
    "unsupported claims",
    # applied: policy, before anything runs
    "does not apply",
    "protected path",
    "too large",
    "forbidden change",
    # sound: the tests
    "no sandbox",
    "setup failed",
    "base is red",
    "base is flaky",
    "head is red",
    "flaky at head",
    "fewer tests",
    "new test passes on base",
    "new test runs nothing",
    "new test fails on head",
    "out of time",
    "out of memory",
    "out of disk",
    "measurement tampered",
    "not reproduced",
    # better: the figures
    "not measured",
    "below threshold",
    "inconclusive",
    "guardrail worsened",
    "answer quality not checked",
    "answer quality fell",
    # opened: the pull request
    "report only",
    "switched off",
    "already open",
    "taken over",
    "closed by a person",
    "expired",
    "withdrawn",
    "already in base",
    "in another pull request",
    "not onboarded",
    "paused",
    "too many open",
    "enough for today",
    "outside the windows",
    "publishing failed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """`stage` is the step that was not reached: stopped at `written` means nothing was written."""

    finding: Fingerprint
    stage: Stage
    reason: Reason
    detail: str  # where, what and what to do; text from outside only as quoted by its reader
