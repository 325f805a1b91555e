"""Each check against a problem that is there for real."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from metabot import config
from metabot.config import Settings
from metabot.doctor import clock, model, repository, rights, sandbox, schedule, storage, telemetry
from metabot.doctor.checks import examined
from metabot.doctor.line import Check, Line, State, ok
from metabot.errors import SettingsError
from metabot.ledger.ledger import Ledger
from metabot.lock import held
from metabot.publish.host import Rights
from metabot.store.store import opened
from tests.metabot.project.projects import TEST
from tests.repositories import commit, git

ROOT = Path(__file__).parents[3]
HOUR = 3_600 * 10**9


def made(root: Path, **sections: Any) -> Settings:
    return config.parse(sections, name="config.toml", root=root)


def lines(check: Check, settings: Settings) -> list[tuple[State, str]]:
    """What it says, with what to do; every problem and every warning says that."""
    found = list(check(settings))
    assert all(bool(line.todo) == (line.state != "ok") for line in found)
    return [(line.state, f"{line.said} → {line.todo}") for line in found]


def only(check: Check, settings: Settings) -> tuple[State, str]:
    (found,) = lines(check, settings)
    return found


def export(folder: Path, *, ns: int, service: str = "desk") -> None:
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "chat", "startTimeUnixNano": str(ns)}
    span["endTimeUnixNano"] = str(ns + 10)
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    folder.mkdir(exist_ok=True)
    text = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]})
    (folder / f"{service}.json").write_text(text)


# The store and the ledger.


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    """Before the first pass: neither file is there afterwards, nor a lock."""
    for check in (storage.store, storage.ledger, schedule.schedule):
        assert only(check, made(tmp_path))[0] == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_can_be_used(tmp_path: Path) -> None:
    """How much it holds."""
    settings = made(tmp_path)
    with opened(settings.store.path, purpose="a test", waiting=print):
        pass
    assert only(storage.store, settings)[1].startswith(f"{settings.store.path}: 0 spans")


def test_a_store_in_use_is_not_waited_for(tmp_path: Path) -> None:
    """By another process: it is said by which one, and is no problem."""
    settings = made(tmp_path)
    code = (
        "import sys\nfrom pathlib import Path\nfrom metabot.store.store import opened\n"
        "with opened(Path(sys.argv[1]), purpose='metabot run', waiting=print):\n"
        "    print('now', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(settings.store.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "now\n"
        state, said = only(storage.store, settings)
        other.kill()
    assert state == "warning"
    assert f"in use by metabot run, pid {other.pid}" in said


def _garbage(path: Path) -> None:
    path.write_bytes(b"notes of mine " * 1_000)


def _other_tables(path: Path) -> None:
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text VARCHAR)")


def _newer_store(path: Path) -> None:
    with opened(path, purpose="a test", waiting=print) as store:
        store.connection.execute("UPDATE schema_version SET version = 99")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(_garbage, "not a valid DuckDB", id="no database"),
        pytest.param(_other_tables, "but not metabot's", id="another program's"),
        pytest.param(_newer_store, "schema [99]", id="of another version"),
    ],
)
def test_a_store_that_cannot_be_used(tmp_path: Path, damage: Any, said: str) -> None:
    """In the words that a pass would say it with."""
    settings = made(tmp_path)
    settings.store.path.parent.mkdir()
    damage(settings.store.path)
    (found,) = [one.line for one in examined(settings, {"store": storage.store})]
    assert found.state == "problem"
    assert said in found.said
    assert found.todo


@pytest.fixture
def foreign_lock(tmp_path: Path) -> Iterator[None]:
    Ledger(made(tmp_path).ledger.path).begin_pass()
    connection = sqlite3.connect(made(tmp_path).ledger.path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.close()


@pytest.mark.slow
@pytest.mark.usefixtures("foreign_lock")
def test_a_ledger_that_is_locked(tmp_path: Path) -> None:
    """It is waited for a little, not as long as a pass does."""
    started = time.monotonic()
    (found,) = [one.line for one in examined(made(tmp_path), {"ledger": storage.ledger})]
    assert (found.state, "locked" in found.said) == ("problem", True)
    assert time.monotonic() - started < 10


def test_a_ledger_of_a_later_version(tmp_path: Path) -> None:
    """And not one byte of it is changed."""
    path = made(tmp_path).ledger.path
    Ledger(path).begin_pass()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    connection.close()
    (found,) = [one.line for one in examined(made(tmp_path), {"ledger": storage.ledger})]
    assert found.state == "problem"
    assert "version 99" in found.said


READ_ONLY = """
import os, sys
from pathlib import Path
from metabot import config
from metabot.doctor import storage
from metabot.doctor.checks import examined
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
settings = config.parse({}, name="config.toml", root=Path(sys.argv[1]))
for one in examined(settings, {"store": storage.store, "ledger": storage.ledger}):
    print(one.check, one.line.state, one.line.said, one.line.todo)
