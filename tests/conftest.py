"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# How long an example takes is the machine's affair: no test fails for it. `make test` takes the quick profile.
_UNTIMED = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large]
)
hypothesis.settings.register_profile("whole", _UNTIMED, max_examples=50)
hypothesis.settings.register_profile("quick", _UNTIMED, max_examples=8)
hypothesis.settings.load_profile("whole")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The public recordings, where the machine has them; they are not part of the project."""
    named = os.environ.get("METABOT_REAL_DATA")
    if not named:
        pytest.skip("METABOT_REAL_DATA names no folder with the public recordings")
    return Path(named)
