"""The look-up service and a scripted model, both real servers on the loopback interface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scripted import ScriptedModel, serving
from support_desk import telemetry
from support_desk.service import LookupService

if TYPE_CHECKING:
    from openai import OpenAI

UNDISTURBED = 6  # a seed whose first searches are all answered


@pytest.fixture(scope="session")
def service() -> Iterator[LookupService]:
    server = LookupService(0, UNDISTURBED)
    with serving(server), pytest.MonkeyPatch.context() as environment:
        environment.setenv("SUPPORT_DESK_TOOLS_URL", server.url)
        yield server


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    server = ScriptedModel()
    with serving(server):
        yield server


@pytest.fixture(scope="module")
def client(model: ScriptedModel) -> Iterator[OpenAI]:
    from openai import OpenAI  # takes a second, which tests without a model need not wait

    with OpenAI(base_url=f"http://127.0.0.1:{model.server_address[1]}", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def telemetry_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Everything from here on is recorded there."""
    file = tmp_path_factory.mktemp("telemetry") / "traces.jsonl"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SUPPORT_DESK_TELEMETRY", str(file))
        with telemetry.recording("test"):
            yield file
