"""How the funnel is printed: as one line after a pass, as a table with what stopped the others."""

from __future__ import annotations

from collections.abc import Sequence

from metabot.cli.console import columns, wrapped
from metabot.cli.quantities import counted
from metabot.funnel import Step


def funnel_line(steps: Sequence[Step]) -> list[str]:
    """`3 found, 2 placed, …`: in one line up to three digits each or so."""
    return wrapped(", ".join(f"{step.count:,} {step.step}" for step in steps), first="funnel    ", indent=" " * 10)


def funnel_lines(steps: Sequence[Step]) -> list[str]:
    """A row for each step: how many came to it, and why the others did not."""
    return columns([(step.step, f"{step.count:,}", "; ".join(_lost(step))) for step in steps], align="<><", first=2)


def _lost(step: Step) -> list[str]:
    stopped = [f"{count:,} {reason}" for reason, count in step.stopped]
    return stopped + ([f"{counted(step.left, 'finding')} not taken further"] if step.left else [])
