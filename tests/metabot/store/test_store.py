"""Opening the store: what is refused, and what is left behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pytest

from metabot.errors import StoreError
from metabot.store.store import SCHEMA_VERSION, Store, opened
from tests.metabot.store.plain import FORMAT, loaded, span, write

ROOT = Path(__file__).parents[3]


def silent(_: str) -> None:
    """Nobody is waited for here."""


def in_a_process(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def test_what_was_loaded_is_there_the_next_time(tmp_path: Path) -> None:
    """The folder is made, and the file is the store."""
    path = tmp_path / "deep" / "er" / "store.duckdb"
    with opened(path, purpose="first", waiting=silent) as store:
        loaded(store, write(tmp_path / "a.jsonl", span("a")))
    with opened(path, purpose="second", waiting=silent) as store:
        assert store.spans() == 1
    assert sorted(left.name for left in path.parent.iterdir()) == ["store.duckdb", "store.duckdb.lock"]


def foreign(path: Path) -> None:
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE accounts (balance INTEGER)")


def newer(path: Path) -> None:
    with opened(path, purpose="now", waiting=silent):
        pass
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE schema_version SET version = 99")


def cut_short(path: Path) -> None:
    with opened(path, purpose="now", waiting=silent):
        pass
    os.truncate(path, 5000)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        pytest.param(lambda path: path.write_text("name,price\n" * 1000), "not a valid DuckDB database", id="a text"),
        pytest.param(foreign, "but not metabot's", id="another program's database"),
        pytest.param(newer, rf"schema \[99\], this metabot reads {SCHEMA_VERSION}", id="a later schema"),
        pytest.param(lambda path: path.mkdir(), "directory", id="a folder"),
        pytest.param(cut_short, "moved away and loaded again", id="a damaged file"),
    ],
)
def test_what_is_no_store_of_this_version_is_refused(tmp_path: Path, prepare: object, message: str) -> None:
    """The file is left as it is, and the message names it and says what to do."""
    path = tmp_path / "store.duckdb"
    prepare(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=message) as refused, opened(path, purpose="now", waiting=silent):
        pass
    assert str(path) in str(refused.value)
    assert str(refused.value).count("\n") == 1, "where and what; then what to do"
    assert before == (path.read_bytes() if path.is_file() else None)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match="its lock cannot be taken"),
        opened(tmp_path / "file" / "store.duckdb", purpose="now", waiting=silent),
    ):
        pass


OPEN = """
import os, sys
from pathlib import Path
from metabot.errors import StoreError
from metabot.store.store import opened
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    with opened(Path(sys.argv[1]), purpose="now", waiting=print):
        pass
except StoreError as error:
    print(error)
"""


def test_a_read_only_folder_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    """As a user without the right to write there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        done = in_a_process(OPEN, str(folder / "store.duckdb"))
    assert "its lock cannot be taken: [Errno 13] Permission denied" in done.stdout, done.stderr
    assert "folder that you may write" in done.stdout


FILL = f"""
import resource, sys
from pathlib import Path
from metabot.errors import StoreError
from metabot.store.load import load
from metabot.store.store import opened
path, telemetry, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
try:
    with opened(path, purpose="now", waiting=print) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        load(store, telemetry, format="{FORMAT}", progress=print)
except StoreError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    """No file may grow beyond a limit: loading fails as a whole, and works once there is room."""
    path, telemetry = (
        tmp_path / "store.duckdb",
        write(tmp_path / "a.jsonl", *(span(str(number), input=os.urandom(1000).hex()) for number in range(3000))),
    )
    done = in_a_process(FILL, str(path), str(telemetry), str(1 << 20))
    assert str(path) in done.stdout, done.stderr
    assert "Free space, or choose another" in done.stdout
    assert "more memory" not in done.stdout
    with opened(path, purpose="now", waiting=silent) as store:
        assert store.spans() == 0
        assert loaded(store, telemetry).spans == 3000


def test_a_temporary_store_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever happens inside, its folder is gone afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def used() -> None:
        with Store.temporary() as store:
            loaded(store, write(store.path.with_name("a.jsonl"), span("a")))
            raise ZeroDivisionError(store.path)

    with pytest.raises(ZeroDivisionError, match=re.escape(str(tmp_path))):
        used()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_fails_leaves_no_temporary_store(tmp_path: Path) -> None:
    """An error that nobody catches ends the process, and the folder goes with it."""
    script = "from metabot.store.store import Store\nwith Store.temporary() as store:\n    print(store.path)\n    1 / 0"
    done = in_a_process(script)
    assert "ZeroDivisionError" in done.stderr
    assert done.stdout
    assert not Path(done.stdout.strip()).parent.exists()


def test_no_temporary_folder_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """TMPDIR names a folder that is gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(StoreError, match="Point TMPDIR"), Store.temporary():
        pass
