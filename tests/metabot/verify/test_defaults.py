"""The commands that a repository's own files suggest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.config import Target
from metabot.verify.commands import steps, words
from metabot.verify.defaults import Defaults, detected

TESTED = {"tests/test_a.py": "import pytest"}
PYPROJECT = {"pyproject.toml": '[dependency-groups]\ndev = ["pytest>=9"]\n', **TESTED}


def linked(tool: str, install: str, run: str) -> tuple[str, str]:
    """Node's modules are kept in {env}, and linked to by each run."""
    setup = f"{install} && mkdir -p {{env}} node_modules && mv node_modules {{env}}/node_modules"
    return setup, f"sh -c 'ln -s {{env}}/node_modules node_modules && {run} \"$@\"' {tool}"


@pytest.mark.parametrize(
    ("files", "setup", "test"),
    [
        pytest.param(
            {"pyproject.toml": "[tool.pytest]", **TESTED}, "python3 -m venv {env} && {env}/bin/pip install -e . pytest",
            "{env}/bin/python -m pytest -q", id="a project file",
        ),
        pytest.param(
            PYPROJECT,
            "python3 -m venv {env} && {env}/bin/pip install --upgrade pip && "
            "{env}/bin/pip install -e . --group dev pytest",
            "{env}/bin/python -m pytest -q", id="a group of what the tests need",
        ),
        pytest.param(
            {"pyproject.toml": "[project.optional-dependencies]\nall = []\ntest = ['pytest']\ndev = []\n", **TESTED},
            "python3 -m venv {env} && {env}/bin/pip install -e .[test] pytest",
            "{env}/bin/python -m pytest -q", id="an extra of what the tests need",
        ),
        pytest.param(
            {"requirements.txt": "pytest==9.0.2 --hash=sha256:00\n", **TESTED},
            "python3 -m venv {env} && {env}/bin/pip install -r requirements.txt",
            "{env}/bin/python -m pytest -q", id="requirements with hashes, beside which pip takes none without",
        ),
        pytest.param(
            {"pdm.lock": "", **TESTED},
            "python3 -m venv {env} && {env}/bin/pip install pdm && env VIRTUAL_ENV={env} {env}/bin/pdm sync",
            "{env}/bin/python -m pytest -q", id="pdm",
        ),
        pytest.param(
            {"agent.py": "", "test_a.py": "def test_a(): ..."}, "python3 -m venv {env} && {env}/bin/pip install pytest",
            "{env}/bin/python -m pytest -q", id="no manifest, and tests that unittest does not run",
        ),
        pytest.param(
            {**PYPROJECT, "uv.lock": ""}, "env UV_PROJECT_ENVIRONMENT={env} uv sync --frozen --all-groups",
            "{env}/bin/python -m pytest -q", id="uv",
        ),
        pytest.param(
            {**PYPROJECT, "poetry.lock": ""},
            "python3 -m venv {env} && {env}/bin/pip install poetry && "
            "env VIRTUAL_ENV={env} {env}/bin/poetry install --no-interaction",
            "{env}/bin/python -m pytest -q", id="poetry",
        ),
        pytest.param(
            {"requirements.txt": "requests\n", "test_a.py": ""},
            "python3 -m venv {env} && {env}/bin/pip install -r requirements.txt", "{env}/bin/python -m unittest",
            id="requirements and unittest",
        ),
        pytest.param(
            {"package.json": '{"scripts": {"test": "jest"}}'}, *linked("npm", "npm ci", "npm test --"), id="npm"
        ),
        pytest.param(
            {"package.json": '{"scripts": {"test": "jest"}}', "pnpm-lock.yaml": ""},
            *linked("pnpm", "pnpm install --frozen-lockfile", "pnpm test"), id="pnpm",
        ),
        pytest.param(
            {"package.json": '{"scripts": {"test": "jest"}}', "yarn.lock": ""},
            *linked("yarn", "yarn install --frozen-lockfile", "yarn test"), id="yarn",
        ),
        pytest.param(
            {"go.mod": "", "a_test.go": ""}, "env GOMODCACHE={env} go mod download",
            "env GOMODCACHE={env} go test ./...", id="Go",
        ),
        pytest.param(
            {"Cargo.toml": ""}, "env CARGO_HOME={env} cargo fetch --locked",
            "env CARGO_HOME={env} cargo test --offline", id="Rust",
        ),
    ],
)  # fmt: skip
def test_of_a_language(files: dict[str, str], setup: str, test: str) -> None:
    """Commands that the settings take as they are."""
    found = detected(files, files.get)
    assert found == Defaults(setup=setup, test=test)
    assert steps(found.setup)
    assert words(Target(setup=found.setup, test=found.test).test)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({}, "no manifest", id="nothing"),
        pytest.param({"Makefile": "", "sub/go.mod": ""}, "no manifest", id="a manifest below the top"),
        pytest.param({"pyproject.toml": ""}, "no tests", id="Python without tests"),
        pytest.param({"agent.py": ""}, "no tests", id="Python without a manifest and without tests"),
        pytest.param({"package.json": "{}"}, "no script named test", id="Node without tests"),
        pytest.param({"package.json": "[1"}, "no script named test", id="a torn manifest"),
        pytest.param(
            {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'},
            "no script named test", id="npm's own placeholder",
        ),
        pytest.param({"go.mod": ""}, "no _test.go", id="Go without tests"),
    ],
)  # fmt: skip
def test_nothing_is_made_up(files: dict[str, str], said: str) -> None:
    """No test command, and the reason."""
    found = detected(files, files.get)
    assert found.test == ""
    assert said in found.advice()


@given(st.text(max_size=100))
def test_never_raises(text: str) -> None:
    """Whatever a manifest holds."""
    for name in ("pyproject.toml", "package.json", "go.mod"):
        detected({name}, lambda _: text)
