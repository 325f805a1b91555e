"""Throw-away folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from metabot import temporary

HOLDS = (
    "import time\nfrom metabot import temporary\nwith temporary.folder() as f:\n print(f, flush=True)\n time.sleep(97)"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_it_is_gone_afterwards(here: Path) -> None:
    """With what was put into it."""
    with temporary.folder() as folder:
        (folder / "file").touch()
        folder.chmod(0o500)
    assert list(here.iterdir()) == []


def test_a_killed_process_leaves_it_to_the_next(here: Path) -> None:
    """What is held stays, what nobody holds goes, and what is not ours by name is not touched."""
    (here / "other").mkdir()
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        held = Path(process.stdout.readline().strip())
        in_between = subprocess.run([sys.executable, "-c", HOLDS.replace("97", "0")], check=True, capture_output=True)
        assert in_between.returncode == 0
        assert held.is_dir()
        os.kill(process.pid, signal.SIGKILL)
    with temporary.folder():
        assert not held.exists()
    assert [path.name for path in here.iterdir()] == ["other"]
