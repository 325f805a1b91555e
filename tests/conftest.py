"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# How long an example takes is the machine's affair: no test fails for it.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The public recordings, where the machine has them; they are not part of the project."""
    named = os.environ.get("METABOT_REAL_DATA")
    if not named:
        pytest.skip("METABOT_REAL_DATA names no folder with the public recordings")
    return Path(named)
