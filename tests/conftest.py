"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from github_double import Double

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


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    """GitHub with one repository, `acme/desk`."""
    from github_double import github

    with github(tmp_path) as double:
        yield double
