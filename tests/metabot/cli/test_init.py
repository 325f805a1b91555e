"""`metabot init`: what is written for small projects, and what never is."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from metabot import config
from metabot.config import Settings
from tests.builders import model, trace
from tests.metabot.cli.command import metabot
from tests.metabot.cli.otlp_file import write
from tests.metabot.project.projects import AGENT, TEST, written
from tests.repositories import commit, git

UV = {
    "pyproject.toml": '[dependency-groups]\ndev = ["pytest>=9"]\n',
    "uv.lock": "",
    "src/desk/agent.py": AGENT,
    "tests/test_agent.py": TEST,
    "compose.yaml": "services:\n  desk:\n    environment:\n      OTEL_SERVICE_NAME: desk\n",
    "src/desk/evaluate.py": "import json\n\nprint(json.dumps({'score': 1.0, 'cases': 20}))\n",
}


def settings(root: Path, name: str = "config.toml") -> Settings:
    return config.load(root / name)


def test_a_project_of_uv_on_github(tmp_path: Path) -> None:
    """Everything that could be told stands in settings that load, each with how it was found."""
    commit(tmp_path, UV)
    git(tmp_path, "remote", "add", "origin", "https://someone:ghp_secret@github.com/acme/desk.git")
    done = metabot("init", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = settings(tmp_path)
    assert made.target.repository == tmp_path
    assert made.target.setup.startswith("env UV_PROJECT_ENVIRONMENT={env} uv sync")
    assert made.target.test == "{env}/bin/python -m pytest -q"
    assert made.target.evaluate == "{env}/bin/python -m desk.evaluate"
    assert made.target.services == ("desk",)
    assert (made.publish.kind, made.github.repository) == ("github", "acme/desk")
    text = (tmp_path / "config.toml").read_text()
    for how in ("src/desk/agent.py:3 (openai)", "desk by compose.yaml:4", "Told by pyproject.toml, uv.lock"):
        assert how in text
    assert "ghp_secret" not in text + done.stdout + done.stderr
    assert git(tmp_path, "status", "--porcelain") == "?? config.toml"


def test_a_project_in_typescript(tmp_path: Path) -> None:
    """By its lock file and the script of its manifest."""
    package = '{"scripts": {"test": "vitest run"}}'
    agent = 'import OpenAI from "openai";\nimport { trace } from "@opentelemetry/api";\n'
    commit(tmp_path, {"package.json": package, "package-lock.json": "{}", "src/agent.ts": agent})
    done = metabot("init", cwd=tmp_path)
    assert "src/agent.ts:1 (openai)" in done.stdout
    assert "src/agent.ts:2 (@opentelemetry)" in done.stdout
    made = settings(tmp_path).target
    assert made.setup.startswith("npm ci")
    assert "npm test" in made.test


def test_telemetry_becomes_a_source(tmp_path: Path) -> None:
    """With the window that a pass needs to see records that are older than a day, as those of a first try are."""
    written(tmp_path, {"agent.py": AGENT, "telemetry/.keep": ""})
    write(tmp_path / "telemetry/a.json", trace(model("chat", 100)))
    assert metabot("init", cwd=tmp_path).returncode == 0
    made = settings(tmp_path)
    assert [source.path for source in made.sources] == ["telemetry/a.json"]
    assert "recognised as otlp-json, the newest record of" in (tmp_path / "config.toml").read_text()
    assert made.meta_layer.analysis_window_hours > 24
    done = metabot("analyze", "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["overview"]["calls"] == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({}, "Name the folder of the application", id="an empty folder"),
        pytest.param({"a.ts": 'import O from "openai"'}, "not a git repository", id="no git repository"),
        pytest.param({"a.py": AGENT}, "Without telemetry metabot sees nothing", id="nothing is recorded"),
        pytest.param({"a.py": AGENT}, "Name a file, a folder or a glob", id="no telemetry"),
        pytest.param({"a.py": AGENT}, "Without one no change can be measured", id="no evaluation"),
        pytest.param({"a.py": AGENT}, "it has no tests", id="no tests"),
    ],
)
def test_what_was_not_found_is_said(tmp_path: Path, files: dict[str, str], said: str) -> None:
    """With what to do, on the terminal and in the settings, which load all the same."""
    done = metabot("init", cwd=written(tmp_path, files))
    assert done.returncode == 0
    for text in (done.stdout, (tmp_path / "config.toml").read_text().replace("\n#", "")):
        assert said in " ".join(text.split())
    assert settings(tmp_path).target.repository is None


def test_a_folder_inside_of_a_repository(tmp_path: Path) -> None:
    """The whole repository is looked at, since changes are written for it, and the settings lie at its top."""
    commit(tmp_path, {"services/desk/agent.py": AGENT, "web/package.json": "{}"})
    done = metabot("init", "services/desk", cwd=tmp_path)
    assert f"looking at {tmp_path}" in done.stderr
    assert "services/desk/agent.py:3" in done.stdout
    assert settings(tmp_path).target.repository == tmp_path


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    """The difference is shown; `--force` writes anew and keeps the old one; the third time nothing differs."""
    own = '[target]\nsetup = "mine"\n'
    written(tmp_path, {"config.toml": own, "agent.py": AGENT})
    done = metabot("init", cwd=tmp_path)
    assert done.returncode == 0
    assert '-setup = "mine"' in done.stdout
    assert (tmp_path / "config.toml").read_text() == own
    forced = metabot("init", "--force", cwd=tmp_path)
    assert "config.toml.before-1" in forced.stdout
    assert (tmp_path / "config.toml.before-1").read_text() == own
    assert "is as it would be written" in metabot("init", "--force", cwd=tmp_path).stdout
    assert not (tmp_path / "config.toml.before-2").exists()


def test_another_name(tmp_path: Path) -> None:
    """Where config.toml is the application's own; the next commands are told with it."""
    written(tmp_path, {"config.toml": "[mine]\n", "agent.py": AGENT})
    done = metabot("init", "--config", "metabot.toml", cwd=tmp_path)
    assert "metabot doctor --config metabot.toml" in done.stdout
    assert settings(tmp_path, "metabot.toml").target.repository is None
    assert metabot("init", "--config", "../metabot.toml", cwd=tmp_path).returncode == 2


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    """It prints the settings, and the workflow where that is asked for."""
    done = metabot("init", "--dry-run", "--workflow", cwd=written(tmp_path, {"agent.py": AGENT}))
    assert "# Settings of metabot" in done.stdout
    assert "workflow_dispatch" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent.py"]


