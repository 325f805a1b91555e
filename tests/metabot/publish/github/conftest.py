from __future__ import annotations

from pathlib import Path

import pytest
from github_double import Double

from metabot.publish.github.host import GithubHost
from tests.metabot.publish.github.places import VARIABLE, Place, place


@pytest.fixture
def at(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv(VARIABLE, double.token)
    return place(double, tmp_path)


@pytest.fixture
def host(at: Place) -> GithubHost:
    return at.host()
