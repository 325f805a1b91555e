"""Proposals, settings and sandboxes for the tests of verification."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import toy
from repositories import finding

from analyzers.errors import recurring_error
from analyzers.finding import Subject
from metabot import config
from metabot.config import Settings
from metabot.errors import SandboxError
from metabot.generate.proposal import Edit, NewTest, Prediction, Proposal
from metabot.place.placement import Placed
from metabot.store.frames import frame
from metabot.store.load import load
from metabot.store.store import Store
from metabot.verify.backend import Unconfined
from metabot.verify.job import Job
from metabot.verify.limits import Limits
from metabot.verify.proof import prove
from metabot.verify.sandbox import Sandbox
from metabot.verify.scratch import scratch

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
MakeProposal = Callable[..., Proposal]
MakeSettings = Callable[..., Settings]
RunInside = Callable[..., Any]


@pytest.fixture
def a_proposal() -> MakeProposal:
    """Turns `x = 1` of app/main.py into `x = 2`, with a new test; what a case is about is given by name."""

    def make(**given: Any) -> Proposal:
        known: dict[str, Any] = {
            "placed": Placed(
                finding=given.pop("of", finding("recurring-error")),
                revision="0" * 40,
                revision_known=True,
                locations=(),
            ),
            "author": "recipe",
            "recipe": "a-recipe",
            "title": "Set x to two",
            "summary": "One is too few.",
            "edits": (Edit(path="app/main.py", before="x = 1\n", after="x = 2\n"),),
            "new_test": NewTest(path="tests/test_new.py", text="from app.main import x\n\nassert x == 2\n"),
            "prediction": Prediction(unit="share of traces ended", observed=0.15, expected=0.0),
            "changes_prompt": False,
            "risks": (),
        }
        return Proposal(**(known | given))

    return make


@pytest.fixture
def some_settings(tmp_path: Path) -> MakeSettings:
    """Settings in a folder of their own; sections are given by name."""

    def make(**sections: Mapping[str, Any]) -> Settings:
        folder = tmp_path / "metabot"
        folder.mkdir(exist_ok=True)
        limits = {"seconds": 30, "memory_mb": 512, "processes": 64}
        values = {**sections, "sandbox": {**limits, **sections.get("sandbox", {})}}
        return config.parse(values, name="config.toml", root=folder)

    return make


@pytest.fixture(scope="session")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A bubblewrap sandbox whose canary passed on this machine."""
    folder = tmp_path_factory.mktemp("proved")
    found = prove(config.parse({}, name="config.toml", root=folder), folder / "state")
    if isinstance(found, SandboxError):
        pytest.skip(f"no sandbox on this machine: {found}")
    return found


@pytest.fixture(params=["bwrap", "none"])
def either(request: pytest.FixtureRequest) -> Sandbox:
    """Both kinds, with small limits."""
    limits = Limits(seconds=20, memory_bytes=256 * 2**20, processes=48, disk_bytes=64 * 2**20)
    if request.param == "none":
        return Sandbox(backend=Unconfined(), limits=limits)
    found: Sandbox = request.getfixturevalue("proved")
    return Sandbox(backend=found.backend, limits=limits)


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[RunInside]:
    """Runs Python code, or a command, in a sandbox, in a folder that holds the files given."""
    with scratch(tmp_path / "runs") as folders:
        tree = folders.root / "tree"
        tree.mkdir()

        def run(
            sandbox: Sandbox, code: str = "", *, command: tuple[str, ...] = (), stop: Any = None, **more: Any
        ) -> Any:
            words = command or (sys.executable, "-c", code)
            more.setdefault("read_only", (Path(sys.prefix),))
            job = Job(command=words, tree=tree, tree_at=Path("/target"), scratch=folders, **more)
            return sandbox.run(job, stop=stop)

        yield run


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    """After the test no process, mount or control group is there that was not there before."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # an orphan becomes ours, and is seen
    before = _living()
    yield
    assert _living() - before == set()


def _living() -> set[str]:
    parents, commands = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":  # ended, and not yet asked how
                parents[folder.name] = parent
            commands[folder.name] = (folder / "cmdline").read_text().replace("\0", " ")
    ours = {str(os.getpid())}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    found = {f"process {pid} {commands.get(pid)}" for pid in ours}
    mounts = {f"mount {line}" for line in Path("/proc/self/mounts").read_text().splitlines()}
    groups = {f"group {path}" for path in Path("/sys/fs/cgroup").glob(f"*/metabot-{os.getpid()}-*")}
    return found | mounts | groups


@pytest.fixture(scope="session")
def toy_files() -> dict[str, str]:
    """A target: every fourth look-up ends its trace. Its tests and evaluation need a bare Python."""
    return toy.FILES


@pytest.fixture(scope="session")
def toy_subject(toy_files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """What the analyzer finds in the telemetry of the toy's evaluation."""
    folder = tmp_path_factory.mktemp("toy")
    for path, text in toy_files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    recorded = folder / "telemetry.jsonl"
    command = [sys.executable, "-m", "app.evaluate"]
    subprocess.run(command, cwd=folder, env={"TELEMETRY": str(recorded)}, check=True, capture_output=True)
    with Store.temporary() as store:
        load(store, recorded)
        found = recurring_error.detect(*(frame(store, read) for read in recurring_error.READS))
    return found[0].subject


@pytest.fixture
def mending(a_proposal: MakeProposal, toy_subject: Subject) -> MakeProposal:
    """A proposal that mends the toy, of a finding about its failing GET; what a case is about is given by name."""

    def make(**given: Any) -> Proposal:
        known = {
            "of": finding("recurring-error", subject=toy_subject),
            "edits": (Edit(path="app/lookup.py", before=toy.APP, after=toy.MENDED),),
            "new_test": NewTest(path="tests/test_every_number.py", text=toy.NEW_TEST),
        }
        return a_proposal(**(known | given))

    return make
