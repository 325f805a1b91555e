"""Validators that say what they were told to say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metabot_instrument import meter
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved

Decide = Callable[[ValidationPipeline, Action], Decision]  # as the fixture `decide` gives it


@dataclass(eq=False)
class Scripted:
    """Says one thing after the other, and the last one ever after; an exception is raised, a function is called."""

    says: tuple[Any, ...] = (Approved(),)
    name: str = "scripted"
    priority: int = 0
    can_modify: bool = False
    quick: bool = True
    seen: list[Action] = field(default_factory=list)

    def validate(self, action: Action) -> Any:
        self.seen.append(action)
        said = self.says[min(len(self.seen), len(self.says)) - 1]
        if isinstance(said, BaseException):
            raise said
        return said(action) if callable(said) else said


@dataclass(eq=False)
class Awaited(Scripted):
    """The same as a coroutine function; what a function gives is awaited."""

    async def validate(self, action: Action) -> Any:  # type: ignore[override]
        said = super().validate(action)
        return await said if hasattr(said, "__await__") else said


@dataclass(eq=False)
class Hearing(Scripted):
    """Remembers what it was told."""

    told: list[tuple[Action, bool]] = field(default_factory=list)

    def heard(self, action: Action, ok: bool) -> None:
        self.told.append((action, ok))


def decisions(log: Path) -> list[dict[str, Any]]:
    """Payloads of the events."""
    return [json.loads(line)["payload"] for line in log.read_bytes().splitlines()]


def counted(metric: str, **labels: str) -> float:
    """The sum of the metric's series with these labels."""
    return sum(
        sample.value
        for family in meter.collect()
        for sample in family.samples
        if sample.name == metric and labels.items() <= sample.labels.items()
    )