def test_a_link_in_the_place_of_the_settings(tmp_path: Path) -> None:
    """Nothing is written through it, wherever it leads."""
    root = written(tmp_path / "root", {"agent.py": AGENT})
    (root / "config.toml").symlink_to(tmp_path / "elsewhere.toml")
    done = metabot("init", "--force", cwd=root)
    assert done.returncode == 2
    assert "is a link" in done.stderr
    assert not (tmp_path / "elsewhere.toml").exists()


def test_no_folder(tmp_path: Path) -> None:
    """It is said, and nothing is made."""
    done = metabot("init", "absent", cwd=tmp_path)
    assert done.returncode == 2
    assert "is no folder" in done.stderr


def test_the_workflow(tmp_path: Path) -> None:
    """It reads contents alone, never runs on a pull request, gives the token to metabot's own steps alone, and fails
    until the telemetry is fetched."""
    commit(tmp_path, UV)
    assert metabot("init", "--workflow", cwd=tmp_path).returncode == 0
    text = (tmp_path / ".github/workflows/metabot.yml").read_text()
    workflow = YAML(typ="safe").load(text)
    (job,) = workflow["jobs"].values()
    assert workflow["permissions"] == {}
    assert job["permissions"] == {"contents": "read"}
    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}
    for step in job["steps"]:
        holds = "secrets." in json.dumps(step)
        assert holds == ("bin/metabot" in step.get("run", "")), step
    fetch = next(step for step in job["steps"] if step.get("name") == "Fetch telemetry")
    assert "exit 1" in fetch["run"]
    for limit in ("starts empty", "GITHUB_TOKEN", "60 days", "docs.github.com"):
        assert limit in text


@given(name=st.text(min_size=1, max_size=30), text=st.text(max_size=60))
def test_whatever_a_project_holds_the_settings_load(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str
) -> None:
    """Names of files and their content end no comment and no value."""
    root = tmp_path_factory.mktemp("project")
    plain = name.replace("/", "-").replace("\0", "-").encode("utf-8", "replace")[:80].decode("utf-8", "ignore")
    if plain not in (".", ".."):
        (root / plain).mkdir()
        written(root / plain, {"pyproject.toml": text, "evaluate.py": text, "test_a.py": "import pytest"})
        written(root, {f"{plain}.py": f"{AGENT}\n", "a.env": f"OTEL_SERVICE_NAME={text}"})
    assert metabot("init", cwd=root).returncode == 0
    settings(root)


@pytest.mark.slow
def test_a_project_of_many_files(tmp_path: Path) -> None:
    """Ten thousand modules take seconds, not minutes."""
    for number in range(100):
        (tmp_path / f"package{number}").mkdir()
        for part in range(100):
            (tmp_path / f"package{number}/part{part}.py").write_text(AGENT)
    started = time.monotonic()
    assert metabot("init", cwd=tmp_path).returncode == 0
    assert time.monotonic() - started < 30


@pytest.mark.slow
def test_every_command_of_the_workflow_exists(tmp_path: Path) -> None:
    """With the option that it gives."""
    metabot("init", "--workflow", cwd=written(tmp_path, {"agent.py": AGENT}))
    workflow = YAML(typ="safe").load((tmp_path / ".github/workflows/metabot.yml").read_text())
    program = '"$RUNNER_TEMP/metabot/bin/metabot" '
    runs = [step["run"] for step in workflow["jobs"]["pass"]["steps"] if program in step.get("run", "")]
    assert len(runs) == 3
    for run in runs:
        words = run.removeprefix(program).partition(" --config config.toml")[0].split()
        done = metabot(*words, "--config", "absent.toml", cwd=tmp_path)
        assert (done.returncode, "absent.toml" in done.stderr) == (2, True), words
