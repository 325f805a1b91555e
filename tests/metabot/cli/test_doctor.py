"""`metabot doctor` as a person and a script meet it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.metabot.cli.command import metabot
from tests.metabot.doctor.looked import export
from tests.repositories import commit, git

EVALUATE = "import json\n\nprint(json.dumps({'score': 1.0, 'cases': 20}))\n"
TEST = "import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self): ...\n"
SETTINGS = """
[[sources]]
path = "telemetry"

[target]
repository = "desk"
test = "{python} -m unittest"
evaluate = "{python} evaluate.py"
"""


@pytest.fixture
def in_order(tmp_path: Path) -> Path:
    """A folder in which everything is in place."""
    commit(tmp_path / "desk", {"test_a.py": TEST, "evaluate.py": EVALUATE})
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(tmp_path / "desk", "remote", "add", "origin", "../remote.git")
    export(tmp_path / "telemetry", ns=time.time_ns() - 10**9)
    (tmp_path / "config.toml").write_text(SETTINGS)
    return tmp_path


@pytest.mark.slow
def test_everything_in_order(in_order: Path) -> None:
    """Exit code 0, and a line for each check."""
    done = metabot("doctor", cwd=in_order)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("0 problems, 0 warnings\n")
    checks = {line.split()[0] for line in done.stdout.splitlines() if line and not line.startswith(" ")}
    named = (
        "store",
        "ledger",
        "sources",
        "clock",
        "git",
        "target",
        "commands",
        "sandbox",
        "model",
        "publish",
        "schedule",
        "monitoring",
    )
    assert set(named) <= checks


@pytest.mark.slow
def test_several_problems_at_once(in_order: Path) -> None:
    """Each is said with what to do; exit code 4; the rest is looked at all the same."""
    (in_order / "config.toml").write_text(SETTINGS + 'base_branch = "trunk"\n[store]\npath = "notes"\n')
    (in_order / "notes").write_text("notes of mine " * 1_000)
    done = metabot("doctor", "--format", "json", cwd=in_order)
    assert done.returncode == 4
    said = json.loads(done.stdout)
    assert said["schema"] == "metabot.doctor/1"
    problems = {line["check"]: line for line in said["lines"] if line["state"] == "problem"}
    assert set(problems) == {"store", "target"}
    assert said["problems"] == 2
    assert all(line["todo"] for line in problems.values())
    assert {"check": "model", "state": "ok"}.items() <= next(
        line for line in said["lines"] if line["check"] == "model"
    ).items()


def test_without_settings(tmp_path: Path) -> None:
    """What would be looked at is not known: it says how to get them."""
    done = metabot("doctor", cwd=tmp_path)
    assert done.returncode == 2
    assert "metabot init" in done.stderr


@pytest.mark.slow
def test_no_secret_is_printed(in_order: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the token or the key, nor a part of them, nor a password in an address."""
    monkeypatch.setenv("METABOT_GITHUB_TOKEN", "github_pat_" + "Zq8" * 20)
    monkeypatch.setenv("A_KEY", "sk-" + "Zq8" * 12)
    text = SETTINGS.replace('"desk"', '"https://someone:ghp_Zq8Zq8Zq8@127.0.0.1:1/a/b"')
    model = (
        '[model]\nbase_url = "http://127.0.0.1:1/v1"\nname = "m"\napi_key_variable = "A_KEY"\ndeadline_seconds = 1\n'
    )
    (in_order / "config.toml").write_text(text + model)
    done = metabot("doctor", "--ask", cwd=in_order)
    assert done.returncode == 4
    assert "m at 127.0.0.1:1" in " ".join(done.stdout.split())
    assert "Zq8" not in done.stdout + done.stderr
