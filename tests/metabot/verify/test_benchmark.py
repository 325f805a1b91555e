"""The repository's own benchmark, in turn at the base and with the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from repositories import commit, finding

from analyzers.finding import Metric, Waste
from metabot import config
from metabot.config import Settings
from metabot.generate.proposal import Edit, NewTest, Proposal
from metabot.stopped import Stopped
from metabot.verify.benchmark import benchmarked
from metabot.verify.environment import TargetEnvironment
from metabot.verify.measured import Benchmarked, Timing, VerifiedProposal
from metabot.verify.runner import BASE, Runner
from metabot.verify.sandbox import Sandbox
from metabot.verify.verification import Bench

Run = Callable[[str], Benchmarked]
pytestmark = pytest.mark.usefixtures("proved")


@pytest.fixture
def timings(proved: Sandbox, tmp_path: Path) -> Run:
    """Runs a program as the benchmark of a repository that holds it."""
    base = tmp_path / "base"
    base.mkdir()
    environment = TargetEnvironment(folder=None, tree_at=Path("/target"))
    runner = Runner(sandbox=proved, environment=environment, base=base, under=tmp_path / "runs")

    def run(program: str) -> Benchmarked:
        (base / "bench.py").write_text(program)
        return benchmarked(runner, config.Target(benchmark="{python} -S bench.py"), BASE)

    return run


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ('{"seconds": 1.5}', (Timing("seconds", 1.5),)),
        ('warm\n{"small": 1, "large": 0.25}\n', (Timing("large", 0.25), Timing("small", 1.0))),
        ('{"seconds": 0}', ()),
        ('{"seconds": -1}', ()),
        ('{"seconds": NaN}', ()),
        ('{"seconds": 1e999}', ()),
        ('{"seconds": true}', ()),
        ('{"seconds": "1"}', ()),
        ('{"seconds": 1, "note": "fast"}', ()),
        ('{"a\\u202eb": 1}', ()),
        ("{}", ()),
        ("1.5", ()),
        ("", ()),
    ],
)
def test_the_last_line_gives_the_times(timings: Run, said: str, known: tuple[Timing, ...]) -> None:
    """Seconds by name; anything else among them and nothing is known."""
    found = timings(f"print({said!r})")
    assert (found.run.exit_code, found.timings) == (0, known)


LOOKUP = """
import time

def lookup(number: int) -> str:
    time.sleep(0.04)
    return f"order {number}"
"""
TIMES = """
import json, time
from app.lookup import lookup

begun = time.perf_counter()
for number in range(4):
    lookup(number)
print(json.dumps({"seconds": time.perf_counter() - begun}))
"""
OWN_TESTS = """
import unittest
from app.lookup import lookup

class TestLookup(unittest.TestCase):
    def test_finds(self) -> None:
        self.assertEqual(lookup(1), "order 1")
"""
NEW_TEST = """
import unittest
from pathlib import Path

class TestPause(unittest.TestCase):
    def test_is_short(self) -> None:
        self.assertNotIn("0.04)", Path("app/lookup.py").read_text())
"""


@pytest.fixture
def settings(some_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., Settings]:
    files = {
        "app/__init__.py": "",
        "app/lookup.py": LOOKUP,
        "app/times.py": TIMES,
        "tests/__init__.py": "",
        "tests/test_lookup.py": OWN_TESTS,
    }
    commit(tmp_path / "target", files)

    def make(**target: Any) -> Settings:
        known = {
            "repository": str(tmp_path / "target"),
            "test": "{python} -m unittest",
            "benchmark": "{python} -m app.times",
        }
        return some_settings(target=known | target)

    return make


@pytest.fixture
def quicker(a_proposal: Callable[..., Proposal]) -> Callable[[str], Proposal]:
    """A change of the pause, of a finding about time."""
    found = finding("serial-calls")
    metric = Metric(value=160.0, unit="ms per trace", n=20)
    waste = Waste(observed=metric, achievable=0.0, occurrences=20)
    found = replace(found, candidate=replace(found.candidate, evidence=waste))

    def make(pause: str) -> Proposal:
        edit = Edit(path="app/lookup.py", before=LOOKUP, after=LOOKUP.replace("0.04)", f"{pause})"))
        test = NewTest(path="tests/test_pause.py", text=NEW_TEST)
        return a_proposal(of=found, edits=(edit,), new_test=test)

    return make


def proved(settings: Settings, proposal: Proposal) -> VerifiedProposal | Stopped:
    with Bench.of_pass(settings, progress=lambda _: None) as bench:
        return bench.verify(proposal)


@pytest.mark.slow
def test_half_the_time_is_better(settings: Callable[..., Settings], quicker: Callable[[str], Proposal]) -> None:
    """The base against itself four times, then pairs; every run is kept with its times, in order."""
    found = proved(settings(), quicker("0.02"))
    assert isinstance(found, VerifiedProposal), found
    order = "".join(run.run.revision[0] for run in found.measured.benchmarks)
    assert order.startswith("bbbbhbbhhbbhhbbh")
    assert all(len(run.timings) == 1 for run in found.measured.benchmarks)


@pytest.mark.slow
def test_the_same_time_is_not(settings: Callable[..., Settings], quicker: Callable[[str], Proposal]) -> None:
    """A change that saves a fortieth is no gain of a fifth."""
    found = proved(settings(), quicker("0.039"))
    assert isinstance(found, Stopped)
    assert (found.stage, found.reason) in {("better", "below threshold"), ("better", "inconclusive")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("benchmark", "said"),
    [
        pytest.param("{python} -c print(1)", "gives no times", id="no times"),
        pytest.param("false", "The benchmark fails at base", id="a benchmark that fails"),
    ],
)
def test_a_benchmark_that_tells_nothing(
    settings: Callable[..., Settings], quicker: Callable[[str], Proposal], benchmark: str, said: str
) -> None:
    """It is known at its first run, and the change does not run at all."""
    found = proved(settings(benchmark=benchmark), quicker("0.02"))
    assert isinstance(found, Stopped)
    assert found.reason == "not measured"
    assert said in found.detail
