"""git, the target repository with its base branch, and the commands that are run there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from metabot.config import Settings, Target
from metabot.config_values import Remote
from metabot.doctor.line import Line, ok, problem, warning
from metabot.errors import RepositoryError
from metabot.project.told import NO_EVALUATION, NO_NETWORK
from metabot.project.tree import Tree
from metabot.project.uses import uses
from metabot.verify.commands import steps, words
from metabot.verify.defaults import detected
from metabot.verify.environment import base_of

_OLDEST: Final = (2, 34)
_SECONDS: Final = 10.0
_PLACEHOLDERS: Final = ("env", "python", "report", "telemetry", "model", "tools")
_BRACED: Final = re.compile(r"(?<!\$)\{([a-z_]+)\}")


def git(_: Settings) -> Iterator[Line]:
    """Its version."""
    todo = f"Install git {'.'.join(map(str, _OLDEST))} or newer."
    program = shutil.which("git")
    if program is None:
        yield problem("git was not found on PATH", todo)
        return
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=False)
    found = re.search(r"(\d+)\.(\d+)", done.stdout)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST:
        yield problem(f"{program} is {done.stdout.strip() or 'of an unknown version'}", todo)
        return
    yield ok(done.stdout.strip())


def target(settings: Settings) -> Iterator[Line]:
    """The repository and its base branch; an address is not fetched."""
    where = settings.target.repository
    if where is None:
        yield warning(
            "[target] repository names none: findings are shown and nothing is proposed",
            "Name the folder of the repository that the telemetry comes from.",
        )
        return
    if isinstance(where, Remote):
        yield ok(f"{where}: an address, not fetched here; the next pass does")
        return
    _, revision = base_of(settings)
    yield ok(f"{where}: {settings.target.base_branch} is at {revision[:12]}")


def commands(settings: Settings) -> Iterator[Line]:
    """Whether there are any, and their programs; nothing is run."""
    wanted = settings.target
    if wanted.repository is None:
        return
    if not words(wanted.test):
        yield problem("[target] test is empty, so that no change can be proved", _advice(settings))
    if not words(wanted.evaluate) and not words(wanted.benchmark):
        yield warning("[target] evaluate and benchmark are empty", NO_EVALUATION)
    elif _asks_in_vain(wanted):
        yield warning("[target] evaluate is set, the repository calls a model, and nothing answers", NO_NETWORK)
    if not words(wanted.setup) and "{env}" in f"{wanted.test}{wanted.evaluate}{wanted.benchmark}":
        yield problem("[target] setup is empty, and other commands name {env}", "Write the command that fills {env}.")
    for setting, name in _unknown(wanted):
        known = ", ".join(f"{{{one}}}" for one in _PLACEHOLDERS)
        yield problem(f"[target] {setting}: {{{name}}} is no placeholder of metabot's", f"There are {known}.")
    missing = list(dict.fromkeys(_missing(wanted)))
    for setting, program in missing:
        yield problem(
            f"[target] {setting}: {program} was not found on PATH", f"Install {program}, or mend the command."
        )
    if words(wanted.test) and not missing:
        yield ok("the programs of the commands are there")


def _unknown(wanted: Target) -> Iterator[tuple[str, str]]:
    """Words in braces that look like placeholders and are none. `${NAME}` is a shell's."""
    commands = {"setup": wanted.setup, "test": wanted.test, "evaluate": wanted.evaluate, "benchmark": wanted.benchmark}
    values = {f"environment.{name}": value for name, value in wanted.environment.items()}
    for setting, text in (commands | values).items():
        for name in dict.fromkeys(_BRACED.findall(text)):
            if name not in _PLACEHOLDERS:
                yield setting, name


def _asks_in_vain(wanted: Target) -> bool:
    if wanted.model_script is not None or not words(wanted.evaluate) or not isinstance(wanted.repository, Path):
        return False
    return any(use.kind == "model" for use in uses(Tree.of(wanted.repository)))


def _missing(wanted: Target) -> Iterator[tuple[str, str]]:
    """Programs that are looked up on PATH and not there; those below a placeholder are made by setup."""
    written = [("setup", step) for step in steps(wanted.setup)]
    named = (("test", wanted.test), ("evaluate", wanted.evaluate), ("benchmark", wanted.benchmark))
    for setting, command in [*written, *((name, words(command)) for name, command in named)]:
        program = _program(command)
        if program and "{" not in program and "/" not in program and shutil.which(program) is None:
            yield setting, program


def _program(command: tuple[str, ...]) -> str:
    """What `env A=b program` starts, else the first word."""
    rest = list(command)
    if rest[:1] == ["env"]:
        rest = rest[1:]
        while rest and "=" in rest[0]:
            rest.pop(0)
    return rest[0] if rest else ""


def _advice(settings: Settings) -> str:
    if isinstance(settings.target.repository, Path):
        try:
            repository, revision = base_of(settings)
        except RepositoryError:  # said by the check of the target
            return "Write the command that runs the repository's tests."
        return detected(repository.files(revision), lambda path: repository.read(revision, path)).advice()
    return "Write the command that runs the repository's tests."
