"""The command line as a person meets it: help, errors, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def metabot(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "metabot.cli.main", *arguments],
        cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_help_lists_every_command_and_where_to_start(tmp_path: Path) -> None:
    """A newcomer reads what it is, what to type first and what the exit codes mean."""
    done = metabot("--help", cwd=tmp_path, COLUMNS="100")
    assert done.returncode == 0
    daily = ("analyze", "demo", "doctor", "explain", "init", "load", "replay", "run", "serve", "show")
    for word in (*daily, "proposal", "schedule", "store", "a person merges", "Exit codes"):
        assert word in done.stdout


def test_help_waits_for_no_heavy_library(tmp_path: Path) -> None:
    """`metabot --help` imports neither polars nor duckdb nor sqlalchemy nor libcst."""
    code = (
        "import sys\nsys.argv = ['metabot', '--help']\nfrom metabot.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'apscheduler', 'polars', 'duckdb', 'sqlalchemy', 'libcst', 'git', 'pyarrow', 'websockets'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["explain", "serial-cals"], "Did you mean serial-calls?", id="an analyzer's name mistyped"),
        pytest.param(["analyze", "absent.json"], "absent.json", id="a file that is not there"),
        pytest.param(["analyze"], "there is no such settings file", id="no path and no settings"),
        pytest.param(["run"], "there is no such settings file", id="a pass without settings"),
        pytest.param(["show", "abc"], "knows no finding", id="an unknown ID"),
        pytest.param(["analyze", "here.json", "--since", "soon"], "is no time", id="a time that is none"),
        pytest.param(["analyze", "here.json", "--analyzer", "x"], "is not an analyzer", id="no such analyzer"),
        pytest.param(["replay", "absent.toml"], "absent.toml", id="no such script"),
    ],
)
def test_wrong_use_exits_2_and_says_what_to_do(tmp_path: Path, arguments: list[str], said: str) -> None:
    """The message stands on standard error, names the wrong thing and shows no traceback."""
    (tmp_path / "here.json").write_text("[]")
    done = metabot(*arguments, cwd=tmp_path, HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path / "state"))
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """`metabot explain … | head -1` ends quietly."""
    command = f"{sys.executable} -m metabot.cli.main explain prompt-cache-miss | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Without the right to write, the demo says where and what to do, and shows no traceback."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    code = "import sys; sys.argv = ['metabot', 'demo']; from metabot.cli.main import main; main()"
    for folder in (locked, *locked.parents):  # another user has to come here to be refused here
        if folder.is_relative_to(tmp_path.parents[1]):
            folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run(
        [*become, sys.executable, "-c", code], cwd=locked, capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode in (126, 127) or "encodings" in done.stderr:
        pytest.skip("the interpreter lies where other users cannot read it")
    assert done.returncode == 5, done.stderr
    assert "demo: Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
