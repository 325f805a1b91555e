"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The public recordings, where the machine has them; they are not part of the project."""
    named = os.environ.get("METABOT_REAL_DATA")
    if not named:
        pytest.skip("METABOT_REAL_DATA names no folder with the public recordings")
    return Path(named)
