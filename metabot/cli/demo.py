"""`metabot demo`: the example application, taken the whole way on this machine alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from metabot import config
from metabot.cli.console import out, stopwatch, wrapped
from metabot.cli.run import print_pass
from metabot.errors import InputError, RepositoryError, SandboxError
from metabot.pipeline import Pass, Scope, run_pass
from metabot.render import asset
from metabot.stopped import Stopped
from metabot.verify.environment import target_environment

_MARK: Final = ".made-by-metabot-demo"
_TICKETS: Final = 60
_SPEED: Final = "4"  # the modelled times are divided by it, so that nobody waits for a model that is none
_LABELS: Final = (
    ("real", "the application, its telemetry, tests, counts and diffs"),
    (
        "modelled",
        f"token counts, cache hits and model times (by docs/replay.md, the recorded times {_SPEED} times as fast)",
    ),
    (
        "scripted",
        (
            "the model's answers, hence the evaluation's scores; and the model that writes where no recipe does, hence "
            "every figure of that change"
        ),
    ),
)


def demo(into: Path) -> None:
    folder = into.absolute()
    say = stopwatch()
    _make_room(folder)
    say(f"copying the application into {into}, as a git repository with a bare remote")
    _lay_out(folder)
    settings = config.load(folder / "config.toml")
    say("installing what the application needs (once; kept for its tests)")
    environment = target_environment(settings)
    say(f"running it on {_TICKETS} tickets against the replay server")
    _record(folder, environment / "bin/python", say)
    done = run_pass(settings, Scope(), progress=say)
    out()
    print_pass(done)
    out()
    out("\n".join(_closing(into, done)))
    if done.result == "no sandbox":
        sys.exit(SandboxError.exit_code)


def _make_room(folder: Path) -> None:
    """Start from nothing, but only ever remove a folder that an earlier demo made."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise InputError(f"{folder}: is not empty and no demo made it.\n  Name another folder with --into.")
        keep = folder / ".metabot/environments"
        for entry in folder.iterdir():
            if entry.name == ".metabot":
                _empty_but(entry, keep)
            else:
                _remove(entry)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def _empty_but(folder: Path, keep: Path) -> None:
    for entry in folder.iterdir():
        if entry != keep:
            _remove(entry)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()


def _lay_out(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".*cache", "*.egg-info")
    shutil.copytree(asset("examples/support_desk"), folder / "support_desk", ignore=ignored)
    shutil.copy(asset("examples/support_desk.metabot.toml"), folder / "config.toml")
    for script in ("support_desk.replay.toml", "author.replay.toml"):
        shutil.copy(asset(f"examples/{script}"), folder / script)
    (folder / "telemetry").mkdir()
    _git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    inside = folder / "support_desk"
    _git(inside, "init", "--quiet", "--initial-branch=main")
    _git(inside, "add", "--all")
    _git(inside, "commit", "--quiet", "--message", "The support desk")
    _git(inside, "remote", "add", "origin", "../remote.git")
    _git(inside, "push", "--quiet", "origin", "main")


def _git(folder: Path, *arguments: str) -> None:
    """Plain git for a repository of our own making, without the user's settings or identity."""
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _IDENTITY.items()}
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ.get("PATH", os.defpath)}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**own, **who}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RepositoryError(f"{folder}: git {arguments[0]} failed: {done.stderr.strip()}")


_IDENTITY: Final = {"NAME": "Support Desk", "EMAIL": "support-desk@example.invalid"}


def _record(folder: Path, python: Path, say: Callable[[str], None]) -> None:
    """Run the application itself; its telemetry is the demo's input."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "OPENAI_BASE_URL": "{model}",
        "OPENAI_API_KEY": "none-needed",
        "SUPPORT_DESK_TELEMETRY": str(folder / "telemetry/support_desk.jsonl"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    script = str(folder / "support_desk.replay.toml")
    application = [str(python), "-m", "support_desk.run", "--tickets", str(_TICKETS)]
    command = [sys.executable, "-m", "metabot.replay", script, "--speed", _SPEED, "--then", *application]
    with subprocess.Popen(
        command,
        cwd=folder / "support_desk",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        last = ""
        for number, line in enumerate(process.stdout, 1):
            last = line.strip()
            if number % 10 == 0:
                say(f"{number} tickets")
    if process.returncode != 0:
        raise InputError(f"{folder}: the application ended with exit code {process.returncode}: {last}")
    say(last)


def _called() -> str:
    """How the user calls metabot: by name where it is on PATH, else by the path from here."""
    program = Path(sys.argv[0]).absolute()
    if shutil.which("metabot") == str(program):
        return "metabot"
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)


def _pointers(*rows: tuple[str, str]) -> list[str]:
    width = max(len(where) for where, _ in rows)
    return [f"  {where:<{width}}  {what}" for where, what in rows]


def _closing(into: Path, done: Pass) -> list[str]:
    stops = Counter(outcome.end.stage for outcome in done.outcomes if isinstance(outcome.end, Stopped))
    opened = len(done.outcomes) - sum(stops.values())
    found = len(done.analysis.findings)
    summary = f"{found} found, {opened} opened, {sum(stops.values())} stopped"
    called = _called()
    return [
        *wrapped(f"{summary}. metabot never merges: that is for a person to do."),
        "",
        "where to look",
        *_pointers(
            (f"{into}/pull-requests/", "the pull requests"),
            (f"git --git-dir {into}/remote.git branch", "their branches"),
            (f"{into}/telemetry/", "what was recorded"),
            (f"{called} show ID --config {into}/config.toml", "all about one finding"),
            (f"{called} proposal list --config {into}/config.toml", "the proposals and their proof"),
            (f"{called} run --config {into}/config.toml", "again: opens nothing"),
        ),
        "",
        "which figures are what",
        *(line for label, what in _LABELS for line in wrapped(what, first=f"  {label:<10}", indent=" " * 12)),
    ]
