"""git, the target repository and its commands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metabot.doctor import repository
from metabot.doctor.checks import examined
from tests.metabot.doctor.looked import lines, made, only
from tests.metabot.project.projects import AGENT, TEST
from tests.repositories import commit


def test_git_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the version to install."""
    assert only(repository.git, made(tmp_path))[0] == "ok"
    monkeypatch.setenv("PATH", str(tmp_path))
    state, said = only(repository.git, made(tmp_path))
    assert (state, "2.34" in said) == ("problem", True)


def test_git_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it says itself."""
    (tmp_path / "git").write_text("#!/bin/sh\necho git version 2.20.1\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert only(repository.git, made(tmp_path))[0] == "problem"


@pytest.mark.parametrize(
    ("branch", "where", "said"),
    [
        pytest.param("main", "repository", "main is at", id="in order"),
        pytest.param("trunk", "repository", "has no branch trunk", id="the base branch is gone"),
        pytest.param("main", "plain", "not the top folder", id="no git repository"),
        pytest.param("main", "absent", "not the top folder", id="no folder"),
    ],
)
def test_the_target(tmp_path: Path, branch: str, where: str, said: str) -> None:
    """Found as a pass would find it."""
    commit(tmp_path / "repository", {"test_a.py": TEST})
    (tmp_path / "plain").mkdir()
    settings = made(tmp_path, target={"repository": where, "base_branch": branch})
    (found,) = [one.line for one in examined(settings, {"target": repository.target})]
    assert said in found.said
    assert (found.state == "ok") == (said == "main is at")


def test_no_target_is_a_warning(tmp_path: Path) -> None:
    """Findings are shown all the same; an address is not fetched."""
    assert only(repository.target, made(tmp_path))[0] == "warning"
    settings = made(tmp_path, target={"repository": "https://someone:ghp_secret@127.0.0.1:1/a/b"})
    state, said = only(repository.target, settings)
    assert (state, "ghp_secret" in said) == ("ok", False)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        pytest.param({}, 'test = "{env}/bin/python -m pytest -q" would fit', id="no test, with what would fit"),
        pytest.param({"test": "no-such-program -q"}, "no-such-program was not found", id="no such program"),
        pytest.param({"setup": "env A=b no-such-tool sync && x"}, "setup: no-such-tool was not", id="behind env"),
        pytest.param({"test": "{env}/bin/python -m pytest"}, "setup is empty", id="no setup for env"),
        pytest.param({"test": "sh -c true"}, "evaluate and benchmark are empty", id="nothing to measure with"),
    ],
)
def test_commands(tmp_path: Path, target: dict[str, str], said: str) -> None:
    """Nothing is run: what is written is looked up."""
    commit(tmp_path / "repository", {"test_a.py": TEST})
    found = lines(repository.commands, made(tmp_path, target={"repository": "repository", **target}))
    assert any(said in words for _, words in found), found


def test_an_evaluation_that_asks_a_model_in_vain(tmp_path: Path) -> None:
    """It would fail in the sandbox, which has no network; with recorded answers it does not."""
    commit(tmp_path / "repository", {"agent.py": AGENT})
    target = {"repository": "repository", "test": "sh -c true", "evaluate": "sh -c true"}
    state, said = lines(repository.commands, made(tmp_path, target=target))[0]
    assert (state, "metabot store cassette" in said) == ("warning", True)
    answered = made(tmp_path, target={**target, "model_script": "cassette.jsonl"})
    assert [state for state, _ in lines(repository.commands, answered)] == ["ok"]


def test_a_misspelt_placeholder(tmp_path: Path) -> None:
    """Is named with those that there are; a shell's variable and JSON are none."""
    commit(tmp_path, {"test_a.py": TEST})
    target = {
        "repository": ".",
        "setup": "true ${HOME}",
        "test": "{envv}/bin/python -m pytest {report}",
        "environment": {"SPANS": "{telemtry}", "SHAPE": '{"a": 1}'},
    }
    found = [one.line for one in examined(made(tmp_path, target=target), {"commands": repository.commands})]
    said = [line.said for line in found if "placeholder" in line.said]
    assert said == [
        "[target] test: {envv} is no placeholder of metabot's",
        "[target] environment.SPANS: {telemtry} is no placeholder of metabot's",
    ]
