"""A proposal proved, and every way in which one is not, by real causes on a real repository."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repositories import commit, git

from metabot import config
from metabot.config import Settings
from metabot.errors import RepositoryError
from metabot.generate.proposal import Edit, NewTest, Proposal
from metabot.stopped import Stopped
from metabot.verify.measured import VerifiedProposal
from metabot.verify.tried import Tried
from metabot.verify.verification import Bench

Mending = Callable[..., Proposal]
Prove = Callable[..., VerifiedProposal | Stopped]
TEST = "{python} -m unittest"
EVALUATE = "{python} -m app.evaluate"
SLOW = pytest.mark.slow  # what they try is tried on the sandbox and the runner alone, too
pytestmark = pytest.mark.usefixtures("nothing_is_left", "proved")


@pytest.fixture
def target(tmp_path: Path, toy_files: dict[str, str]) -> Path:
    commit(tmp_path / "target", toy_files)
    return tmp_path / "target"


@pytest.fixture
def settings(some_settings: Callable[..., Settings], target: Path) -> Callable[..., Settings]:
    def make(*, sandbox: dict[str, Any] | None = None, **changes: Any) -> Settings:
        known = {
            "repository": str(target),
            "test": TEST,
            "evaluate": EVALUATE,
            "environment": {"TELEMETRY": "{telemetry}"},
        }
        return some_settings(target=known | changes, sandbox=sandbox or {})

    return make


@pytest.fixture
def prove_it(settings: Callable[..., Settings]) -> Prove:
    def prove(proposal: Proposal, **changes: Any) -> VerifiedProposal | Stopped:
        with Bench.of_pass(settings(**changes), progress=lambda _: None) as bench:
            return bench.verify(proposal)

    return prove


def stop(found: VerifiedProposal | Stopped) -> tuple[str, str]:
    assert isinstance(found, Stopped), found
    return found.stage, found.reason


@pytest.mark.parametrize("kind", ["bwrap", "none"])
def test_what_is_better_is_verified(mending: Mending, prove_it: Prove, target: Path, kind: str) -> None:
    """Every run, both evaluations and exact counts are kept, and nothing of this machine is in them."""
    found = prove_it(mending(), sandbox={"kind": kind})
    assert isinstance(found, VerifiedProposal), found
    measured = found.measured
    assert found.base_revision == git(target, "rev-parse", "main")
    assert measured.sandbox == kind
    assert [run.exit_code for run in (measured.base_tests, measured.head_tests, *measured.new_test_on_head)] == [0] * 5
    assert measured.new_test_on_base.exit_code == 1
    assert measured.new_test_on_base.command == (*TEST.split(), "tests/test_every_number.py")
    (base, again), (head,) = measured.base, measured.head
    assert (base.score, again.score, head.score, head.cases) == (0.75, 0.75, 1.0, 20)
    assert base.metric is not None
    assert head.metric is not None
    assert (base.metric.value, base.metric.n, head.metric.value) == (0.25, 20, 0.0)
    assert base.counts is not None
    assert (base.counts.traces, base.counts.error_traces) == (20, 5)


HANG = "import time\ntime.sleep(97)\n"
HOG = "kept = []\nwhile True:\n    kept.append(bytearray(10_000_000))\n"
BOMB = "import os, time\nwhile True:\n    if os.fork() == 0:\n        time.sleep(97)\n"
CALL = "import urllib.request\nurllib.request.urlopen('http://93.184.215.14/', timeout=5)\n"
READ = "from pathlib import Path\nprint(Path('/etc/shadow').read_text(), *Path('/root').glob('.ssh/*'))\n1 / 0\n"


def new_test(text: str) -> dict[str, Any]:
    return {"new_test": NewTest(path="tests/test_every_number.py", text=text)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "changes", "expected"),
    [
        pytest.param({"edits": ()}, {}, ("applied", "does not apply"), id="policy"),
        pytest.param({}, {"protected_paths": ["app"]}, ("applied", "protected path"), id="a protected path"),
        pytest.param({}, {"setup": "false"}, ("sound", "setup failed"), id="setup fails"),
        pytest.param({}, {"test": ""}, ("sound", "setup failed"), id="no test command"),
        pytest.param({}, {"test": "{env}/bin/pytest"}, ("sound", "setup failed"), id="no environment for the tests"),
        pytest.param({}, {"test": "false"}, ("sound", "base is red"), id="a red base"),
        pytest.param(
            {},
            {"test": "sleep 97", "sandbox": {"seconds": 1}},
            ("sound", "out of time"),
            id="endless tests",
            marks=SLOW,
        ),
        pytest.param(new_test("1 / 0\n"), {}, ("sound", "new test fails on head"), id="a broken test"),
        pytest.param(
            new_test("import unittest\nclass T(unittest.TestCase):\n    def test_nothing(self) -> None: pass\n"),
            {},
            ("sound", "new test passes on base"),
            id="a test that proves nothing",
        ),
        pytest.param(
            new_test(HANG), {"sandbox": {"seconds": 2}}, ("sound", "out of time"), id="a test that hangs", marks=SLOW
        ),
        pytest.param(
            new_test(HOG), {"sandbox": {"memory_mb": 128}}, ("sound", "out of memory"), id="a memory hog", marks=SLOW
        ),
        pytest.param(new_test(BOMB), {}, ("sound", "new test fails on head"), id="a fork bomb", marks=SLOW),
        pytest.param(new_test(CALL), {}, ("sound", "new test fails on head"), id="a call into the network", marks=SLOW),
        pytest.param(new_test(READ), {}, ("sound", "new test fails on head"), id="a look at the machine", marks=SLOW),
        pytest.param({}, {"evaluate": ""}, ("better", "not measured"), id="no evaluation"),
        pytest.param(
            {"changes_prompt": True},
            {"evaluate": ""},
            ("better", "answer quality not checked"),
            id="no evaluation of a changed prompt",
        ),
        pytest.param({}, {"evaluate": "false"}, ("better", "not measured"), id="an evaluation that fails"),
        pytest.param({}, {"evaluate": "true"}, ("better", "not measured"), id="an evaluation without telemetry"),
        pytest.param(
            {},
            {"evaluate": "cp tests/test_lookup.py telemetry", "environment": {}},
            ("better", "not measured"),
            id="telemetry elsewhere",
            marks=SLOW,
        ),
        pytest.param(
            {},
            {"evaluate": "sh -c 'ln -s /etc/passwd $TELEMETRY'"},
            ("better", "not measured"),
            id="a link instead of telemetry",
            marks=SLOW,
        ),
        pytest.param(
            {},
            {"evaluate": "sh -c 'mkfifo $TELEMETRY'"},
            ("better", "not measured"),
            id="a pipe instead of telemetry",
            marks=SLOW,
        ),
        pytest.param(
            {},
            {"evaluate": "sh -c 'echo no telemetry > $TELEMETRY'"},
            ("better", "not measured"),
            id="no format",
            marks=SLOW,
        ),
        pytest.param(
            {},
            {"environment": {"TELEMETRY": "{telemetry}", "URL": "{model}"}},
            ("better", "not measured"),
            id="a model without a script",
        ),
    ],
)
def test_stops(
    mending: Mending, prove_it: Prove, given: dict[str, Any], changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    """Each real cause ends at its stage for its reason."""
    assert stop(prove_it(mending(**given), **changes)) == expected


def lookup(body: str) -> str:
    return f"def lookup(number: int) -> str:\n    {body}\n"


BUSY = 'raise ConnectionError("busy")'
ORDER = 'return f"order {number}"'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(lookup('return "order 4"'), ("sound", "head is red"), id="the repository's tests fail"),
        pytest.param(
            lookup(f"if number % 4 == 0: {BUSY}\n    {ORDER}  # busy"), ("sound", "new test fails on head"),
            id="nothing is mended",
        ),
        pytest.param(
            lookup(f"if number % 4 == 3: {BUSY}\n    {ORDER}"), ("better", "below threshold"), id="the fault has moved"
        ),
        pytest.param(
            lookup(f"if number % 8 == 0: {BUSY}\n    {ORDER}"), ("better", "below threshold"), id="mended in part"
        ),
        pytest.param(
            lookup(f"if number > 4: return 'sorry'\n    {ORDER}"), ("better", "answer quality fell"), id="worse answers"
        ),
    ],
)  # fmt: skip
def test_changes_that_do_not_hold(
    mending: Mending,
    settings: Callable[..., Settings],
    toy_files: dict[str, str],
    after: str,
    expected: tuple[str, str],
) -> None:
    """A cure that is none stops where that shows."""
    asked = settings().model_copy(update={"meta_layer": config.MetaLayer(improvement_threshold=0.7)})
    edits = (Edit(path="app/lookup.py", before=toy_files["app/lookup.py"], after=after),)
    with Bench.of_pass(asked, progress=lambda _: None) as bench:
        assert stop(bench.verify(mending(edits=edits))) == expected


@pytest.mark.slow
def test_a_run_cannot_prepare_the_next(mending: Mending, prove_it: Prove, toy_files: dict[str, str]) -> None:
    """A change that rewrites the evaluation and the tests while it is run is found out."""
    cheat = """
