"""The sandbox of a pass is tried before it is used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from metabot.config import Settings
from metabot.errors import SandboxError
from metabot.verify.backend import Unconfined
from metabot.verify.bubblewrap import Bubblewrap
from metabot.verify.canary import canary
from metabot.verify.limits import Limits
from metabot.verify.proof import prove
from metabot.verify.sandbox import Sandbox

MakeSettings = Callable[..., Settings]
pytestmark = pytest.mark.usefixtures("nothing_is_left")


def fake_bwrap(folder: Path, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def test_the_canary_passes_here(proved: Sandbox) -> None:
    """This machine's bubblewrap holds: the tests that need it are run, not skipped."""
    assert proved.kind == "bwrap"


def test_the_canary_finds_every_hole(tmp_path: Path) -> None:
    """Without a sandbox each of its tries but the fork burst succeeds, and it names each."""
    open_wide = Sandbox(
        backend=Unconfined(), limits=Limits(seconds=60, memory_bytes=2**31, processes=256, disk_bytes=2**31)
    )
    found = canary(open_wide, tmp_path / "state")
    assert isinstance(found, SandboxError)
    for hole in (
        "loopback",
        "abstract socket",
        "socket with a path",
        "signals",
        "can be read",
        "can be written",
        "processes of this machine",
    ):
        assert hole in str(found)
    assert "apt-get install bubblewrap" in str(found)
    assert list((tmp_path / "state").iterdir()) == []


def test_a_long_path_to_the_temporary_folder(proved: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than a socket's path may be: the socket is still there to be found, and not found from inside."""
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert canary(proved, tmp_path / "state") is None
    found = canary(replace(proved, backend=Unconfined()), tmp_path / "state")
    assert "socket with a path" in str(found)
    assert list(deep.iterdir()) == []


def program(proved: Sandbox) -> Path:
    assert isinstance(proved.backend, Bubblewrap)
    return proved.backend.program


def holed(proved: Sandbox, folder: Path, options: str) -> Sandbox:
    """The real program with options of its own after ours: one hole at a time."""
    added = f'for word; do shift; [ "$word" = -- ] && set -- "$@" {options}; set -- "$@" "$word"; done'
    body = f'{added}\nexec {program(proved)} "$@"'
    return replace(proved, backend=Bubblewrap(fake_bwrap(folder, body)))


@pytest.mark.parametrize(
    ("options", "hole"),
    [
        pytest.param("--share-net", "loopback answers", id="the network"),
        pytest.param("--ro-bind {state} {state}", "can be read", id="metabot's own folder"),
        pytest.param("--bind {state} {state}", "can be written", id="metabot's own folder, to write"),
        pytest.param('--setenv "$(ls {state}/* | head -n 1)" x', "environment", id="a variable"),
        pytest.param("--ro-bind /proc /proc", "processes of this machine", id="the machine's processes"),
        pytest.param("--ro-bind {folders} {folders}", "socket with a path", id="a socket with a path"),
    ],
)
def test_the_canary_finds_one_hole(proved: Sandbox, tmp_path: Path, options: str, hole: str) -> None:
    """A single thing left open is found."""
    state = tmp_path / "state"
    state.mkdir()
    found = canary(holed(proved, tmp_path / "bin", options.format(state=state, folders=tempfile.gettempdir())), state)
    assert isinstance(found, SandboxError)
    assert hole in str(found)


def test_the_canary_finds_a_missing_limit(proved: Sandbox, tmp_path: Path) -> None:
    """Processes that are not held are found: this program leaves every control group before it starts bubblewrap."""
    leave = 'for file in /sys/fs/cgroup/*/cgroup.procs; do echo $$ > "$file" 2>/dev/null; done'
    body = f'{leave}\nexec {program(proved)} "$@"'
    found = canary(replace(proved, backend=Bubblewrap(fake_bwrap(tmp_path, body))), tmp_path / "state")
    if os.geteuid() != 0 or not Path("/sys/fs/cgroup/pids").exists():
        pytest.skip("root and control groups of version 1 are needed to take the limit away")
    assert isinstance(found, SandboxError)
    assert "processes could be started" in str(found)


def test_the_canary_finds_a_disk_that_is_not_held(proved: Sandbox, tmp_path: Path) -> None:
    """A command that writes where nobody looks is found: this program sends what fills the disk somewhere else."""
    body = f'case "$*" in *fill-*) echo elsewhere; exit 0;; esac\nexec {program(proved)} "$@"'
    found = canary(replace(proved, backend=Bubblewrap(fake_bwrap(tmp_path / "bin", body))), tmp_path / "state")
    assert isinstance(found, SandboxError)
    assert "fills the disk ended with 0: elsewhere" in str(found)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param("exit 1", "ended with 1: it printed nothing", id="fails"),
        pytest.param("echo No permissions to create new namespace >&2; exit 1", "No permissions", id="says why"),
        pytest.param("exit 0", "ended with 0", id="does nothing"),
        pytest.param("echo not json", "ended with 0: not json", id="says something else"),
    ],
)
def test_a_bwrap_that_fails(
    some_settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str
) -> None:
    """The first on PATH is the one that is taken; where it fails there is no sandbox, and the remedy is said."""
    fake_bwrap(tmp_path / "bin", body)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    found = prove(some_settings(), tmp_path / "state")
    assert isinstance(found, SandboxError)
    assert said in str(found)
    assert "apparmor_restrict_unprivileged_userns" in str(found)


def test_none_is_a_word_of_the_user(some_settings: MakeSettings, tmp_path: Path) -> None:
    """It is not tried, and says its name."""
    found = prove(some_settings(sandbox={"kind": "none"}), tmp_path)
    assert isinstance(found, Sandbox)
    assert found.kind == "none"


def test_a_folder_that_is_not_there(some_settings: MakeSettings, tmp_path: Path) -> None:
    """A wrong sandbox.read_only is named."""
    found = prove(some_settings(sandbox={"read_only": ["missing"]}), tmp_path)
    assert isinstance(found, SandboxError)
    assert "sandbox.read_only" in str(found)


UNPRIVILEGED = """
import sys
from pathlib import Path
from metabot.verify import bubblewrap
from metabot.verify.canary import canary
from metabot.verify.limits import Limits
from metabot.verify.sandbox import Sandbox
limits = Limits(seconds=60, memory_bytes=2**28, processes=64, disk_bytes=2**28)
backend = bubblewrap.Bubblewrap(bubblewrap.find())
print(canary(Sandbox(backend=backend, limits=limits), Path(sys.argv[1])))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; the other tests run as one already")
def test_as_an_unprivileged_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The canary passes for a user without any right, with an interpreter that the user may read."""
    python, setpriv = shutil.which("python3", path="/usr/bin"), shutil.which("setpriv")
    if python is None or setpriv is None or sys.version_info[:2] != (3, 11):
        pytest.skip("needs setpriv, and the system's own Python of this version")
    home = Path("/tmp") / f"metabot-test-{os.getpid()}"
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    try:
        nobody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
        path = ":".join(entry for entry in sys.path if entry) + f":{Path(__file__).parents[3]}"
        done = subprocess.run(
            [*nobody, python, "-c", UNPRIVILEGED, str(home / "state")],
            env={"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": path},
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
    finally:
        shutil.rmtree(home)
    assert (done.stdout, done.stderr) == ("None\n", "")
