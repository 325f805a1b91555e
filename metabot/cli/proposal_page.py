"""How one proposal is printed: what it is, the change, every run, the figures, the verdict, where the time went."""

from __future__ import annotations

from collections.abc import Iterator

from metabot.cli.console import wrapped
from metabot.cli.findings import moment, subject_words
from metabot.cli.proposal_figures import figure_lines
from metabot.cli.proposal_list import ended
from metabot.cli.proposal_runs import numbered, run_lines, test_lines
from metabot.cli.proposal_times import time_lines
from metabot.generate.edits import diff_of
from metabot.ledger.proposals import ProposalEntry
from metabot.publish.figures import Labels, figure
from metabot.verify.tried import Tried


def page_lines(entry: ProposalEntry, tried: Tried, labels: Labels, *, output: bool) -> list[str]:
    runs = numbered(tried)
    parts = (
        list(_head(entry, tried)),
        ["change", *diff_of(tried.proposal).splitlines()],
        [*run_lines(runs, output=output), *test_lines(tried.measured)],
        figure_lines(tried.measured, labels, runs),
        time_lines(tried, runs),
    )
    return [line for part in parts if part for line in (*part, "")][:-1]


def _head(entry: ProposalEntry, tried: Tried) -> Iterator[str]:
    proposal, prediction = tried.proposal, tried.proposal.prediction
    candidate = proposal.placed.finding.candidate
    scripted = " (scripted)" if proposal.scripted else ""
    rows = {
        "proposal": f"{entry.id}  {proposal.title}",
        "finding": f"{entry.fingerprint}  {candidate.analyzer}, {subject_words(candidate.subject)}",
        "author": f"{proposal.author} {proposal.recipe}{scripted}",
        "tried": f"{moment(entry.tried_ns)} UTC, the {ordinal(entry.times)} time, at base {tried.base_revision[:12]}",
        "predicted": f"{figure(prediction.observed)} → {figure(prediction.expected)} {prediction.unit}{scripted}",
        "verdict": ended(entry),
    }
    for name, text in rows.items():
        yield from row(name, text)
    yield from detail_lines(tried)


def detail_lines(tried: Tried) -> Iterator[str]:
    """What the stop says, where it is one."""
    for line in tried.end.detail.splitlines() if tried.end else ():
        yield from row("", line.strip())


def row(name: str, text: str) -> list[str]:
    return wrapped(text, first=f"{name:<13} ", indent=" " * 14)


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `4th`, `11th`."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"
