"""The store and the ledger, in order and not."""

from __future__ import annotations

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

from metabot.doctor import schedule, storage
from metabot.doctor.checks import examined
from metabot.ledger.ledger import Ledger
from metabot.store.store import opened
from tests.metabot.doctor.looked import ROOT, lines, made, only


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
