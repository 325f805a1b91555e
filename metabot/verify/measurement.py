"""What an evaluation's telemetry shows: the finding's own metric at its own subject, at others, and counts.

The telemetry goes through the loader and the analyzer that made the finding, so before and after are computed by one
piece of code.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import polars as pl

from analyzers.finding import Metric, Subject
from analyzers.frames import CALLS, SPANS
from analyzers.registry import ANALYZERS, configured
from metabot.config import Settings
from metabot.verify.counts import counted
from metabot.verify.elsewhere import at_others
from metabot.verify.evaluation import Evaluation
from metabot.verify.figures import TIMED
from metabot.verify.measured import Counts, Evaluated
from metabot.verify.shown import Shown

_DATE: Final = re.compile(r"[-@](20\d{2}-\d{2}-\d{2}|20\d{6})\Z")


class Pace(NamedTuple):
    """How long the calls of the base took; another run is counted as if its calls took as long."""

    known: Any  # as the analyzer's `pace` gives it

    @classmethod
    def of(cls, shown: Shown | None, analyzer: str) -> Pace | None:
        """None for an analyzer whose figure takes no pace, and where nothing is shown."""
        tell = ANALYZERS[analyzer].pace
        if tell is None or shown is None:
            return None
        return cls(tell(*map(shown.rows, ANALYZERS[analyzer].reads)))


def evaluated(
    evaluation: Evaluation, analyzer: str, subject: Subject, settings: Settings, pace: Pace | None = None
) -> Evaluated:
    """The evaluation with what the analyzer tells and the counts; None where there is no telemetry to read."""
    metric, counts, elsewhere = None, None, None
    shown = evaluation.shown or Shown.of(evaluation.telemetry, settings)
    if shown is not None:
        metric, counts, elsewhere = _measured(shown, analyzer, subject, settings, pace)
    return Evaluated(
        run=evaluation.run,
        score=evaluation.score,
        cases=evaluation.cases,
        metric=metric,
        counts=counts,
        matched=evaluation.matched,
        paced=pace is not None,
        elsewhere=elsewhere,
    )


def _measured(
    shown: Shown, name: str, subject: Subject, settings: Settings, pace: Pace | None
) -> tuple[Metric | None, Counts, float | None]:
    analyzer = ANALYZERS[name]
    chosen = configured(name, settings.analyzers.get(name, {}))
    at = {} if pace is None else {"pace": pace.known}
    frames = [answered_as(shown.rows(read), subject.detail) for read in analyzer.reads]
    counts = counted(shown.rows(SPANS), shown.rows(CALLS))
    metric = analyzer.measure(*frames, subject=subject, settings=chosen, **at)
    found = () if metric is None or metric.unit in TIMED else analyzer.detect(*frames, settings=chosen)
    return metric, counts, at_others(found, subject, metric)


def answered_as(rows: pl.LazyFrame, model: str | None) -> pl.LazyFrame:
    """The rows with a model's dated name in place of its plain one, or of another date, where it does not occur.

    Providers answer a request for `gpt-4.1-mini` as `gpt-4.1-mini-2025-04-14`; a script answers as it was asked.
    """
    if model is None or "model" not in rows.collect_schema():
        return rows
    known = rows.select(pl.col("model").drop_nulls().unique()).collect()["model"].to_list()
    alike = [one for one in known if undated(one) == undated(model)]
    if model in known or not alike:
        return rows
    return rows.with_columns(pl.col("model").replace(dict.fromkeys(alike, model)))


def undated(model: str) -> str:
    """`claude-sonnet-4-20250514` is `claude-sonnet-4`, `gpt-4o-2024-08-06` is `gpt-4o`."""
    return _DATE.sub("", model)
