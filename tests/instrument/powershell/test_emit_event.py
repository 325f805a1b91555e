"""emit_event.ps1: what can be read in it anywhere, and what it writes where there is a PowerShell."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.lines.file import LineFile
from metabot_instrument.settings import VARIABLES
from metabot_instrument.vocabulary.event_types import EVENT_TYPES

SCRIPT = Path(__file__).parents[3] / "instrument/emit_event.ps1"
SHELL = os.environ.get("METABOT_PWSH") or shutil.which("pwsh")
runs = pytest.mark.skipif(SHELL is None, reason="no PowerShell: METABOT_PWSH names none and there is no pwsh on PATH")


def emit(log: Path, arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    assert SHELL is not None
    return subprocess.run(
        [SHELL, "-NoProfile", "-NonInteractive", "-Command", f"& '{SCRIPT}' {arguments}"],
        cwd=log.parent, env={**os.environ, "METABOT_EVENTS_PATH": str(log), **environment},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_bytes().split(b"\n")[:-1]]


def test_knows_the_catalogue() -> None:
    """It marks the same types as unknown as the Python side does."""
    listed = SCRIPT.read_text("ascii").partition("$Known = @(")[2].partition("\n)")[0]
    assert re.findall(r"'([^']*)'", listed) == list(EVENT_TYPES)


@pytest.mark.parametrize("field", ["events_path", "service_name"])
def test_reads_the_same_variables(field: str) -> None:
    """The log and the service's name come from the environment under the same names."""
    names = next(variable.names for variable in VARIABLES if variable.field == field)
    assert all(f"'{name}'" in SCRIPT.read_text("ascii") for name in names)


@runs
def test_writes_one_line_as_python_does(tmp_path: Path) -> None:
    """Type, both times, ids and payload; a declared type bears no mark, another one does."""
    log = tmp_path / "made" / "events.jsonl"
    log.parent.mkdir()
    before = time.time()
    done = emit(
        log, "-EventType health_check -Payload @{ status = 'HEALTHY'; share = 0.5; said = 'ä→\"' } -SessionId s1"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    emit(log, "made_up -TaskId t1 -PersonaId p1")
    first, second = lines(log)
    assert first["payload"] == {"status": "HEALTHY", "share": 0.5, "said": 'ä→"'}
    assert (first["event"], first["session_id"], first.get("unknown_type")) == ("health_check", "s1", None)
    assert before - 1 < first["unix_time"] < time.time() + 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", first["timestamp"])
    assert (second["task_id"], second["persona_id"], second["unknown_type"]) == ("t1", "p1", True)


@runs
def test_cuts_a_torn_tail_and_waits_for_a_writer(tmp_path: Path) -> None:
    """As every writer of the log does: half a line of a killed one goes, and the lock of a living one is respected."""
    log = tmp_path / "events.jsonl"
    log.write_bytes(b'{"event":"eval"}\n{"event":"ru')
    with log.open("rb") as held, ThreadPoolExecutor(1) as other:
        fcntl.flock(held, fcntl.LOCK_EX)
        writing = other.submit(emit, log, "eval")
        time.sleep(1.0)
        assert len(log.read_bytes()) == 29
        fcntl.flock(held, fcntl.LOCK_UN)
        assert writing.result().stderr == ""
    LineFile(log).append(b'{"event":"replan"}\n')
    assert [line["event"] for line in lines(log)] == ["eval", "eval", "replan"]


@runs
def test_never_fails_its_caller(tmp_path: Path) -> None:
    """A log that cannot be written is a warning, whatever the caller does with errors."""
    done = emit(tmp_path, "eval; 'goes on'")
    assert done.returncode == 0
    assert "emit_event" in done.stdout + done.stderr
    assert "goes on" in done.stdout
