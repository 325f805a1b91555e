"""Whether a verdict holds: computed again from what was measured, or proved again with runs of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from metabot.cli.console import stopwatch
from metabot.cli.proposal_figures import figure_lines, figure_rows
from metabot.cli.proposal_page import detail_lines, row
from metabot.cli.proposal_runs import NumberedRun, What, numbered
from metabot.config import Settings
from metabot.errors import RepositoryError
from metabot.ledger.proposals import ProposalEntry
from metabot.publish.figures import Labels
from metabot.stopped import Reason, Stopped
from metabot.verify.environment import base_of
from metabot.verify.measured import Measured
from metabot.verify.tried import Tried
from metabot.verify.verdict import verdict
from metabot.verify.verification import Bench


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict that the stored measurement gives."""

    end: Stopped | None
    threshold: float


def judged_again(tried: Tried, settings: Settings) -> Judged | None:
    """Pure: nothing runs. None where it was stopped before everything was measured.

    The threshold is the one of the trial, or the settings' where none was kept.
    """
    if tried.measured is None:
        return None
    threshold = settings.meta_layer.improvement_threshold if tried.threshold is None else tried.threshold
    decided = verdict(tried.proposal, tried.measured, threshold=threshold)
    return Judged(None if decided == "better" else decided, threshold)


def tried_again(tried: Tried, settings: Settings) -> Tried:
    """Every run made once more, at the revision that was the base then. Nothing of it is kept."""
    repository, _ = base_of(settings)
    if repository.resolve(tried.base_revision) is None:
        message = f"{settings.target.repository}: has no commit {tried.base_revision}, the base of then."
        raise RepositoryError(f"{message}\n  Fetch it, or verify without --rerun.")
    kept: list[Tried] = []
    with Bench.of_pass(settings, progress=stopwatch(), keep=kept.append) as bench:
        bench.verify(tried.proposal, at=tried.base_revision)
    return kept[0]


def ending(end: Stopped | None) -> str:
    return "better" if end is None else f"stopped at {end.stage}: {end.reason}"


def agree(one: Stopped | None, other: Stopped | None) -> bool:
    return ending(one) == ending(other)


def again_lines(entry: ProposalEntry, tried: Tried, judged: Judged | None, labels: Labels) -> list[str]:
    runs = numbered(tried)
    lines = [*row("proposal", f"{entry.id}  {entry.title}"), *row("recorded", ending(tried.end))]
    if judged is None:
        why = "not from a measurement: it was stopped before everything was measured"
        return [*lines, *row("again", why), *_grounds(tried, runs), *detail_lines(tried)]
    same = "as recorded" if agree(judged.end, tried.end) else "NOT as recorded"
    asked = f"at a threshold of {judged.threshold:.0%}"
    lines += row("again", f"{ending(judged.end)}, {same}; from what was measured, {asked}")
    if judged.end is not None:
        lines += [line for part in judged.end.detail.splitlines() for line in row("", part.strip())]
    return [*lines, "", *figure_lines(tried.measured, labels, runs)]


def _grounds(tried: Tried, runs: list[NumberedRun]) -> Iterator[str]:
    """The runs that a stop rests on, as far as runs decide it."""
    shows = _SHOWN_BY.get(tried.end.reason) if tried.end else None
    found = [one for one in runs if shows and shows(one)]
    if found:
        told = ", ".join(f"run {one.number} ({one.what} at {one.run.revision}, {_how(one)})" for one in found)
        yield from row("rests on", told)
    elif runs:
        yield from row("rests on", f"runs 1 to {len(runs)}; metabot proposal show tells each")
    else:
        yield from row("rests on", "no run: nothing was run; --rerun tries it again")


def _how(one: NumberedRun) -> str:
    run = one.run
    return f"exit {run.exit_code}" if run.limit is None else f"ended by its limit of {run.limit}"


def _of(what: What, revision: str) -> Callable[[NumberedRun], bool]:
    return lambda one: one.what == what and one.run.revision == revision


def _failed(what: What, revision: str) -> Callable[[NumberedRun], bool]:
    return lambda one: _of(what, revision)(one) and one.run.exit_code != 0


_SHOWN_BY: Final[Mapping[Reason, Callable[[NumberedRun], bool]]] = {
    "base is red": _failed("tests", "base"),
    "base is flaky": _of("tests", "base"),
    "head is red": _failed("tests", "head"),
    "flaky at head": _of("tests", "head"),
    "fewer tests": lambda one: one.what == "tests",
    "new test passes on base": _of("new test", "base"),
    "new test runs nothing": lambda one: one.what == "new test",
    "new test fails on head": _failed("new test", "head"),
    "out of time": lambda one: one.run.limit == "time",
    "out of memory": lambda one: one.run.limit == "memory",
    "out of disk": lambda one: one.run.limit == "disk",
    "measurement tampered": lambda one: bool(one.run.rewritten),
    "not measured": lambda one: one.what == "measurement",
}


def rerun_lines(tried: Tried, again: Tried, labels: Labels) -> list[str]:
    """Both verdicts, then the figures that came out the same and those that did not."""
    same = "as recorded" if agree(tried.end, again.end) else "NOT as recorded"
    lines = row("proved again", f"{ending(again.end)}, {same}; at base {again.base_revision[:12]}, nothing of it kept")
    return [*lines, *detail_lines(again), *_compared(tried.measured, again.measured, labels)]


def _compared(recorded: Measured | None, now: Measured | None, labels: Labels) -> Iterator[str]:
    then = {one.what: f"{one.base} → {one.head}" for one in figure_rows(recorded, labels)}
    today = {one.what: f"{one.base} → {one.head}" for one in figure_rows(now, labels)}
    names = list(dict.fromkeys((*then, *today)))
    same = [name for name in names if then.get(name) == today.get(name)]
    if same:
        yield from row("the same", ", ".join(same))
    for name in names:
        if name not in same:
            yield from row("differs", f"{name}: {then.get(name, 'none')}; now {today.get(name, 'none')}")