import pathlib
for path in pathlib.Path().rglob("*.py"):
    path.write_text("pass")
def lookup(number: int) -> str:
    if number % 4 == 0:
        raise ConnectionError("busy")
    return f"order {number}"
"""
    edits = (Edit(path="app/lookup.py", before=toy_files["app/lookup.py"], after=cheat),)
    assert stop(prove_it(mending(edits=edits))) == ("sound", "measurement tampered")


def test_a_bwrap_that_fails_stops_every_proposal(
    mending: Mending, prove_it: Prove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sandbox, no proof; the remedy is said, and nothing of the target has run."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    stopped = prove_it(mending(), setup=f"touch {tmp_path / 'ran'}")
    assert stop(stopped) == ("sound", "no sandbox")
    assert isinstance(stopped, Stopped)
    assert "apt-get install bubblewrap" in stopped.detail
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
def test_what_the_proposals_of_a_pass_share_is_done_once(mending: Mending, settings: Callable[..., Settings]) -> None:
    """The canary, the tests at the base and its evaluation are not run again for the second proposal.

    And of the change's evaluations each is made once: beside the others, and from a fresh worktree.
    """
    said: list[str] = []
    kept: list[Tried] = []
    with Bench.of_pass(settings(), progress=said.append, keep=kept.append) as bench:
        for _ in range(2):
            assert isinstance(bench.verify(mending()), VerifiedProposal)
    once = ("trying the sandbox", "tests at base, twice", "evaluation at base, twice")
    assert [said.count(line) for line in once] == [1, 1, 1]
    each = ("tests at head, and the new test at base", "evaluation at head", "once more from a fresh worktree")
    assert [said.count(line) for line in each] == [2, 2, 2]
    evaluated = [[run.revision for run in tried.runs if run.command == tuple(EVALUATE.split())] for tried in kept]
    assert [sorted(revisions) for revisions in evaluated] == [["base", "base", "head", "head"], ["head", "head"]]


@pytest.mark.slow
def test_nothing_is_left_in_the_repository(mending: Mending, prove_it: Prove, target: Path, tmp_path: Path) -> None:
    """No worktree, no changed file, no throw-away folder."""
    prove_it(mending())
    assert git(target, "worktree", "list").count("\n") == 0
    assert git(target, "status", "--porcelain") == ""
    assert sorted(path.name for path in (tmp_path / "metabot/.metabot").iterdir()) == ["verify.lock"]


KILLED = """
import json, sys
from pathlib import Path
from metabot import config
from metabot.verify.verification import Bench
folder, values = sys.argv[1:]
settings = config.parse(json.loads(values), name="config.toml", root=Path(folder))
with Bench.of_pass(settings, progress=lambda line: print(line, flush=True)) as bench:
    bench._workspace
    repository, revision = __import__("metabot.verify.environment", fromlist=["base_of"]).base_of(settings)
    bench._at(repository, revision)._suites._base
