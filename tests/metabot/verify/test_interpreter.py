"""Folders that an interpreter needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from metabot.verify import interpreter
from metabot.verify.commands import BASE_PYTHON


def test_of_a_virtual_environment(tmp_path: Path) -> None:
    """What the environment stands on is shown, and it is what metabot stands on where that made it."""
    subprocess.run([BASE_PYTHON, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    assert set(interpreter.of_environment(tmp_path / "env")) <= set(interpreter.own())


def test_of_a_home_only_what_python_needs(tmp_path: Path) -> None:
    """An interpreter in ~/.local/bin does not show what else stands in ~/.local."""
    local = tmp_path / ".local"
    for folder in ("bin", "lib", "share/keyrings"):
        (local / folder).mkdir(parents=True)
    (local / "bin/python3").touch()
    env = tmp_path / "env"
    (env / "bin").mkdir(parents=True)
    (env / "bin/python").symlink_to(local / "bin/python3")
    (env / "pyvenv.cfg").write_text(f"home = {local}/bin\nversion = 3.11\n")
    assert interpreter.of_environment(env) == (local / "bin", local / "lib")


def test_of_another_environment(tmp_path: Path) -> None:
    """A folder that is no virtual environment needs nothing else."""
    assert interpreter.of_environment(tmp_path) == ()
