"""What is told of small projects of several kinds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metabot.project.origin import Address
from metabot.project.project import look
from tests.metabot.project.projects import AGENT, TEST, written
from tests.metabot.telemetry.agent_logs.said import NOON, event, ours
from tests.repositories import commit, git


@pytest.mark.parametrize(
    ("text", "library", "line"),
    [
        pytest.param("import openai\n", "openai", 1, id="a module"),
        pytest.param("\nfrom anthropic import Anthropic as A\n", "anthropic", 2, id="from a module"),
        pytest.param("def f():\n    import litellm.utils\n", "litellm", 2, id="inside of a function"),
        pytest.param("from google import genai\n", "google.genai", 1, id="a part of a namespace"),
        pytest.param("from langchain_openai.chat_models import C\n", "langchain_openai", 1, id="below a module"),
        pytest.param("import httpx\nU = 'https://x/v1/chat/completions'\n", "plain HTTP", 2, id="an address"),
        pytest.param("await model.post('chat/completions')\n", "plain HTTP", 1, id="an address below a base"),
        pytest.param("c = boto3.client('bedrock-runtime')\n", "bedrock", 1, id="a client of Bedrock"),
    ],
)
def test_where_python_calls_a_model(tmp_path: Path, text: str, library: str, line: int) -> None:
    """By the syntax tree, with file and line."""
    (found,) = look(written(tmp_path, {"src/a.py": text})).used("model")
    assert (found.library, found.where) == (library, f"src/a.py:{line}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"""Calls import openai somewhere else."""\n', id="a docstring that says so"),
        pytest.param("# import openai\n", id="a comment"),
        pytest.param("import openai_like\n", id="a longer name"),
        pytest.param("from . import openai\n", id="a module of its own"),
        pytest.param("import ai\n", id="a name that is a library's in another language"),
    ],
)
def test_python_that_calls_none(tmp_path: Path, text: str) -> None:
    """Each of these once looked like a call of a model."""
    assert look(written(tmp_path, {"a.py": text})).uses == ()


@pytest.mark.parametrize(
    ("line", "kind", "library"),
    [
        pytest.param('import OpenAI from "openai";', "model", "openai", id="import"),
        pytest.param("const a = require('@anthropic-ai/sdk')", "model", "@anthropic-ai/sdk", id="require"),
        pytest.param('import { openai } from "@ai-sdk/openai"', "model", "@ai-sdk", id="a scope"),
        pytest.param('import { trace } from "@opentelemetry/api"', "instrumentation", "@opentelemetry", id="a trace"),
    ],
)
def test_where_typescript_does(tmp_path: Path, line: str, kind: str, library: str) -> None:
    """By the lines that import."""
    (found,) = look(written(tmp_path, {"a.ts": f"\n{line}\n"})).uses
    assert (found.kind, found.library, found.where) == (kind, library, "a.ts:2")


def test_tests_are_no_calls(tmp_path: Path) -> None:
    """What a test imports says nothing of the application."""
    assert look(written(tmp_path, {"tests/a.py": AGENT, "test_b.py": AGENT, "c.test.ts": 'from "openai"'})).uses == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("compose.yaml", "services:\n  environment:\n    OTEL_SERVICE_NAME: desk\n", id="compose, a map"),
        pytest.param("compose.yaml", 'a:\n  b:\n    - "OTEL_SERVICE_NAME=desk"\n', id="compose, a list"),
        pytest.param(".env.example", "KEY=secret\n\nOTEL_SERVICE_NAME='desk'\n", id="a file of the environment"),
        pytest.param("k8s/a.yml", "env:\n  - name: OTEL_SERVICE_NAME\n    value: desk\n", id="Kubernetes"),
        pytest.param("Dockerfile", "FROM x\n\nENV OTEL_SERVICE_NAME=desk A=b\n", id="a container"),
        pytest.param("run.sh", "\n\nexport OTEL_RESOURCE_ATTRIBUTES=a=b,service.name=desk,c=d\n", id="attributes"),
        pytest.param("t.py", '\n\nr = Resource.create({"service.name": "desk"})\n', id="a resource in Python"),
        pytest.param("t.py", '\n\nr = {ResourceAttributes.SERVICE_NAME: "desk"}\n', id="by a constant"),
        pytest.param("t.ts", "\n\nr = { [ATTR_SERVICE_NAME]: 'desk' }\n", id="a resource in TypeScript"),
        pytest.param("t.py", '\n\nlogfire.configure(service_name="desk")\n', id="logfire"),
    ],
)
def test_names_of_services(tmp_path: Path, path: str, text: str) -> None:
    """Wherever OpenTelemetry is given one."""
    (found,) = look(written(tmp_path, {path: text})).services
    assert (found.name, found.where) == ("desk", f"{path}:3")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("OTEL_SERVICE_NAME=${NAME:-desk}\n", id="put together elsewhere"),
        pytest.param('a = {"key": "service.name", "value": "x"}\n', id="the wire's own form"),
        pytest.param("OTEL_SERVICE_NAME=unknown_service\n", id="what stands for none"),
        pytest.param("OTEL_SERVICE_NAME=a b`rm`$(c)\x1b\n", id="no name"),
    ],
)
def test_no_name_of_a_service(tmp_path: Path, text: str) -> None:
    """A name that would be wrong leaves telemetry out, so that none is better."""
    names = [service.name for service in look(written(tmp_path, {"a.sh": text})).services]
    assert set(names) <= {"a"}


POETRY = "python3 -m venv {env} && {env}/bin/pip install poetry && env VIRTUAL_ENV={env} {env}/bin/poetry install"


@pytest.mark.parametrize(
    ("files", "setup", "test"),
    [
        pytest.param({"agent.py": AGENT, "test_agent.py": TEST}, "install pytest", "-m pytest -q", id="no manifest"),
        pytest.param(
            {"setup.py": "", "tests/test_a.py": "import unittest"}, "install -e .", "-m unittest", id="unittest"
        ),
        pytest.param({"uv.lock": "", "tests/test_a.py": TEST}, "uv sync --frozen", "-m pytest -q", id="uv"),
        pytest.param({"poetry.lock": "", "tests/test_a.py": TEST}, POETRY, "-m pytest -q", id="poetry"),
        pytest.param({"pdm.lock": "", "tests/test_a.py": TEST}, "{env}/bin/pdm sync", "-m pytest -q", id="pdm"),
        pytest.param(
            {"backend/pyproject.toml": "pytest", "backend/tests/test_a.py": TEST},
            "sh -c 'cd backend && python3 -m venv {env}", "{env}/bin/python -m pytest -q", id="one folder below",
        ),
    ],
)  # fmt: skip
def test_commands(tmp_path: Path, files: dict[str, str], setup: str, test: str) -> None:
    """By lock files and tests; `metabot.verify.defaults` has the languages."""
    found = look(written(tmp_path, files)).commands.defaults
    assert setup in found.setup
    assert found.test.endswith(test)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({}, "no manifest", id="an empty folder"),
        pytest.param({"a/package.json": "{}", "b/go.mod": ""}, "2 folders have one: a, b", id="several projects"),
        pytest.param({"web/package.json": '{"scripts": {"test": "jest"}}'}, "its tests run in web", id="Node below"),
        pytest.param({"Makefile": "test:\n\tctest\n"}, "`make test` takes no test file's path", id="make"),
        pytest.param({"pyproject.toml": "", "tox.ini": "[testenv]"}, "`tox` takes no", id="tox"),
    ],
)
def test_no_command_is_made_up(tmp_path: Path, files: dict[str, str], said: str) -> None:
    """The reason is said, so that a person can write it."""
    found = look(written(tmp_path, files)).commands.defaults
    assert found.test == ""
    assert said in str(found.unknown)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        pytest.param("https://github.com/acme/desk.git", ("github.com", "acme/desk"), id="https"),
        pytest.param("git@github.com:acme/desk.git", ("github.com", "acme/desk"), id="ssh"),
        pytest.param("https://x:ghp_secret@github.com/acme/desk", ("github.com", "acme/desk"), id="with a password"),
        pytest.param("ssh://git@git.acme.example:22/acme/desk", ("git.acme.example", "acme/desk"), id="a server"),
        pytest.param("https://gitlab.com/acme/desk.git", None, id="another host"),
        pytest.param("../remote.git", None, id="a folder"),
    ],
)
def test_the_address_of_a_repository(tmp_path: Path, url: str, address: tuple[str, str] | None) -> None:
    """Host and path alone: a password in the address is nowhere in what is told."""
    commit(tmp_path, {"a.py": ""})
    git(tmp_path, "remote", "add", "origin", url)
    found = look(tmp_path).origin
    assert found is not None
    assert found.has_remote
    assert found.address == (address and Address(host=address[0], repository=address[1]))
    assert "secret" not in repr(found)


def test_the_base_branch(tmp_path: Path) -> None:
    """The remote's default branch, else main, else master, else the one that is checked out."""
    commit(tmp_path, {"a.py": ""})
    assert _branch(tmp_path) == "main"
    git(tmp_path, "branch", "-m", "main", "trunk")
    assert _branch(tmp_path) == "trunk"
    git(tmp_path, "branch", "master")
    assert _branch(tmp_path) == "master"
    git(tmp_path, "update-ref", "refs/remotes/origin/trunk", "trunk")
    git(tmp_path, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert _branch(tmp_path) == "trunk"


def _branch(root: Path) -> str | None:
    found = look(root).origin
    assert found is not None
    return found.base_branch


def test_evaluations(tmp_path: Path) -> None:
    """What prints a score under any name stands before what is only named so; one with arguments behind one without."""
    files = {
        "evals/quality.py": "print('fine')",
        "src/desk/check.py": "print(json.dumps({'score': 1, 'cases': 2}))",
        "src/desk/run.py": "import argparse\nprint(json.dumps({'cases': 2, 'score': 1}))",
        "src/desk/game.py": "print({'score': 1, 'lives': 3})",
        "tests/test_evaluate.py": "print({'score': 1, 'cases': 2})",
        "evaluation.md": "",
    }
    found = look(written(tmp_path, files)).evaluations
    assert [(one.module, one.prints_score, one.ready) for one in found] == [
        ("desk.check", True, True),
        ("desk.run", True, False),
        ("evals.quality", False, False),
    ]


DAY = 1_700_000_000 * 10**9


def _export(service: str, start_ns: int) -> str:
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "chat", "startTimeUnixNano": str(start_ns)}
    span["endTimeUnixNano"] = str(start_ns + 10)
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]})