"""


@pytest.mark.slow
def test_a_killed_pass_is_cleaned_up_by_the_next(
    mending: Mending, prove_it: Prove, target: Path, tmp_path: Path
) -> None:
    """SIGKILL in the middle of a run: its processes end, and its worktree and folders are gone after the next pass."""
    values = {"target": {"repository": str(target), "test": "sleep 97"}}
    (tmp_path / "metabot").mkdir(exist_ok=True)
    command = [sys.executable, "-c", KILLED, str(tmp_path / "metabot"), json.dumps(values)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "tests at base" not in process.stdout.readline():
            assert process.poll() is None
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGKILL)
    assert "verify" in git(target, "worktree", "list")
    assert isinstance(prove_it(mending()), VerifiedProposal)
    assert git(target, "worktree", "list").count("\n") == 0
    assert sorted(path.name for path in (tmp_path / "metabot/.metabot").iterdir()) == ["verify.lock"]


def test_a_repository_that_is_not_there(mending: Mending, prove_it: Prove, tmp_path: Path) -> None:
    """Wrong settings are an error with the setting's name, not a stop."""
    with pytest.raises(RepositoryError):
        prove_it(mending(), repository=str(tmp_path / "missing"))
    with pytest.raises(RepositoryError, match="base_branch"):
        prove_it(mending(), base_branch="trunk")
