"""Proves the sandbox at start: a probe inside tries what must fail, against real things outside.

Outside stand a server on the loopback, an abstract socket and one with a path, a process, a secret file in metabot's
own folder and one in the temporary folder, and a secret in the environment. The probe must reach none of them, write
nowhere, find no route to a public address, signal and trace no process but its own, and be held when it starts
processes. A second one writes without end, and must be ended for it.
"""

from __future__ import annotations

import itertools
import json
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from metabot import temporary
from metabot.errors import SandboxError
from metabot.verify.bubblewrap import REMEDY
from metabot.verify.commands import BASE_PYTHON
from metabot.verify.job import Job
from metabot.verify.process import Ended
from metabot.verify.sandbox import Sandbox
from metabot.verify.scratch import Scratch, scratch

_PROBE: Final = Path(__file__).with_name("probe.py")
_PROCESSES: Final = 40  # how many the probe may start: enough for the sandbox itself, few enough to be quick
_SECONDS: Final = 60.0
_DISK: Final = 8 * 2**20  # bytes: what the filling probe may write
_FILL: Final = 'while :; do cat probe.py probe.py probe.py probe.py >> "fill-$((n += 1))"; done'


def canary(sandbox: Sandbox, state: Path) -> SandboxError | None:
    """None where the sandbox holds; else what was open, and what to do."""
    limits = replace(sandbox.limits, processes=_PROCESSES, seconds=_SECONDS)
    state.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = stack.enter_context(temporary.folder())
        bait = stack.enter_context(_bait(stack.enter_context(temporary.folder(state)), folder))
        place = stack.enter_context(scratch(folder / "scratch"))
        ended = replace(sandbox, limits=limits).run(_job(place, bait))
        written = [file for file in bait["unwritable"] if Path(file).exists()]
        found = _judged(ended, written, sandbox.kind)
        return found or _fills(replace(sandbox, limits=replace(limits, disk_bytes=_DISK)), place)


@contextmanager
def _bait(state: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """The real things outside that the probe must not reach, as it is told of them."""
    marker = f"metabot-canary-{secrets.token_hex(8)}"
    secret = [folder / marker, state / marker]
    outside = [place / f"{marker}-written" for place in (folder, state, Path("/usr"), Path("/"))]
    with ExitStack() as stack:
        for file in secret:
            stack.callback(file.unlink, missing_ok=True)
            file.write_text("a secret of the canary\n", encoding="utf-8")
        for file in outside:
            stack.callback(_forget, file)
        named = stack.enter_context(socket.socket(socket.AF_UNIX))
        stack.callback(os.close, held := os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
        named.bind(f"/proc/self/fd/{held}/socket")  # the folder's own path may be longer than a socket's may be
        named.listen()
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{marker}")
        abstract.listen()
        bystander = stack.enter_context(_process(marker))
        stack.enter_context(_variable(marker))
        yield {
            "port": listener.getsockname()[1],
            "marker": marker,
            "socket": str(folder / "socket"),
            "process": bystander,
            "unreadable": [str(file) for file in (*secret, *_files_at_home(), Path("/etc/shadow"))],
            "unwritable": [str(file) for file in outside],
            "processes": _PROCESSES,
        }


@contextmanager
def _process(marker: str) -> Iterator[int]:
    """A process of this machine with the marker on its command line, until the probe is over; its id."""
    with subprocess.Popen(
        [str(BASE_PYTHON), "-I", "-S", "-c", "input()", marker], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        yield process.pid
        process.communicate(b"\n")


@contextmanager
def _variable(marker: str) -> Iterator[None]:
    os.environ[marker] = "a secret of the canary"
    try:
        yield
    finally:
        del os.environ[marker]


def _files_at_home() -> list[Path]:
    """A few files that the user has: reading one of them from inside would be the hole that matters most."""
    try:
        readable = (file for file in Path.home().iterdir() if file.is_file() and os.access(file, os.R_OK))
        return list(itertools.islice(readable, 5))
    except (OSError, RuntimeError):  # no home, or none that we may look into
        return []


def _forget(file: Path) -> None:
    if os.access(file.parent, os.W_OK):
        file.unlink(missing_ok=True)


def _job(place: Scratch, bait: dict[str, Any]) -> Job:
    tree = place.root / "tree"
    tree.mkdir()
    # Not on the command line: the sandbox's own processes would bear the marker.
    (tree / "bait.json").write_text(json.dumps(bait), encoding="utf-8")
    (tree / "probe.py").write_bytes(_PROBE.read_bytes())
    command = (str(BASE_PYTHON), "-I", "-S", "probe.py", "bait.json")
    return Job(command=command, tree=tree, tree_at=Path("/target"), scratch=place)


def _fills(sandbox: Sandbox, place: Scratch) -> SandboxError | None:
    command = ("sh", "-c", _FILL)
    ended = sandbox.run(Job(command=command, tree=place.root / "tree", tree_at=Path("/target"), scratch=place))
    if ended.limit == "disk":
        return None
    how = f"ended with {ended.exit_code}" if ended.limit is None else f"ran out of {ended.limit}"
    said = ended.output.strip() or "it printed nothing"
    what = f"sandbox: {sandbox.kind} does not hold what a command writes: a probe that fills the disk {how}: {said}"
    return SandboxError(f"{what}\n  Free space where metabot keeps its state, and look whether it is writable.")


def _judged(ended: Ended, written: list[str], kind: str) -> SandboxError | None:
    try:
        holes = json.loads((ended.stdout.splitlines() or [""])[-1])
    except json.JSONDecodeError:
        how = f"ended with {ended.exit_code}" if ended.limit is None else f"ran out of {ended.limit}"
        return SandboxError(f"sandbox: {kind} {how}: {ended.output.strip() or 'it printed nothing'}\n{REMEDY}")
    holes += [f"{file} can be written" for file in written]
    if not holes:
        return None
    return SandboxError(f"sandbox: {kind} leaves open what must be closed: {'; '.join(holes)}.\n{REMEDY}")
