"""A change that keeps the answers of one run for the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import commit

from metabot.verify.environment import TargetEnvironment
from metabot.verify.job import Job
from metabot.verify.runner import BASE, Runner
from metabot.verify.sandbox import Sandbox
from metabot.verify.scratch import scratch

CHEAT = """
import os, pathlib
place = pathlib.Path({place})
print("kept" if (place / ".answers").exists() else "new")
(place / ".answers").touch()
"""
PLACES = ["os.environ['HOME']", "os.environ['TMPDIR']", "'.'", "'/dev/shm'"]


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_kept(tmp_path: Path, sandbox: Sandbox, place: str) -> None:
    """Every run has a home, a temporary folder, shared memory and a copy of the repository of its own."""
    commit(tmp_path / "target", {"cheat.py": CHEAT.format(place=place)})
    environment = TargetEnvironment(folder=None, tree_at=Path("/target"))
    runner = Runner(sandbox=sandbox, environment=environment, base=tmp_path / "target", under=tmp_path / "runs")
    said = [runner.run(("{python}", "cheat.py"), BASE).stdout for _ in range(2)]
    assert said == ["new\n", "new\n"]


@pytest.mark.parametrize("place", PLACES)
def test_it_is_kept_where_folders_are_shared(tmp_path: Path, sandbox: Sandbox, place: str) -> None:
    """Two runs in the same folders."""
    with scratch(tmp_path) as folders:
        tree = folders.root / "tree"
        tree.mkdir()
        job = Job(
            command=("python3", "-c", CHEAT.format(place=place)), tree=tree, tree_at=Path("/target"), scratch=folders
        )
        assert [sandbox.run(job).stdout for _ in range(2)] == ["new\n", "kept\n"]
