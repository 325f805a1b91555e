"""What one validator says of one action. Standard library only.

A reason is one of a few short texts of the validator's own, so that decisions can be counted by it: it goes into the
telemetry, and the action's text does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from metabot_instrument.validation.action import Action


@dataclass(frozen=True, slots=True)
class Approved:
    """It may go on as it is."""


@dataclass(frozen=True, slots=True)
class Modified:
    """It may go on as `action`; only of a validator with `can_modify`."""

    action: Action
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """It must not run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: ask this validator again after so many seconds."""

    after_seconds: float
    reason: str = ""


Verdict: TypeAlias = Approved | Modified | Rejected | Retry
