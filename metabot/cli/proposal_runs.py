"""The runs of a trial: numbered, so that a figure can name its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from metabot.cli.console import columns, printable, wrapped
from metabot.cli.quantities import counted
from metabot.verify.measured import CommandRun, Measured
from metabot.verify.one_test import for_one
from metabot.verify.tested import TestReport
from metabot.verify.tried import Tried

What = Literal["tests", "new test", "measurement"]

_INDENT: Final = " " * 14


@dataclass(frozen=True, slots=True)
class NumberedRun:
    number: int
    what: What
    run: CommandRun
    earlier: bool  # made for an earlier proposal of the pass
    note: str  # what it was made for, where it is not plain


def numbered(tried: Tried) -> list[NumberedRun]:
    """Every run, those at the base that an earlier proposal had needed first, each group in the order of its ends."""
    runs = (*tried.runs_before, *tried.runs)
    test = tried.proposal.new_test.path
    suite = _suite(runs, test)
    earlier, notes = len(tried.runs_before), _notes(tried.measured)
    return [
        NumberedRun(number, _what(run, test, suite), run, number <= earlier, notes.get(run, ""))
        for number, run in enumerate(runs, 1)
    ]


def _suite(runs: Sequence[CommandRun], test: str) -> tuple[str, ...]:
    """The command that runs the repository's tests: the one that was run for the new test alone as well."""
    commands = dict.fromkeys(run.command for run in runs)
    pairs = (command for command in commands if for_one(command, test) in commands)
    reported = (run.command for run in runs if run.report is not None)
    return next(pairs, None) or next(reported, None) or next(iter(commands), ())


def _what(run: CommandRun, test: str, suite: tuple[str, ...]) -> What:
    if test in run.command or run.command == for_one(suite, test):
        return "new test"
    return "tests" if run.command == suite else "measurement"


def _notes(measured: Measured | None) -> dict[CommandRun, str]:
    """Of the runs of the last look, from a fresh worktree."""
    if measured is None or measured.rechecked is None:
        return {}
    again = measured.rechecked
    found = {again.new_test: "from a fresh worktree"}
    if again.evaluated is not None:
        found[again.evaluated.run] = "from a fresh worktree"
    if again.alarm is not None:
        found[again.alarm] = "a test that must fail"
    if again.tests_alone is not None:
        found[again.tests_alone] = "without the new test"
    return found


def run_lines(runs: Sequence[NumberedRun], *, output: bool) -> list[str]:
    """A table of the runs, the commands behind it, and each one's last output where it is asked for."""
    if not runs:
        return ["runs          none: it was stopped before anything ran"]
    head = ("#", "what", "at", "exit", "seconds", "")
    rows = [head, *(_row(one) for one in runs)]
    commands = {one.run.command: one.what for one in runs}
    lines = [f"runs          {len(runs)}", *columns(rows, align="><<>><", first=5)]
    for command, what in commands.items():
        lines += wrapped(printable(" ".join(command)), first=f"  {what:<12}", indent=_INDENT)
    return lines + [line for one in runs if output for line in _output(one)]


def _row(one: NumberedRun) -> tuple[str, ...]:
    run = one.run
    limit = f"ended by its limit of {run.limit}" if run.limit else ""
    earlier = "made for an earlier proposal" if one.earlier else ""
    rewritten = f"rewrote {', '.join(run.rewritten)}" if run.rewritten else ""
    notes = ", ".join(part for part in (limit, _counts(run.report), one.note, rewritten, earlier) if part)
    return str(one.number), one.what, run.revision, str(run.exit_code), f"{run.seconds:.2f}", notes


def _counts(report: TestReport | None) -> str:
    """`14 passed, 1 failed`, of the runner's own report."""
    if report is None:
        return ""
    counts = {"passed": report.passed, "failed": report.failed, "skipped": report.skipped}
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "no test ran"


def test_lines(measured: Measured | None) -> list[str]:
    """Tests that differ from run to run, tests that were lost, and how much of the change is covered."""
    if measured is None:
        return []
    lost = {"flaky at the base": measured.flaky, "lost with the change": measured.lost}
    told = [f"{what}: {', '.join(names)}" for what, names in lost.items() if names]
    covered = measured.coverage
    if covered is not None:
        share_of = f"{covered.covered} of {counted(covered.lines, 'changed line')} run by the {covered.of}"
        told.append(f"covered: {covered.unknown or share_of}")
    return [line for one in told for line in wrapped(one, first="  ", indent=" " * 4)]


def _output(one: NumberedRun) -> list[str]:
    shown = one.run.output.rstrip().splitlines() or ["(it printed nothing)"]
    return ["", f"output of run {one.number}", *(f"  {printable(line)}" for line in shown)]
