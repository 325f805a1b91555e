"""Circuit breakers that open soon."""

from __future__ import annotations

from typing import Any

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.circuit_breaker import CircuitBreaker
from metabot_instrument.validation.pipeline import ValidationPipeline

ACTION = Action("model_call", "provider")
_SOON = {"minimum_calls": 4, "window_calls": 8, "open_seconds": 0.15}


def breaking(**settings: Any) -> tuple[CircuitBreaker, ValidationPipeline]:
    """Alone in its pipeline; four failures open it."""
    breaker = CircuitBreaker(**{**_SOON, **settings})
    return breaker, ValidationPipeline([breaker])


def fail(pipeline: ValidationPipeline) -> None:
    """As often as opens it."""
    for _ in range(4):
        pipeline.heard(pipeline.validate(ACTION), ok=False)
