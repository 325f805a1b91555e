"""SIGKILL at any moment of a proof: nothing is left after the next start, and the work goes on."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from repositories import commit, git

from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.verify.measured import VerifiedProposal

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left", "proved")]

PROVES = """
import pickle, sys
from metabot.verify.measured import VerifiedProposal
from metabot.verify.verification import Bench
settings, proposal = pickle.load(open(sys.argv[1], "rb"))
with Bench.of_pass(settings, progress=lambda line: print(line, flush=True)) as bench:
    found = bench.verify(proposal)
pickle.dump(found, open(sys.argv[1] + ".found", "wb"))
"""
# The setup makes what looks like an environment, slowly enough to be killed in the middle.
SETUP = "{python} -c 'import pathlib, time; pathlib.Path(\"{env}/bin\").mkdir(parents=True); time.sleep(0.6)'"
MOMENTS = (0.06, 0.15, 0.23, 0.32, 0.41, 0.5, 0.6, 0.7, 0.8, 0.93)  # shares of a whole run


class Proving:
    """The proof as a process of its own, with a temporary folder of its own."""

    def __init__(self, folder: Path, settings: Settings, proposal: Proposal) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._task = folder / "task"
        self._task.write_bytes(pickle.dumps((settings, proposal)))

    def start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "TMPDIR": str(self.temporary)}
        command = [sys.executable, "-c", PROVES, str(self._task)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def whole(self) -> object:
        with self.start() as process:
            process.wait(120)
        return pickle.loads(self._task.with_name("task.found").read_bytes())

    def killed_after(self, seconds: float) -> None:
        with self.start() as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.send_signal(signal.SIGKILL)


@pytest.fixture
def proving(
    mending: Callable[..., Proposal], some_settings: Callable[..., Settings], toy_files: dict[str, str], tmp_path: Path
) -> Proving:
    commit(tmp_path / "target", toy_files)
    settings = some_settings(
        target={
            "repository": str(tmp_path / "target"),
            "setup": SETUP,
            "test": "{python} -m unittest",
            "evaluate": "{python} -m app.evaluate",
            "environment": {"TELEMETRY": "{telemetry}"},
        }
    )
    return Proving(tmp_path, settings, mending())


def processes_that_name(folder: Path) -> list[str]:
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(folder).encode() in command.read_bytes():
                found.append(command.read_text().replace("\0", " "))
    return found


def test_nothing_is_left_whenever_it_is_killed(proving: Proving, tmp_path: Path) -> None:
    """Processes end at once; worktrees, folders, groups and the half-made environment at the next start."""
    started = time.monotonic()
    assert isinstance(proving.whole(), VerifiedProposal)
    took = time.monotonic() - started
    environments = tmp_path / "metabot/.metabot/environments"
    for moment in MOMENTS:
        for ready in environments.glob("*/ready"):
            ready.unlink()  # so that the setup runs each time
        proving.killed_after(moment * took)
        deadline = time.monotonic() + 10
        while processes_that_name(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert processes_that_name(tmp_path) == [], moment
    assert isinstance(proving.whole(), VerifiedProposal)
    assert git(tmp_path / "target", "worktree", "list").count("\n") == 0
    assert list((tmp_path / "target/.git/worktrees").glob("*")) == []
    assert list((tmp_path / "target/.git").rglob("*.lock")) == []
    assert list(proving.temporary.iterdir()) == []
    state = {path.name for path in (tmp_path / "metabot/.metabot").iterdir()}
    assert state == {"environments", "verify.lock"}
    made = [path for path in environments.iterdir() if path.is_dir()]
    assert [(path / "ready").exists() for path in made] == [True]
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    living = {entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    groups = {path.name.split("-")[1] for path in Path("/sys/fs/cgroup").glob("*/metabot-*-*")}
    assert groups <= living
