"""`metabot propose`: what is written for a finding, shown whole, and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from metabot.cli.console import WIDTH, out, remark, settings_at, stopwatch, wrapped
from metabot.cli.findings import subject_words
from metabot.cli.load import tell_refused
from metabot.cli.run import exit_code
from metabot.generate.edits import diff_of
from metabot.generate.proposal import Proposal
from metabot.generate.writers import Choice
from metabot.pipeline import Outcome, Scope, run_pass
from metabot.place.placement import Location
from metabot.publish.figures import figure
from metabot.publish.publisher import Preview, Updated
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped

_INDENT: Final = " " * 11


def propose(
    findings: tuple[str, ...], *, author: Choice, dry_run: bool, proved: bool, diff_alone: bool, config: Path | None
) -> None:
    scope = Scope(only=findings, choice=author, proved=proved, dry_run=dry_run)
    done = run_pass(settings_at(config), scope, progress=stopwatch())
    tell_refused(done.refused)
    if diff_alone:
        _diffs(done.outcomes)
    else:
        lines = [line for outcome in done.outcomes for line in ("", *outcome_page(outcome))]
        out("\n".join(lines[1:] or ["nothing is found in the analyzed window: there is nothing to change"]))
    sys.exit(exit_code(done))


def _diffs(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if isinstance(outcome.end, Proposal):
            sys.stdout.write(diff_of(outcome.end))
        elif isinstance(outcome.end, Stopped):
            remark(f"{outcome.end.finding}: nothing written, {outcome.end.reason}. {outcome.end.detail}")


def outcome_page(outcome: Outcome) -> Iterator[str]:
    """The finding, the place, the change with its test, and where it ended and why. At most 80 columns but the diff."""
    candidate = outcome.finding.candidate
    yield from _row(outcome.finding.fingerprint, f"{candidate.analyzer}, {subject_words(candidate.subject)}", wide=True)
    yield from _row("found", candidate.problem)
    if outcome.proposal is not None:
        yield from _written(outcome.proposal)
    yield from _end(outcome)


def _written(proposal: Proposal) -> Iterator[str]:
    for location in proposal.placed.locations[:1]:
        yield from _row("place", _place(location))
    scripted = ", answered by a script" if proposal.scripted else ""
    yield from _row("author", f"{proposal.author} {proposal.recipe}{scripted}")
    yield from _row("change", proposal.title)
    prediction = proposal.prediction
    figures = f"{figure(prediction.observed)} → {figure(prediction.expected)} {prediction.unit}"
    yield from _row("predicts", f"{figures}{' (scripted)' if proposal.scripted else ''}")
    for risk in proposal.risks:
        yield from _row("risk", risk)
    if proposal.changes_prompt:
        yield from _row("", "What the model is told or shown changes: it needs an evaluation to be opened.")
    yield "-" * WIDTH
    yield diff_of(proposal).rstrip("\n")
    yield "-" * WIDTH


def _place(location: Location) -> str:
    symbol = f" ({location.symbol})" if location.symbol else ""
    lines = f"{location.path}, lines {location.first_line} to {location.last_line}{symbol}"
    return f"{lines}, by {location.how}, {location.sure:.0%} sure: {location.why}"


def _end(outcome: Outcome) -> Iterator[str]:
    match outcome.end:
        case PullRequest() as opened:
            yield from _row("opened", f"#{opened.number} {opened.title}, a draft on {opened.branch}: {opened.where}")
        case Updated(pull_request=updated, because=because):
            yield from _row("updated", f"#{updated.number} {updated.title}, {because}: {updated.where}")
        case Preview() as preview:
            yield from _row("proved", f"it would be opened on {preview.branch}")
        case Proposal():
            yield from _row("written", "It is not proved. Without --unproved it is, and opened where it holds.")
        case Stopped() as stop:
            first, *rest = stop.detail.splitlines() or [""]
            yield from _row("stopped", f"at {stop.stage}: {stop.reason}. {first}")
            for line in rest:
                yield from _row("", line.strip())


def _row(name: str, text: str, *, wide: bool = False) -> list[str]:
    first = f"{name}  " if wide else f"{name:<11}"
    return wrapped(text, first=first, indent=_INDENT)
