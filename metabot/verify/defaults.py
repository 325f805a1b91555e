"""Which commands a repository's language would set up and test it with: a proposal for its settings, not more.

Read from the files at the top: Python (uv, poetry, pdm, requirements, a project file), Node (npm, pnpm, yarn), Go,
Rust. The first language whose manifest is there is taken, and Python where there is none but Python's own files. Where
there is no test to run, the reason is said.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

Read = Callable[[str], str | None]

_VENV: Final = "python3 -m venv {env} && {env}/bin/pip install"
_TEST_FILE: Final = re.compile(r"(^|/)(test_[^/]*|[^/]*_test)\.py$")
_FOR_PYTEST: Final = re.compile(
    r"^(import|from) pytest\b|^(async )?def test_", re.MULTILINE
)  # unittest runs no function
_FOR_TESTS: Final = ("tests", "test", "testing", "dev")  # what projects call what their tests need
_LOOKED_AT: Final = 20  # tests of a repository


@dataclass(frozen=True, slots=True)
class Defaults:
    setup: str = ""
    test: str = ""
    unknown: str | None = None  # why there is no test command

    def advice(self) -> str:
        """What to write, as a person would in the settings."""
        if self.unknown is not None:
            return f"None could be told from its files: {self.unknown}."
        setup = f"setup = {json.dumps(self.setup)} and " if self.setup else ""
        return f"By its files, {setup}test = {json.dumps(self.test)} would fit."


def detected(files: Collection[str], read: Read) -> Defaults:
    """The defaults for a repository of these files; `read` gives a file's text."""
    for manifests, language in _LANGUAGES:
        if any(name in files for name in manifests):
            return language(files, read)
    if any(name.endswith(".py") for name in files):
        return _python(files, read)
    return Defaults(unknown="it has no manifest of Python, Node, Go or Rust at its top")


def _python(files: Collection[str], read: Read) -> Defaults:
    texts = [read(name) or "" for name in sorted(files) if _may_name_pytest(name)]
    tests = [name for name in sorted(files) if _TEST_FILE.search(name)]
    has_pytest = (
        any("pytest" in text for text in texts)
        or any(name.rpartition("/")[2] == "conftest.py" for name in files)
        or any(_FOR_PYTEST.search(read(name) or "") for name in tests[:_LOOKED_AT])
    )
    if not has_pytest and not tests:
        return Defaults(setup=_python_setup(files, read, has_pytest=False), unknown="it has no tests")
    test = "{env}/bin/python -m " + ("pytest -q" if has_pytest else "unittest")
    return Defaults(setup=_python_setup(files, read, has_pytest=has_pytest), test=test)


def _may_name_pytest(name: str) -> bool:
    requirements = name.startswith("requirements") and name.endswith(".txt")
    return requirements or name in ("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "setup.py", "noxfile.py")


def _python_setup(files: Collection[str], read: Read, *, has_pytest: bool) -> str:
    if "uv.lock" in files:
        return "env UV_PROJECT_ENVIRONMENT={env} uv sync --frozen --all-groups"
    if "poetry.lock" in files:
        pip = f"{_VENV} poetry"
        return f"{pip} && env VIRTUAL_ENV={{env}} {{env}}/bin/poetry install --no-interaction"
    if "pdm.lock" in files:
        return f"{_VENV} pdm && env VIRTUAL_ENV={{env}} {{env}}/bin/pdm sync"
    lists = [name for name in sorted(files) if name.startswith("requirements") and name.endswith(".txt")]
    wanted = [*(f"-r {name}" for name in lists)]
    if not lists and ("pyproject.toml" in files or "setup.py" in files):
        wanted = _project(read("pyproject.toml"))
    pip = f"{_VENV} --upgrade pip && {{env}}/bin/pip install" if "--group" in wanted else _VENV
    # Where one requirement has a hash, pip takes none without.
    hashed = any("--hash=" in (read(name) or "") for name in lists)
    wanted += ["pytest"] if has_pytest and not hashed else []
    return " ".join([pip, *wanted]) if wanted else ""


def _project(manifest: str | None) -> list[str]:
    """The project itself, with what it says that its tests need. Groups are known to pip from 25.1 on."""
    try:
        stated = tomllib.loads(manifest or "")
    except (tomllib.TOMLDecodeError, RecursionError):
        stated = {}
    groups, project = stated.get("dependency-groups"), stated.get("project")
    extras = project.get("optional-dependencies") if isinstance(project, dict) else None
    group, extra = (
        next((name for name in _FOR_TESTS if isinstance(named, dict) and name in named), None)
        for named in (groups, extras)
    )
    return ["-e", f".[{extra}]" if extra else ".", *(["--group", group] if group else [])]


def _node(files: Collection[str], read: Read) -> Defaults:
    tool = "pnpm" if "pnpm-lock.yaml" in files else "yarn" if "yarn.lock" in files else "npm"
    setup = {"pnpm": "pnpm install --frozen-lockfile", "yarn": "yarn install --frozen-lockfile", "npm": "npm ci"}[tool]
    scripts = _object(read("package.json")).get("scripts")
    test = scripts.get("test") if isinstance(scripts, dict) else None
    if not isinstance(test, str) or "no test specified" in test:
        return Defaults(setup=setup, unknown="package.json has no script named test")
    run = "npm test --" if tool == "npm" else f"{tool} test"
    # What setup leaves in the repository is not there later: it is kept in {env}, and linked to by each run.
    keep = "mkdir -p {env} node_modules && mv node_modules {env}/node_modules"
    return Defaults(
        setup=f"{setup} && {keep}",
        test=f"sh -c 'ln -s {{env}}/node_modules node_modules && {run} \"$@\"' {tool}",
    )


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _go(files: Collection[str], _: Read) -> Defaults:
    if not any(name.endswith("_test.go") for name in files):
        return Defaults(unknown="it has no _test.go")
    return Defaults(setup="env GOMODCACHE={env} go mod download", test="env GOMODCACHE={env} go test ./...")


def _rust(_: Collection[str], __: Read) -> Defaults:
    return Defaults(setup="env CARGO_HOME={env} cargo fetch --locked", test="env CARGO_HOME={env} cargo test --offline")


_LANGUAGES: Final[tuple[tuple[tuple[str, ...], Callable[[Collection[str], Read], Defaults]], ...]] = (
    (("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "uv.lock", "poetry.lock", "pdm.lock"), _python),
    (("package.json",), _node),
    (("go.mod",), _go),
    (("Cargo.toml",), _rust),
)
MANIFESTS: Final = tuple(name for names, _ in _LANGUAGES for name in names)
