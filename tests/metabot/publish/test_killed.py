"""SIGKILL before each push and each file written, then the same again: one branch, one pull request, one comment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from metabot.ledger.ledger import Ledger
from metabot.publish import deciding
from metabot.publish.identity import block_in
from metabot.stopped import Stopped
from tests import desks
from tests.desks import local_host, publisher
from tests.proposals import FINGERPRINT, finding, verified
from tests.repositories import commit, git

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
BRANCH = f"metabot/prompt-cache-miss-{FINGERPRINT}"

CHILD = """
import os, signal, sys
from tests.metabot.publish.test_killed import ACTIONS

AT = int(sys.argv[3])
seen = 0

def hook(event, arguments):
    global seen
    file = event == "os.rename" and str(arguments[0]).endswith(".partial")
    if file or (event == "subprocess.Popen" and "push" in arguments[1]):
        seen += 1
        if seen == AT:
            os.kill(os.getpid(), signal.SIGKILL)

from pathlib import Path
sys.addaudithook(hook)
ACTIONS[sys.argv[1]](Path(sys.argv[2]))
"""


class Left(NamedTuple):
    """What is there for people to see."""

    state: str
    branches: tuple[str, ...]  # at the remote
    parents: int  # of the branch's commit, where it is
    comments: int
    of_the_base: bool  # whether the text's block names main as it is now


def open_it(desk: Path) -> None:
    publisher(desk).open_change(verified(git(desk, "rev-parse", "main"), finding()))


def update_it(desk: Path) -> None:
    one = publisher(desk)
    if one.already(finding()) is None:
        one.open_change(verified(git(desk, "rev-parse", "main"), finding()))


def withdraw_it(desk: Path) -> None:
    one = publisher(desk)
    one.finish()
    if one.already(finding()) is None:
        one.given_up(finding(), Stopped(finding=FINGERPRINT, stage="sound", reason="head is red", detail="1 failed"))


def decline_it(desk: Path) -> None:
    (pull,) = local_host(desk).pulls()
    ledger = Ledger(desk.parent / ".metabot/ledger.sqlite")
    by = deciding.Person(name="ada", now_ns=desks.NOON_NS, keep=ledger.record_decision)
    deciding.decline(local_host(desk), deciding.About(fingerprint=FINGERPRINT, pull=pull), "no", by)


ACTIONS = {"open": open_it, "update": update_it, "withdraw": withdraw_it, "decline": decline_it}
WRITES = {"open": 3, "update": 3, "withdraw": 5, "decline": 2}
CASES = [pytest.param(action, at, id=f"{action}, {at}") for action, many in WRITES.items() for at in range(1, many + 1)]
EXPECTED = {
    "open": Left("open", (BRANCH,), 1, 0, True),
    "update": Left("open", (BRANCH,), 2, 0, True),
    "withdraw": Left("closed", (), 0, 1, False),
    "decline": Left("closed", (BRANCH,), 1, 1, True),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What each action begins with: nothing open, one open, or one whose base moved below it."""
    found = {}
    for action in ACTIONS:
        found[action] = desks.desk(tmp_path_factory.mktemp(action))
        if action != "open":
            open_it(found[action])
        if action in ("update", "withdraw"):
            commit(found[action], {"app.py": "PRICE = 0\n"})
    return found


@pytest.fixture
def desk(prepared: dict[str, Path], action: str, tmp_path: Path) -> Path:
    """A copy of that."""
    shutil.copytree(prepared[action].parent, tmp_path / "copy")
    return tmp_path / "copy" / prepared[action].name


def run(desk: Path, action: str, at: int) -> int:
    command = [sys.executable, "-c", CHILD, action, str(desk), str(at)]
    return subprocess.run(command, cwd=ROOT, env={**os.environ}, check=False, timeout=120).returncode


def left(desk: Path) -> Left:
    (pull,) = local_host(desk).pulls()
    block, remote = block_in(pull), desk.parent / "remote.git"
    branches = git(remote, "for-each-ref", "--format=%(refname:short)", "refs/heads/metabot").split()
    parents = git(remote, "log", "-1", "--format=%P", BRANCH).split() if branches else []
    comments = local_host(desk).comments(pull.number)
    now = block is not None and block.base == git(desk, "rev-parse", "main")
    return Left(pull.state, tuple(branches), len(parents), len(comments), now)


@pytest.mark.parametrize(("action", "at"), CASES)
def test_killed_before_it_writes_and_run_again(desk: Path, action: str, at: int) -> None:
    """It ends as if nothing had happened."""
    assert run(desk, action, at) == -9
    ACTIONS[action](desk)
    assert left(desk) == EXPECTED[action]


@pytest.mark.parametrize("action", ACTIONS)
def test_every_write_is_among_them(desk: Path, action: str) -> None:
    """A further one does not come; and once more changes nothing."""
    assert run(desk, action, WRITES[action] + 1) == 0
    ACTIONS[action](desk)
    assert left(desk) == EXPECTED[action]
