"""A run of its own that tells which changed lines are executed; it is never one of those that are judged.

The package `coverage` of metabot's own environment is shown to it read-only, beside a `sitecustomize` that starts it
(`lines_run.py`). Its compiled half is used by the same Python version alone, its Python half by any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

import coverage as package

from metabot.config import Target
from metabot.generate.proposal import Proposal
from metabot.verify import changed_lines
from metabot.verify.measured import CommandRun
from metabot.verify.runner import Result, Revision, Runner
from metabot.verify.suite import run_tests
from metabot.verify.tested import Coverage

_AFFORDABLE_SECONDS: Final = 2.0  # of the whole suite; where it takes longer, the new test alone is run again
_PACKAGE: Final = Path(package.__file__).resolve().parent
_PROGRAM: Final = Path(__file__).with_name("lines_run.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """Of the whole suite with the change where that is quick, else of the new test."""

    proposal: Proposal
    of_what: Literal["suite", "new test"]
    runs: tuple[Callable[[], Result], ...]  # none where no changed file is Python
    kept: Path

    @classmethod
    def of(cls, runner: Runner, target: Target, proposal: Proposal, head: Revision, suite: CommandRun) -> Covering:
        what: Literal["suite", "new test"] = "suite" if suite.seconds <= _AFFORDABLE_SECONDS else "new test"
        kept = runner.under / "lines.jsonl"
        files = changed_lines.python_files(proposal.edits)
        if not files:
            return cls(proposal=proposal, of_what=what, runs=(), kept=kept)
        harness = _harness(runner.under)
        run = partial(
            run_tests,
            runner,
            target,
            head,
            None if what == "suite" else proposal.new_test.path,
            variables={
                "PYTHONPATH": str(harness),
                "METABOT_COVERAGE": json.dumps({"files": files, "into": "{telemetry}"}),
            },
            read_only=(harness, _PACKAGE),
            telemetry=kept,
        )
        return cls(proposal=proposal, of_what=what, runs=(run,), kept=kept)

    def found(self) -> Coverage:
        """What the run told, once it is over."""
        record = changed_lines.record(self.kept) if self.runs else None
        return changed_lines.coverage(self.proposal.edits, record, self.of_what)


def _harness(under: Path) -> Path:
    """A folder of these two alone: beside `coverage` in its own folder stands all that metabot depends on."""
    folder = under / "coverage"
    if not folder.exists():
        folder.mkdir()
        (folder / "coverage").symlink_to(_PACKAGE)
        (folder / "sitecustomize.py").write_bytes(_PROGRAM.read_bytes())
    return folder
