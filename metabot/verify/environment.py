"""What the target's commands need installed: made by its `setup` command, once, and kept.

Setup runs at the base revision, outside the sandbox, with the network, and with an environment of named variables
only: no secret of the user's is in it unless `target.setup_environment` names it. It is made again when the command,
the manifests and lock files at the base, or the interpreter change. `setup` may be several commands joined by `&&`.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from metabot.config import Settings, Target
from metabot.errors import RepositoryError
from metabot.git import Repository
from metabot.redact import redact
from metabot.target_repository import target_repository
from metabot.verify import commands, protected
from metabot.verify.dress import PLAIN
from metabot.verify.limits import of
from metabot.verify.paths import matches
from metabot.verify.process import Ended, run
from metabot.verify.scratch import Scratch, remove, scratch
from metabot.verify.unmet import Unmet

_SHOWN: Final = 1_500  # characters of setup's output in a message
_DISK_FULL: Final = ("File too large", "No space left on device")  # how a program tells a limit that its writes came to
_RAISED: Final = {"time": "sandbox.seconds", "memory": "sandbox.memory_mb", "disk": "sandbox.disk_mb"}
_OF_A_SHELL: Final = {"|", "||", ";", "&", ">", ">>", "<"}
_PASSED: Final = (
    *("PATH", "LANG", "LC_ALL"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    "GIT_SSL_CAINFO",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEnvironment:
    folder: Path | None  # what {env} stands for; None: no setup command
    tree_at: Path  # where setup saw the repository, and where the sandbox shows it: `pip install -e .` holds for head

    def places(self) -> Mapping[str, Path]:
        """Placeholders of commands and what they stand for."""
        env = {} if self.folder is None else {"env": self.folder}
        return {**env, "python": commands.BASE_PYTHON}

    def shown_at(self, place: Path) -> Path:
        """The place for the repository; where setup saw it, if there was one: what it installed may name that."""
        return place if self.folder is None else self.tree_at


def target_environment(settings: Settings, progress: Callable[[str], None] = lambda _: None) -> Path:
    """The folder that `{env}` stands for at the base branch, made if it is not there.

    Raises RepositoryError where the target, its base branch or its setup command is missing or setup fails.
    """
    repository, revision = base_of(settings)
    made = prepared(settings, repository, revision, progress)
    if isinstance(made, Unmet):
        raise RepositoryError(made.detail)
    if made.folder is None:
        raise RepositoryError("target.setup is empty, so there is no environment. Write the command that makes {env}.")
    return made.folder


def base_of(settings: Settings) -> tuple[Repository, str]:
    """The target repository and the commit that its base branch stands at. Raises RepositoryError."""
    target = settings.target
    repository = target_repository(settings)
    revision = repository.resolve(target.base_branch)
    if revision is None:
        message = f"{target.repository}: has no branch {target.base_branch}.\n  Set target.base_branch to one it has."
        raise RepositoryError(message)
    return repository, revision


def prepared(
    settings: Settings, repository: Repository, revision: str, progress: Callable[[str], None]
) -> TargetEnvironment | Unmet:
    """The environment for a base revision: the one that is kept, or a new one."""
    setup = settings.target.setup
    if not commands.words(setup):
        return TargetEnvironment(folder=None, tree_at=PLAIN.tree)
    place = settings.state.resolve() / "environments" / _key(setup, repository, revision)
    made = TargetEnvironment(folder=place / "env", tree_at=place / "tree")
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place.parent, repository)
    with FileLock(place.with_suffix(".lock")):
        # Not built elsewhere and renamed: the scripts of a virtual environment hold its absolute path.
        if not (place / "ready").exists():
            repository.prune_worktrees(place)
            remove(place)
            progress("setup: installing what the target needs")
            with scratch(place) as folders, repository.worktree(revision, made.tree_at) as tree:
                failed = _set_up(settings, made, tree, folders)
            if failed is not None:
                remove(place)
                return Unmet("sound", "setup failed", failed)
            (place / "ready").touch()
    return made


def _sweep(environments: Path, repository: Repository) -> None:
    """Removes what killed runs left half made; what another run is making is locked, and stays."""
    for place in environments.iterdir():
        if place.is_dir() and not (place / "ready").exists():
            with suppress(Timeout), FileLock(place.with_suffix(".lock"), timeout=0):
                if not (place / "ready").exists():
                    repository.prune_worktrees(place)
                    remove(place)


def _set_up(settings: Settings, made: TargetEnvironment, tree: Path, folders: Scratch) -> str | None:
    """None where every step ended well, else what happened."""
    names = (*_PASSED, *settings.target.setup_environment)
    environment = {name: os.environ[name] for name in names if name in os.environ}
    environment |= {"HOME": str(folders.home), "TMPDIR": str(folders.temporary)}
    for step in commands.steps(settings.target.setup):
        filled = [commands.filled(word, {**made.places(), **commands.installer(word)}) for word in step]
        ended = run(filled, cwd=tree, environment=environment, limits=of(settings.sandbox))
        if ended.exit_code != 0 or ended.limit is not None:
            return _failure(step, ended)
    return _without_folder(settings.target, made)


def _without_folder(target: Target, made: TargetEnvironment) -> str | None:
    """A setup that made no folder: none was wanted, or it is said who wants it. An empty one is made then."""
    assert made.folder is not None
    if made.folder.is_dir():
        return None
    commanded = {"setup": target.setup, "test": target.test, "evaluate": target.evaluate, "benchmark": target.benchmark}
    wants = next((name for name, command in commanded.items() if "{env}" in command), None)
    if wants is not None:
        return f"target.setup ended well and made no {{env}}, which target.{wants} names. Let it make that folder."
    made.folder.mkdir(parents=True, exist_ok=True)
    return None


def _failure(step: commands.Words, ended: Ended) -> str:
    full = next((word for word in _DISK_FULL if word in ended.output), None)
    limit = ended.limit or ("disk" if full else None)
    how = f"exited with {ended.exit_code}" if limit is None else f"ran out of {limit}"
    raises = "" if limit is None else f"Raise {_RAISED[limit]}. "
    shell = "No shell runs it: write sh -c '…' where it needs one. " if set(step) & _OF_A_SHELL else ""
    output = redact(ended.output)[0].strip()[-_SHOWN:] or "It printed nothing."
    todo = "Run it by hand at the base, then mend target.setup; names in target.setup_environment are passed on."
    return f"target.setup: `{' '.join(step)}` {how}. {raises}{shell}{todo} Its last output:\n{output}"


def _key(setup: str, repository: Repository, revision: str) -> str:
    """Names an environment by all that goes into it."""
    manifests = protected.NEVER["a manifest or lock file"]
    files = [path for path in repository.files(revision) if matches(path.casefold(), manifests)]
    found = {step[0]: shutil.which(step[0]) for step in commands.steps(setup)}
    programs = {name: os.path.realpath(path) if path else name for name, path in found.items()}  # {python} is none
    parts = [
        setup,
        programs,
        [platform.python_version(), str(commands.BASE_PYTHON)],
        {path: repository.read(revision, path) for path in sorted(files)},
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