"""


@pytest.mark.slow
def test_what_this_user_may_not_write() -> None:
    """A folder, before there is a file in it, and a ledger that another user made."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        command = [sys.executable, "-c", READ_ONLY, str(root)]
        first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert f"store problem {root} cannot be written" in first
        Ledger(made(root).ledger.path).begin_pass()
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert "ledger problem" in second


def test_a_file_in_the_place_of_the_state_folder(tmp_path: Path) -> None:
    """It is said, whoever asks: root may write anywhere, but not there."""
    (tmp_path / ".metabot").touch()
    assert "is no folder" in lines(storage.store, made(tmp_path))[0][1]


# Sources and the clock.


def test_sources_that_are_in_order(tmp_path: Path) -> None:
    """How many files, the format, how old the newest record is."""
    export(tmp_path / "telemetry", ns=time.time_ns() - HOUR)
    state, said = only(telemetry.sources, made(tmp_path, sources=[{"path": "telemetry/*.json"}]))
    assert state == "ok"
    assert "1 file, otlp-json, the newest record of 20" in said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param(None, "name no source", id="none is named"),
        pytest.param("absent/*.json", "no file of this name or pattern", id="missing"),
        pytest.param("notes.txt", "none of 1 file is in a format", id="no telemetry"),
        pytest.param("empty", "the folder holds no file", id="an empty folder"),
    ],
)
def test_sources_that_bring_nothing(tmp_path: Path, source: str | None, said: str) -> None:
    """Each is a problem, and none hides another."""
    (tmp_path / "notes.txt").write_text("Dear diary")
    (tmp_path / "empty").mkdir()
    named = [] if source is None else [{"path": source}]
    state, words = only(telemetry.sources, made(tmp_path, sources=named))
    assert (state, said in words) == ("problem", True)


def test_telemetry_that_no_pass_would_look_at(tmp_path: Path) -> None:
    """Older than the window, and of other services than the repository's: it would look like a good run."""
    export(tmp_path / "t", ns=time.time_ns() - 48 * HOUR, service="shop")
    found = lines(telemetry.sources, made(tmp_path, sources=[{"path": "t"}], target={"services": ["desk"]}))
    assert [state for state, _ in found] == ["ok", "warning", "warning"]
    assert "nothing of it is of the last 24 hours" in found[1][1]
    assert "its services (shop) are none of" in found[2][1]


def test_telemetry_without_calendar_time(tmp_path: Path) -> None:
    """A run of an agent that tells its steps' order alone."""
    run = {"trajectory_format": "mini-swe-agent-1", "info": {}, "messages": [{"role": "user", "content": "hello"}]}
    run["messages"] += [{"role": "assistant", "content": "```bash\nls\n```"}, {"role": "user", "content": "a"}]
    (tmp_path / "a.traj.json").write_text(json.dumps(run))
    found = lines(telemetry.sources, made(tmp_path, sources=[{"path": "a.traj.json"}]))
    assert [state for state, _ in found] == ["ok", "warning"]
    assert "no calendar time" in found[1][1]


def test_an_address_is_not_asked(tmp_path: Path) -> None:
    """No network by default; port 1 would refuse."""
    assert only(telemetry.sources, made(tmp_path, sources=[{"path": "http://127.0.0.1:1/metrics"}]))[0] == "ok"