def test_telemetry_that_lies_about(tmp_path: Path) -> None:
    """Recognised by what it holds: files of one folder as a glob, the rest by name; settings and fixtures are none."""
    files = {
        "telemetry/a.jsonl": _export("desk", DAY),
        "telemetry/b.jsonl": _export("desk", DAY + 300),
        "package.json": "{}",
        "data.json": '{"a": 1}',
        "out/trace.json": _export("shop", DAY),
        "out/other.json": "[]",
        "tests/fixtures/x.json": _export("desk", DAY),
        "empty.json": "",
    }
    found = {one.pattern: one for one in look(written(tmp_path, files)).recordings}
    assert {pattern: (one.format, one.files) for pattern, one in found.items()} == {
        "telemetry/*.jsonl": ("otlp-json", 2),
        "out/trace.json": ("otlp-json", 1),
    }
    assert found["out/trace.json"].held.services == ("shop",)
    assert found["telemetry/*.jsonl"].held.newest_ns == DAY + 310
    assert (found["out/trace.json"].held.oldest_ns, found["out/trace.json"].held.newest_ns) == (DAY, DAY + 10)


def test_what_an_instrumented_application_writes_is_found_in_its_hidden_folder(tmp_path: Path) -> None:
    """By these two names alone; what else lies there is not looked into."""
    files = {
        ".metabot/events.jsonl": json.dumps(event()),
        ".metabot/trace.jsonl": json.dumps(ours()),
        ".metabot/other.jsonl": _export("desk", DAY),
    }
    found = {one.pattern: one for one in look(written(tmp_path, files)).recordings}
    assert {pattern: one.format for pattern, one in found.items()} == {
        ".metabot/events.jsonl": "event-log",
        ".metabot/trace.jsonl": "trace-lines",
    }
    assert {one.held.services for one in found.values()} == {("desk",)}
    assert found[".metabot/events.jsonl"].held.newest_ns == NOON * 10**9


def test_a_link_in_place_of_the_hidden_folder_is_not_followed(tmp_path: Path) -> None:
    """The folder is a stranger's."""
    elsewhere = written(tmp_path / "elsewhere", {"events.jsonl": json.dumps(event())})
    project = written(tmp_path / "project", {"README.md": ""})
    (project / ".metabot").symlink_to(elsewhere)
    assert look(project).recordings == ()
