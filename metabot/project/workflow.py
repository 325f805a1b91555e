"""A GitHub Actions workflow that runs metabot, with what such a runner cannot do said in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from metabot.config import Github
from metabot.errors import SettingsError
from metabot.project.project import Project
from metabot.render import render

PATH: Final = Path(".github/workflows/metabot.yml")
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]+")


def workflow_text(project: Project, *, config_file: Path) -> str:
    """For the settings file of this name. Raises SettingsError where the name cannot stand in a command as it is."""
    named = config_file.as_posix()
    if not _PLAIN.fullmatch(named):
        message = f"--config {named}: cannot stand in a workflow's command as it is."
        raise SettingsError(f"{message}\n  Use letters, digits, dots, dashes and slashes alone.")
    return render(
        "init/metabot.yml.j2",
        config_file=named,
        token_variable=Github.model_validate({}).token_variable,
        sources=", ".join(one.pattern for one in project.recordings if _PLAIN.fullmatch(one.pattern.replace("*", ""))),
    )
