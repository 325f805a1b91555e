"""An event log of its own for each test, and both ways to validate."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from metabot_instrument.current import configure, settings
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.pipeline import ValidationPipeline
from tests.instrument.validation.scripted import Decide


@pytest.fixture(autouse=True)
def log(tmp_path: Path) -> Iterator[Path]:
    """The path that decisions are written to; the settings are as before afterwards."""
    before = asdict(settings())
    path = tmp_path / "logs" / "events.jsonl"
    configure(events_path=str(path), events_buffered=False, service_name="desk")
    yield path
    configure(**before)


def in_line(pipeline: ValidationPipeline, action: Action) -> Decision:
    return pipeline.validate(action)


def in_loop(pipeline: ValidationPipeline, action: Action) -> Decision:
    return asyncio.run(pipeline.validate_async(action))


@pytest.fixture(params=[in_line, in_loop], ids=["sync", "async"])
def decide(request: pytest.FixtureRequest) -> Decide:
    """Either way to validate; every claim that asks for it holds for both."""
    found: Decide = request.param
    return found
