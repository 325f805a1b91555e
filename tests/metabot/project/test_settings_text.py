"""The settings that are written, against those that people wrote for the same projects."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from metabot import config
from metabot.project.project import look
from metabot.project.settings_text import settings_text
from tests.metabot.project.projects import AGENT, written
from tests.repositories import commit, git

APPLICATIONS = sorted(path.parent for path in Path(__file__).parents[2].glob("applications/*/*/application.toml"))


def text_of(folder: Path) -> str:
    return settings_text(look(folder), now_ns=1_800_000_000 * 10**9)


@pytest.mark.parametrize("application", [pytest.param(path, id=path.name) for path in APPLICATIONS])
def test_the_evaluation_of_an_application(tmp_path: Path, application: Path) -> None:
    """It is the one that was written by hand; where that takes arguments, a comment for a person to complete."""
    files = [path for path in (application / "repository").rglob("*.*") if path.is_file() and path.suffix != ".pyc"]
    commit(tmp_path, {str(path.relative_to(application / "repository")): path.read_text() for path in files})
    by_hand = tomllib.loads((application / "application.toml").read_text())["evaluate"].replace("{env}/bin/", "")
    text = text_of(tmp_path)
    told = tomllib.loads(text)["target"].get("evaluate")
    wanted, _, arguments = re.sub(r"python (\w+)\.py", r"python -m \1", by_hand).partition(" --")
    if told is None:
        assert arguments
        assert f'# evaluate = "{{env}}/bin/{wanted}"' in text
    else:
        assert told == f"{{env}}/bin/{wanted}"
        assert not any("argv" in path.read_text() for path in files if path.stem == wanted.rpartition(".")[2])


def test_what_a_person_completes_loads_as_well(tmp_path: Path) -> None:
    """Each setting that stands as a comment is one that metabot knows, of the right type."""
    commit(tmp_path, {"agent.py": AGENT, "evaluate.py": "print('fine')"})
    commented = re.sub(r"^# (?=\w+ = |\[)", "", text_of(tmp_path), flags=re.MULTILINE)
    settings = config.parse(tomllib.loads(commented), name="config.toml", root=tmp_path)
    assert settings.target.environment["OPENAI_BASE_URL"] == "{model}"
    assert settings.target.model_script is not None
    assert settings.target.evaluate.endswith("-m evaluate")
    assert settings.sources


def test_nothing_but_what_differs_is_written(tmp_path: Path) -> None:
    """Of a folder without a repository no live setting is left."""
    assert tomllib.loads(text_of(written(tmp_path, {"agent.py": AGENT}))) == {}


@pytest.mark.parametrize(
    ("url", "live", "api"),
    [
        pytest.param("git@github.com:acme/desk.git", True, "", id="github.com"),
        pytest.param("https://acme.ghe.com/acme/desk", True, "https://api.acme.ghe.com", id="GitHub's own subdomain"),
        pytest.param("git@git.acme.example:acme/desk.git", False, "https://git.acme.example/api/v3", id="any server"),
    ],
)
def test_where_pull_requests_go(tmp_path: Path, url: str, live: bool, api: str) -> None:
    """To GitHub where the host's name tells that it is; of another server a person knows."""
    commit(tmp_path, {"agent.py": AGENT})
    git(tmp_path, "remote", "add", "origin", url)
    text = text_of(tmp_path)
    assert tomllib.loads(text).get("publish", {}) == ({"kind": "github"} if live else {})
    assert tomllib.loads(text).get("github", {}).get("repository") == ("acme/desk" if live else None)
    assert f'api_url = "{api}"' in text or not api
