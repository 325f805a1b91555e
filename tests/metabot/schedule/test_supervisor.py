"""Nothing of a supervised command is left, however it or its supervisor ends. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# Leaves its group and its parent; who it is goes into the file.
STRAY = 'setsid sh -c \'echo $$ >> "$0"; exec sleep 300\' "$1" & '


def supervised(tmp_path: Path, script: str, *, seconds: float = 60, grace: float = 1) -> subprocess.Popen[bytes]:
    command = ["sh", "-c", script, "sh", str(tmp_path / "pids")]
    return subprocess.Popen(
        [sys.executable, "-m", "metabot.schedule.supervisor", str(seconds), str(grace), *command],
        stdin=subprocess.PIPE,
    )


def pids(tmp_path: Path, count: int) -> list[int]:
    """Those who wrote theirs down, once so many have."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = (tmp_path / "pids").read_text().split() if (tmp_path / "pids").exists() else []
        if len(found) == count:
            return [int(one) for one in found]
        time.sleep(0.02)
    raise AssertionError("the command did not begin")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(found: list[int], *, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while any(map(alive, found)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(alive, found))


def test_hands_on_the_exit_code_and_ends_what_was_left_running(tmp_path: Path) -> None:
    """A stray that left its group and its parent ends with the command."""
    with supervised(tmp_path, STRAY + 'while [ ! -s "$1" ]; do sleep 0.02; done; exit 3') as process:
        assert process.wait(20) == 3
    assert gone(pids(tmp_path, 1))


def test_a_command_that_is_not_there_is_told_by_127(tmp_path: Path) -> None:
    """As a shell tells it."""
    process = subprocess.run(
        [sys.executable, "-m", "metabot.schedule.supervisor", "5", "1", str(tmp_path / "absent")],
        input=b"", capture_output=True, check=False,
    )  # fmt: skip
    assert (process.returncode, b"No such file" in process.stderr) == (127, True)


def test_ends_what_takes_too_long_also_against_its_will(tmp_path: Path) -> None:
    """A command that ignores SIGTERM gets SIGKILL after its grace, and so does its stray; the code is 124."""
    began = time.monotonic()
    with supervised(tmp_path, 'trap "" TERM; echo $$ >> "$1"; ' + STRAY + "sleep 300", seconds=0.5, grace=0.3) as one:
        found = pids(tmp_path, 2)
        assert one.wait(20) == 124
    assert time.monotonic() - began >= 0.8
    assert gone(found)


def test_lets_a_command_end_itself_within_its_grace(tmp_path: Path) -> None:
    """SIGTERM comes first, and what the command does then is waited for."""
    with supervised(tmp_path, 'trap "echo 1 >> $1; exit" TERM; sleep 300 & wait', seconds=0.5, grace=20) as one:
        assert one.wait(15) == 124
    assert pids(tmp_path, 1) == [1]


@pytest.mark.parametrize("how", ["its input ends", signal.SIGTERM, signal.SIGINT])
def test_ends_when_it_is_told_to(tmp_path: Path, how: str | int) -> None:
    """By the end of its input, which is how it learns of its parent's death, or by a signal; the code is 143."""
    with supervised(tmp_path, 'echo $$ >> "$1"; ' + STRAY + "wait") as process:
        found = pids(tmp_path, 2)
        assert process.stdin is not None
        process.stdin.close() if isinstance(how, str) else process.send_signal(how)
        assert process.wait(20) == 143
    assert gone(found)


def test_takes_its_command_with_it_when_it_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the supervisor itself ends the command."""
    with supervised(tmp_path, 'echo $$ >> "$1"; exec sleep 300') as process:
        found = pids(tmp_path, 1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
    assert gone(found)


SANDBOXED = """
import sys
from pathlib import Path
from metabot.verify import process
from metabot.verify.limits import Limits
limits = Limits(seconds=300, memory_bytes=2**30, processes=64, disk_bytes=2**30)
process.run(["sh", "-c", 'echo $$ >> "$0"; exec sleep 300', sys.argv[1]], cwd=Path("/"), environment={}, limits=limits)
"""


def test_ends_what_a_proof_runs(tmp_path: Path) -> None:
    """A command under the limits of a proof runs in a session of its own, below a supervisor of its own."""
    command = [sys.executable, "-c", SANDBOXED, str(tmp_path / "pids")]
    one = subprocess.Popen(
        [sys.executable, "-m", "metabot.schedule.supervisor", "60", "1", *command], stdin=subprocess.PIPE
    )
    with one:
        found = pids(tmp_path, 1)
        one.terminate()
        assert one.wait(20) == 143
    assert gone(found)
