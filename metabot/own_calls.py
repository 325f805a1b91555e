"""What metabot's own calls, to models and to GitHub, have to pass before they are made."""

from __future__ import annotations

from metabot.config import Settings
from metabot.life import telling
from metabot.own_monitoring import validators
from metabot_instrument.validation.circuit_breaker import CircuitBreaker
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.validator import Validator


def validators_of(settings: Settings) -> list[Validator]:
    """Those of [monitoring] validators. From here on decisions are told among the events of metabot's own life.

    SettingsError: one of them cannot be made of its table.
    """
    telling(settings)
    return validators(settings)


def broken_after(
    failures: int, *, window_seconds: float, open_seconds: float, priority: int = CircuitBreaker.priority
) -> CircuitBreaker:
    """Lets nothing through after so many calls in a row that came to nothing."""
    return CircuitBreaker(
        failure_ratio=1.0,
        minimum_calls=failures,
        window_calls=failures,
        window_seconds=window_seconds,
        open_seconds=open_seconds,
        priority=priority,
    )


def objection(decision: Decision, to: str) -> str:
    """In words, what a validator of the settings has against a call: what it would change is not made either."""
    does = "would change" if decision.allowed else "rejects"
    return f"{decision.validator} of [monitoring] validators {does} {to} ({decision.reason or 'no reason'})"
