"""The evaluation run in turn at the base and with the change, where the figure is a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from repositories import commit, finding

from analyzers.finding import Metric, Waste
from benchmarks import workload
from metabot.config import Settings
from metabot.generate.proposal import Edit, NewTest, Proposal
from metabot.verify.measured import VerifiedProposal
from metabot.verify.verification import Bench

TEST = "import unittest\n\nclass TestPace(unittest.TestCase):\n    def test_{name}(self) -> None:\n        {body}\n"
OWN_TEST = TEST.format(name="works", body="from pace import ROUNDS; self.assertGreater(ROUNDS, 0)")
NEW_TEST = TEST.format(name="is_short", body="from pace import ROUNDS; self.assertLess(ROUNDS, 6_000)")
LESS = 0.2


@pytest.mark.slow
def test_a_time_is_compared_over_pairs_of_runs(
    a_proposal: Callable[..., Proposal], some_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    """The finding's own figure at its own subject: four runs of the base, then pairs, all of them kept in order."""
    tests = {"tests/__init__.py": "", "tests/test_pace.py": OWN_TEST}
    commit(tmp_path / "target", {**workload.files(), **tests})
    target = {"repository": str(tmp_path / "target"), "test": "{python} -m unittest", **workload.EVALUATE}
    waste = Waste(observed=Metric(value=16.0, unit="ms per trace", n=12), achievable=0.0, occurrences=12)
    found = finding("serial-calls", subject=workload.SUBJECT)
    found = replace(found, candidate=replace(found.candidate, analyzer=workload.ANALYZER, evidence=waste))
    edit = Edit(path="pace.py", before=workload.files()["pace.py"], after=workload.files(LESS)["pace.py"])
    proposal = a_proposal(of=found, edits=(edit,), new_test=NewTest(path="tests/test_short.py", text=NEW_TEST))
    settings = some_settings(target=target, meta_layer={"max_runs": 12})
    with Bench.of_pass(settings, progress=lambda _: None) as bench:
        proved = bench.verify(proposal)
    assert isinstance(proved, VerifiedProposal), proved
    runs = proved.measured.evaluations
    assert "".join(run.run.revision[0] for run in runs).startswith("bbbbhbbhhbbhhbbh")
    assert all(run.metric is not None and run.metric.unit == "ms per trace" for run in runs)
    assert all(run.run.peak_memory_bytes for run in runs)
