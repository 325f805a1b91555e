"""Fixtures of the analyzers' tests."""

from __future__ import annotations

import os

import pytest

from tests.analyzers import recordings


@pytest.fixture(scope="session", autouse=True)
def keep_recordings(tmp_path_factory):
    """Recordings are decoded once for all processes of a run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "recordings"
    folder.mkdir(exist_ok=True)
    recordings.kept_in = folder
