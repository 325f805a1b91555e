"""How proposals are listed: the funnel of all findings, then each proposal with how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from metabot.cli.console import wrapped
from metabot.cli.findings import moment
from metabot.cli.funnel_lines import funnel_lines
from metabot.cli.quantities import counted
from metabot.funnel import Step
from metabot.ledger.proposals import ProposalEntry


def ended(entry: ProposalEntry) -> str:
    """`better, opened as #1 (open)`, or where and why it stopped."""
    if entry.stop is not None:
        stage, reason = entry.stop
        return f"stopped at {stage}: {reason}"
    return "better" if entry.opened is None else f"better, opened as #{entry.opened.number} ({entry.opened.state})"


def list_lines(steps: Sequence[Step], entries: Sequence[ProposalEntry]) -> list[str]:
    lines = [f"findings  {steps[0].count:,}, each by its latest end", *funnel_lines(steps), ""]
    if not entries:
        return [*lines, *wrapped("proposals none yet: metabot run writes them", indent=" " * 10)]
    lines.append(f"proposals {len(entries):,}, newest first  (metabot proposal show ID tells all about one)")
    return lines + [line for entry in entries for line in _entry(entry)]


def _entry(entry: ProposalEntry) -> list[str]:
    """What is proposed; how it ended and when; for what and by whom."""
    tries = "" if entry.times == 1 else f", tried {counted(entry.times, 'time')}"
    return [
        *wrapped(f"{entry.id}  {entry.title}", first="  ", indent=" " * 16),
        *wrapped(f"{ended(entry)}, {moment(entry.tried_ns)} UTC{tries}", indent=" " * 4),
        *wrapped(f"for {entry.analyzer} {entry.fingerprint} by {entry.author} {entry.recipe}", indent=" " * 4),
    ]
