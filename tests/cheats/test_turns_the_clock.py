"""A change that gives the process another clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from repositories import commit

from metabot.verify.clocks import Taken, disagreement
from metabot.verify.environment import TargetEnvironment
from metabot.verify.runner import BASE, Revision, Runner
from metabot.verify.sandbox import Sandbox

pytestmark = pytest.mark.slow

SLOW = "import time\n\n\ndef work() -> None:\n    time.sleep(1)\n"
CHEAT = "import time\n\ntime.perf_counter = lambda: 7.0\n\n\ndef work() -> None:\n    time.sleep(1)\n"
FAST = "import time\n\n\ndef work() -> None:\n    time.sleep(0.3)\n"
BENCH = """
import json, time, work
begun = time.perf_counter()
work.work()
print(json.dumps({"seconds": time.perf_counter() - begun}))
"""


def taken(folder: Path, sandbox: Sandbox, after: str) -> Taken:
    commit(folder / "target", {"work.py": SLOW, "bench.py": BENCH})
    environment = TargetEnvironment(folder=None, tree_at=Path("/target"))
    runner = Runner(sandbox=sandbox, environment=environment, base=folder / "target", under=folder / "runs")
    head = BASE if after == SLOW else Revision(name="head", files={"work.py": after})
    done = runner.run(("{python}", "bench.py"), head)
    return Taken(head.name, json.loads(done.stdout)["seconds"], done.run.seconds)


def test_it_is_stopped(tmp_path: Path, sandbox: Sandbox) -> None:
    """The supervisor's clock shows none of the second that the benchmark says is saved."""
    base, cheat = taken(tmp_path / "base", sandbox, SLOW), taken(tmp_path / "head", sandbox, CHEAT)
    assert cheat.said == 0  # without the clock outside it would be believed
    unmet = disagreement((base, cheat))
    assert unmet is not None
    assert (unmet.stage, unmet.reason) == ("better", "measurement tampered")


def test_an_honest_change_passes(tmp_path: Path, sandbox: Sandbox) -> None:
    """What is really saved is seen outside, too."""
    runs = (taken(tmp_path / "base", sandbox, SLOW), taken(tmp_path / "head", sandbox, FAST))
    assert disagreement(runs) is None
