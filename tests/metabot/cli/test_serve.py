"""`metabot serve` and the lock of a pass, with real processes of the real commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from metabot.ledger.ledger import Ledger
from metabot.lock import held, holder_of
from tests.builders import tool, trace
from tests.metabot.cli.otlp_file import write
from tests.metabot.schedule.serving import until

SETTINGS = '[[sources]]\npath = "calls.json"\n[schedule]\nwatch = ""\n'
pytestmark = pytest.mark.slow


def started(folder: Path, *arguments: str, under: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*under, sys.executable, "-m", "metabot", *arguments],
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    """It says what it serves, a second one says for whom it gives way, and SIGTERM ends the first with 0.

    Under nohup the end of the terminal does not end it.
    """
    (tmp_path / "config.toml").write_text(SETTINGS)
    first = started(tmp_path, "serve", under=("nohup",))
    until(lambda: holder_of(tmp_path / ".metabot/serve") is not None)
    first.send_signal(signal.SIGHUP)
    second = started(tmp_path, "serve", "--once", "load")
    refused = second.communicate(timeout=60)[1]
    assert second.returncode == 5
    assert f"jobs are run here already by metabot serve, pid {first.pid}" in refused
    first.send_signal(signal.SIGTERM)
    said = first.communicate(timeout=20)[1]
    assert first.returncode == 0, said
    assert "INFO serving load (*/15 * * * * UTC), run (0 6 * * * UTC)" in said
    assert said.splitlines()[-1].endswith("INFO ended")


@pytest.mark.parametrize(
    ("readable", "code", "said", "result"),
    [
        pytest.param(True, 0, "INFO load: done after", "done", id="it succeeds"),
        pytest.param(False, 5, "WARNING load: failed after", "failed", id="it fails"),
    ],
)
def test_once_runs_one_job_in_the_same_way(tmp_path: Path, readable: bool, code: int, said: str, result: str) -> None:
    """As a process of its own, recorded; what it printed is in its log."""
    (tmp_path / "config.toml").write_text(SETTINGS)
    source = write(tmp_path / "calls.json", trace(tool("lookup", 5)))
    if not readable:
        source.write_text("[]")
    process = started(tmp_path, "serve", "--once", "load")
    told = process.communicate(timeout=60)[1]
    assert process.returncode == code, told
    assert said in told
    (run,) = Ledger(tmp_path / ".metabot/ledger.sqlite").job_runs()
    assert run.result == result
    assert (tmp_path / ".metabot/jobs/load.log").stat().st_size > 0


def test_a_pass_by_hand_waits_for_the_one_that_runs(tmp_path: Path) -> None:
    """It says for which, and goes on when that one has ended, also when it was killed."""
    (tmp_path / "config.toml").write_text("")
    with held(tmp_path / ".metabot/pass", purpose="metabot run", waiting=lambda _: None):
        process = started(tmp_path, "run")
        assert process.stderr is not None
        waited = process.stderr.readline()
    rest = threading.Timer(60, process.kill)
    rest.start()
    process.communicate()
    rest.cancel()
    assert f"waiting for metabot run, pid {os.getpid()}, since" in " ".join(waited.split())
    assert process.returncode == 0
