"""The figures of a trial, base beside head, each with the runs that it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from metabot.cli.console import columns, wrapped
from metabot.cli.proposal_runs import NumberedRun
from metabot.publish.figures import Labels, Row, difference, figures, guarded, runs
from metabot.verify.measured import Measured


def figure_rows(measured: Measured | None, labels: Labels) -> list[Row]:
    return [] if measured is None else figures(measured, labels)


def figure_lines(measured: Measured | None, labels: Labels, numbered: Sequence[NumberedRun]) -> list[str]:
    """A table, the figure that decides run by run, what may not worsen, and the numbers of the runs behind it all."""
    rows = figure_rows(measured, labels)
    if measured is None:
        return ["figures       none: it was stopped before everything was measured"]
    if not rows and not measured.benchmarks:
        return ["figures       none: no evaluation was run"]
    table = [("", "base", "head", ""), *((row.what, row.base, row.head, row.label) for row in rows)]
    lines = ["figures", *(columns(table, align="<>><", first=0) if rows else [])]
    return [*lines, *_sources(measured, numbered), *_deciding(measured), *_guarded(measured)]


def _sources(measured: Measured, numbered: Sequence[NumberedRun]) -> list[str]:
    base, head = (_numbers(measured, revision, numbered) for revision in ("base", "head"))
    text = f"measured by the runs {base} (base) and {head} (head)"
    return wrapped(text, indent="  ") if base and head else []


def _numbers(measured: Measured, revision: str, numbered: Sequence[NumberedRun]) -> str:
    runs_of = [*(one.run for one in measured.evaluations), *(one.run for one in measured.benchmarks)]
    measuring = [run for run in runs_of if run.revision == revision]
    return ", ".join(str(one.number) for one in numbered if one.run in measuring)


def _deciding(measured: Measured) -> list[str]:
    """The figure that decides: in each run, and how sure the difference is."""
    told = [line for one in runs(measured) for line in wrapped(f"{one.revision}: {one.values}", indent="  ")]
    sure = difference(measured)
    what = "seconds of the benchmark" if measured.benchmarks else _unit(measured)
    return ["", f"decides       {what}", *told, *wrapped(sure, indent="  ")] if told else []


def _unit(measured: Measured) -> str:
    return next((one.metric.unit for one in measured.evaluations if one.metric is not None), "")


def _guarded(measured: Measured) -> list[str]:
    found = guarded(measured)
    if not found:
        return []
    rows = [("", "base", "head"), *((one.what, one.base, one.head) for one in found)]
    noisy = [f"{one.what}: {one.difference}" for one in found if one.difference != "counted"]
    told = [line for one in noisy for line in wrapped(one, indent="  ")]
    return ["", "may not worsen", *columns(rows, align="<>>", first=0), *told]