def test_a_clock_that_is_behind(tmp_path: Path) -> None:
    """A file was written after now."""
    export(tmp_path / "t", ns=1)
    settings = made(tmp_path, sources=[{"path": "t"}])
    assert only(clock.clock, settings)[0] == "ok"
    later = time.time() + 7_200
    os.utime(tmp_path / "t/desk.json", (later, later))
    state, said = only(clock.clock, settings)
    assert state == "problem"
    assert "desk.json is of" in said


# git, the repository and its commands.


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


# The sandbox and the model.


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


# Where pull requests go, and when.


def test_a_local_remote(tmp_path: Path) -> None:
    """Missing, there, or an address at GitHub that kind = "local" would push to."""
    commit(tmp_path, {"a.py": ""})
    settings = made(tmp_path, target={"repository": "."})
    assert "has no remote origin" in only(rights.rights, settings)[1]
    git(tmp_path, "remote", "add", "origin", "../remote.git")
    assert only(rights.rights, settings)[0] == "ok"
    git(tmp_path, "remote", "set-url", "origin", "git@github.com:acme/desk.git")
    assert 'repository = "acme/desk"' in only(rights.rights, settings)[1]


@pytest.mark.parametrize(
    ("github", "said"),
    [
        pytest.param({}, "[github] repository is empty", id="no repository"),
        pytest.param(
            {"repository": "acme/desk", "token_variable": "A_TOKEN"}, "variable A_TOKEN holds no token", id="no token"
        ),
    ],
)
def test_github_without_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, github: dict[str, str], said: str
) -> None:
    """Said before anything is asked."""
    monkeypatch.delenv("A_TOKEN", raising=False)
    state, words = only(rights.rights, made(tmp_path, publish={"kind": "github"}, github=github))
    assert (state, said in words) == ("problem", True)


def test_rights_that_are_missing_or_too_many() -> None:
    """Missing ones are a problem, further ones a warning, and so is a token that soon ends."""
    now = 1_800_000_000 * 10**9
    found = list(
        rights.of_rights(
            Rights(
                login="bot",
                granted=frozenset({"contents"}),
                missing=frozenset({"issues"}),
                excessive=frozenset({"workflow", "delete_repo"}),
                expires_ns=now + 24 * HOUR,
            ),
            now_ns=now,
        )
    )
    assert [line.state for line in found] == ["ok", "problem", "warning", "warning"]
    assert "lacks issues" in found[1].said
    assert "delete_repo, workflow" in found[2].said


def test_how_the_last_pass_and_jobs_ended(tmp_path: Path) -> None:
    """A job that failed is a warning, and so is a pass without a sandbox; who serves is named."""
    settings = made(tmp_path)
    ledger = Ledger(settings.ledger.path)
    ledger.end_pass(ledger.begin_pass(), "no sandbox")
    ledger.end_job(ledger.begin_job("load", 1), "done")
    ledger.end_job(ledger.begin_job("watch", 1), "failed", "exit code 5")
    with held(settings.state / "serve", purpose="metabot serve", waiting=print):
        found = lines(schedule.schedule, settings)
    assert [state for state, _ in found] == ["ok", "warning", "warning"]
    assert f"metabot serve, pid {os.getpid()}" in found[0][1]
    assert "pass 1 of" in found[1][1]
    assert "the last watch of" in found[2][1]


# All together.


def _broken(_: Settings) -> Iterator[Line]:
    yield ok("begun")
    raise ValueError("ghp_secret")


def _refusing(_: Settings) -> Iterator[Line]:
    raise SettingsError("a.toml: is wrong.\n  Mend it.")
    yield


def test_a_check_that_fails_hides_no_other(tmp_path: Path) -> None:
    """Nor does it print what it failed with: nobody knows what stands in that."""
    checks: dict[str, Check] = {"broken": _broken, "refusing": _refusing, "fine": lambda _: iter([ok("fine")])}
    found = list(examined(made(tmp_path), checks))
    assert [(one.check, one.line.state) for one in found] == [
        ("broken", "ok"),
        ("broken", "problem"),
        ("refusing", "problem"),
        ("fine", "ok"),
    ]
    assert (found[2].line.said, found[2].line.todo) == ("a.toml: is wrong.", "Mend it.")
    assert "ghp_secret" not in repr(found)
