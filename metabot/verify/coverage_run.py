"""A run of its own that tells which changed lines are executed; it is never one of those that are judged.

The package `coverage` of metabot's own environment is shown to it read-only, beside a `sitecustomize` that starts it
(`lines_run.py`). Its compiled half is used by the same Python version alone, its Python half by any other.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, Literal

import coverage as package

from metabot.config import Target
from metabot.generate.proposal import Proposal
from metabot.verify import changed_lines
from metabot.verify.measured import CommandRun
from metabot.verify.runner import Revision, Runner
from metabot.verify.suite import run_tests
from metabot.verify.tested import Coverage

_AFFORDABLE_SECONDS: Final = 5.0  # of the whole suite; where it takes longer, the new test alone is run again
_PACKAGE: Final = Path(package.__file__).resolve().parent
_PROGRAM: Final = Path(__file__).with_name("lines_run.py")


def covered(runner: Runner, target: Target, proposal: Proposal, head: Revision, suite: CommandRun) -> Coverage:
    """Of the whole suite with the change where that is quick, else of the new test."""
    files = changed_lines.python_files(proposal.edits)
    of: Literal["suite", "new test"] = "suite" if suite.seconds <= _AFFORDABLE_SECONDS else "new test"
    if not files:
        return changed_lines.coverage(proposal.edits, None, of)
    harness, kept = _harness(runner.under), runner.under / "lines.jsonl"
    run_tests(
        runner,
        target,
        head,
        None if of == "suite" else proposal.new_test.path,
        variables={
            "PYTHONPATH": str(harness),
            "METABOT_COVERAGE": json.dumps({"files": files, "into": "{telemetry}"}),
        },
        read_only=(harness, _PACKAGE),
        telemetry=kept,
    )
    return changed_lines.coverage(proposal.edits, changed_lines.record(kept), of)


def _harness(under: Path) -> Path:
    """A folder of these two alone: beside `coverage` in its own folder stands all that metabot depends on."""
    folder = under / "coverage"
    if not folder.exists():
        folder.mkdir()
        (folder / "coverage").symlink_to(_PACKAGE)
        (folder / "sitecustomize.py").write_bytes(_PROGRAM.read_bytes())
    return folder
