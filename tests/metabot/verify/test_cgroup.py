"""Where a control group is made, and what one does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from metabot.verify import cgroup
from metabot.verify.cgroup import control_group, places

VERSION_1 = "9:name=systemd:/\n8:pids:/user\n4:memory:/user\n1:cpu,cpuacct:/\n0::/\n"


def own(folder: Path, text: str) -> Path:
    file = folder / "own"
    file.write_text(text)
    return file


def test_version_1_has_a_place_per_controller(tmp_path: Path) -> None:
    """Below our own groups where they are to be seen."""
    for name in ("pids", "memory"):
        (tmp_path / name / "user").mkdir(parents=True)
    assert places(tmp_path, own(tmp_path, VERSION_1)) == (tmp_path / "pids/user", tmp_path / "memory/user")


def test_version_1_in_a_container(tmp_path: Path) -> None:
    """The path is the host's and not to be seen: what is mounted is our own group."""
    assert places(tmp_path, own(tmp_path, VERSION_1)) == (tmp_path / "pids", tmp_path / "memory")


def test_version_2_takes_the_nearest_that_hands_both_down(tmp_path: Path) -> None:
    """Our own group has processes in it and hands nothing down; a group beside it can be made."""
    session = tmp_path / "user.slice/session.scope"
    session.mkdir(parents=True)
    for folder, controllers in ((tmp_path, "cpu pids memory"), (session.parent, "memory pids"), (session, "")):
        (folder / "cgroup.subtree_control").write_text(f"{controllers}\n")
    assert places(tmp_path, own(tmp_path, "0::/user.slice/session.scope\n")) == (session.parent,)


@pytest.mark.parametrize("text", ["", "0::/\n", "8:pids:/\n0::/\n"])
def test_there_may_be_no_place(tmp_path: Path, text: str) -> None:
    """No control groups, none that hands down, one controller of the two: nothing is made."""
    assert places(tmp_path, own(tmp_path, text)) == ()


def test_a_group_holds_what_joins_it_and_is_gone_afterwards() -> None:
    """A process that joins is a member, is killed at the end, and the group is removed."""
    with control_group(processes=10, memory_bytes=2**26) as group:
        if group is None:
            pytest.skip("this machine lets this user make no control group")
        sleeper = subprocess.Popen(["sleep", "97"])
        for file in group.join_files():
            file.write_text(str(sleeper.pid))
        assert sleeper.pid in group.processes()
        assert not group.out_of_memory()
    assert sleeper.wait() == -9
    assert not any(folder.exists() for folder in group.folders)


def test_groups_of_a_killed_run_are_swept() -> None:
    """What a killed metabot left is removed by the next one; a living one's group stays."""
    code = """
import os, signal
from metabot.verify.cgroup import control_group
with control_group(processes=10, memory_bytes=2**26) as group:
    print(*(group.folders if group else ()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    left = [Path(name) for name in done.stdout.split()]
    if not left:
        pytest.skip("this machine lets this user make no control group")
    assert all(folder.exists() for folder in left)
    with control_group(processes=10, memory_bytes=2**26) as alive:
        cgroup.sweep()
        assert alive is not None
        assert all(folder.exists() for folder in alive.folders)
    assert not any(folder.exists() for folder in left)


def test_nothing_is_made_where_nothing_may_be_written() -> None:
    """An unprivileged user gets none, without an error; root's is there."""
    with control_group(processes=10, memory_bytes=2**26) as group:
        writable = [os.access(place, os.W_OK) for place in places(cgroup.MOUNT, cgroup.OWN)]
        assert (group is not None) == (bool(writable) and all(writable))
