"""What a pull request says of the tests beside their ends: flaky ones, and changed lines that none executes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metabot.render import code
from metabot.verify.measured import Measured
from metabot.verify.sound import named

_SHOWN: Final = 10  # places of lines


def executed(measured: Measured) -> Iterator[tuple[str, str, str]]:
    """The row of the changed lines; none where they were not measured."""
    coverage = measured.coverage
    if coverage is not None and coverage.unknown is None:
        by = "the suite" if coverage.of == "suite" else "the new test alone"
        yield f"Changed lines that {by} executes", "", f"{coverage.covered:,} of {coverage.lines:,}"


def untested(measured: Measured) -> Iterator[str]:
    """What the tests leave open."""
    if measured.flaky:
        yield f"Flaky tests, which differ between two runs without the change: {named(measured.flaky)}."
    if measured.base_tests.report is None:
        yield "Which tests are flaky, or run no longer: the test command leaves no report that names them."
    coverage = measured.coverage
    if coverage is None:
        return
    if coverage.unknown is not None:
        yield f"Which of the changed lines the tests execute: {coverage.unknown}."
    elif coverage.missed:
        more = len(coverage.missed) - _SHOWN
        rest = f" and {more} more" if more > 0 else ""
        shown = ", ".join(f"`{code(place)}`" for place in coverage.missed[:_SHOWN])
        yield f"Changed lines that no test executed: {shown}{rest}."
