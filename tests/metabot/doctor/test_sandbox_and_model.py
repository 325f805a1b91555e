"""What changes are tried in, and who writes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metabot.doctor import model, sandbox
from metabot.doctor.line import State
from tests.metabot.doctor.looked import made, only


def test_no_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name that shuts nothing in is found out."""
    (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (found,) = list(sandbox.sandbox(made(tmp_path)))
    assert found.state == "problem"
    assert "apt-get install bubblewrap" in found.todo


def test_no_isolation_is_a_warning(tmp_path: Path) -> None:
    """The word that the user wrote."""
    assert only(sandbox.sandbox, made(tmp_path, sandbox={"kind": "none"}))[0] == "warning"


@pytest.mark.parametrize(
    ("values", "state", "said"),
    [
        pytest.param({}, "ok", "by recipes alone", id="none"),
        pytest.param({"name": "m"}, "problem", "base_url is not", id="no address"),
        pytest.param({"base_url": "http://127.0.0.1:1/v1"}, "problem", "name is not", id="no name"),
        pytest.param({"script": "absent.toml"}, "problem", "is not there", id="no script"),
        pytest.param(
            {"base_url": "http://127.0.0.1:1/v1", "name": "m", "api_key_variable": "A_KEY"},
            "problem", "variable A_KEY holds no key", id="no key",
        ),
        pytest.param({"base_url": "http://127.0.0.1:1/v1", "name": "m"}, "ok", "not asked", id="complete"),
    ],
)  # fmt: skip
def test_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], state: State, said: str
) -> None:
    """Settings alone: nothing is asked."""
    monkeypatch.delenv("A_KEY", raising=False)
    found = only(model.model, made(tmp_path, model=values))
    assert (found[0], said in found[1]) == (state, True)
