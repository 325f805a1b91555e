"""Small applications of many styles, run for real: laid out as repositories, recorded, and taken the whole way.

An application is a folder: `repository/` is its own code with its tests, `application.toml` says how it is recorded and
evaluated, and `model.toml` is what the model answers. What its requirements name is taken from metabot's own
environment, and `installed/` stands for the tracing libraries of strangers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from metabot import config
from metabot.config import Settings
from metabot.verify.commands import words
from metabot.verify.environment import target_environment
from tests.repositories import commit, git

HERE = Path(__file__).parent
INSTALLED = HERE / "installed"


@dataclass(frozen=True)
class Application:
    """One application in a folder of its own, committed and ready to run."""

    folder: Path
    written: dict[str, Any]

    @cached_property
    def settings(self) -> Settings:
        return config.parse(self._values(), name=f"{self.folder.name}/application.toml", root=self.folder)

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def telemetry(self) -> Path:
        return self.folder / "telemetry/spans.jsonl"

    def changed(self, files: Mapping[str, str], folder: Path) -> Application:
        """A copy in another folder with these files written and committed, not run yet."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("telemetry", ".metabot"), symlinks=True)
        commit(folder / "repository", files)
        return Application(folder, self.written)

    def record(self) -> None:
        """Runs it beside the replay server, as its users would run it beside a model."""
        environment = target_environment(self.settings)
        command = [word.replace("{env}", str(environment)) for word in words(self.written["record"])]
        replay = [sys.executable, "-m", "metabot.replay", str(self.folder / "model.toml"), "--then", *command]
        named = {key: value.replace("{telemetry}", str(self.telemetry)) for key, value in self._environment().items()}
        self.telemetry.parent.mkdir()
        done = subprocess.run(
            replay,
            cwd=self.repository,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **named},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr[-4000:]

    def _environment(self) -> dict[str, str]:
        return dict(self.written.get("environment", {}))

    def _values(self) -> dict[str, Any]:
        return {
            "sources": [{"path": "telemetry/*.jsonl"}],
            "target": {
                "repository": "repository",
                "setup": "{python} -m venv --without-pip {env} && cp "
                f"{self.folder}/installed.pth {{env}}/lib/python{_VERSION}/site-packages/",
                "test": "{env}/bin/python -m pytest -q",
                "evaluate": self.written["evaluate"],
                "environment": self._environment(),
                "model_script": "model.toml",
            },
            "sandbox": {"read_only": [str(INSTALLED), *_LIBRARIES]},
            "analyzers": self.written.get("analyzers", {}),
        }


_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_LIBRARIES = sorted({sysconfig.get_path(name) for name in ("purelib", "platlib")})


def laid_out(source: Path, folder: Path) -> Application:
    """A copy of the application as a git repository with one commit."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "installed.pth").write_text("\n".join([str(INSTALLED), *_LIBRARIES]) + "\n")
    repository = folder / "repository"
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "--all")
    git(repository, "commit", "-q", "-m", "The application")
    return Application(folder, tomllib.loads((folder / "application.toml").read_text(encoding="utf-8")))
