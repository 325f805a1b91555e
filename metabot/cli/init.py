"""`metabot init`: looks at a project and writes its settings."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

from metabot import config
from metabot.cli.console import out, printable, remark, wrapped
from metabot.errors import InputError, SettingsError
from metabot.project.origin import top
from metabot.project.project import Project, look
from metabot.project.settings_text import settings_text
from metabot.project.told import told
from metabot.project.workflow import PATH as WORKFLOW
from metabot.project.workflow import workflow_text
from metabot.project.writing import Written, ignore_state, write


def init(path: Path, *, name: Path, workflow: bool, force: bool, dry_run: bool) -> None:
    if name.name != str(name):
        raise SettingsError(f"--config {name}: is no file at the project's top.\n  Name it without a folder.")
    project = look(_root(path))
    text = settings_text(project, now_ns=time.time_ns())
    config.parse(tomllib.loads(text), name=name.name, root=project.root)
    files = {project.root / name: text}
    if workflow:
        files[project.root / WORKFLOW] = workflow_text(project, config_file=name)
    if dry_run:
        out("\n".join(files.values()))
        return
    _print_told(project)
    for file, content in files.items():
        _print_written(file.relative_to(project.root), write(file, content, force=force))
    if ignore_state(project.root):
        out("wrote .metabot/.gitignore: what metabot keeps there stays out of the repository")
    _print_next(project.root, name)


def _root(path: Path) -> Path:
    if not path.is_dir():
        raise InputError(f"{path}: is no folder.\n  Name the folder of the project.")
    folder = path.resolve()
    root = top(folder) or folder
    if root != folder:
        remark(f"looking at {printable(str(root))}, the repository that {printable(folder.name)} lies in")
    return root


def _print_told(project: Project) -> None:
    for one in told(project):
        for line in wrapped(one.found, first=f"{one.subject:15}  ", indent=" " * 17):
            out(line)
        for line in wrapped(one.todo, first=" " * 17 + "→ ", indent=" " * 19) if one.todo else ():
            out(line)
    out()


def _print_written(file: Path, written: Written) -> None:
    shown = printable(str(file))
    match written.outcome:
        case "written":
            out(f"wrote {shown}")
        case "replaced":
            backup = written.backup.name if written.backup is not None else ""
            out(f"wrote {shown}; the one that was there is {printable(backup)} now")
        case "the same":
            out(f"{shown} is as it would be written")
        case "kept":
            out(f"{shown} is there, and kept. Written anew it would differ by:")
            out(written.diff)
            out("--force writes it anew and keeps the old one beside it; --config FILE writes another one.")


def _print_next(root: Path, name: Path) -> None:
    named = "" if name == config.DEFAULT_FILE else f" --config {name}"
    here = "" if root == Path.cwd() else f"cd {root} && "
    out(f"\nNext: {here}metabot doctor{named}, then: metabot run --dry-run{named}")
