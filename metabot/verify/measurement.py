"""What an evaluation's telemetry shows: the finding's own metric at its own subject, and counts.

The telemetry goes through the loader and the analyzer that made the finding, so before and after are computed by one
piece of code.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from analyzers.finding import Metric, Subject
from analyzers.frames import CALLS, SPANS
from analyzers.registry import ANALYZERS, configured
from metabot.config import Settings
from metabot.errors import InputError
from metabot.store.frames import frame
from metabot.store.load import Loading, load_each
from metabot.store.store import Store
from metabot.verify.counts import counted
from metabot.verify.evaluation import Evaluation
from metabot.verify.measured import Counts, Evaluated


def evaluated(evaluation: Evaluation, analyzer: str, subject: Subject, settings: Settings) -> Evaluated:
    """The evaluation with the analyzer's metric and the counts; both None where there is no telemetry to read."""
    metric, counts = None, None
    if evaluation.telemetry is not None:
        with suppress(InputError):  # of no format that is known: the verdict says that nothing was measured
            metric, counts = _measured(evaluation.telemetry, analyzer, subject, settings)
    return Evaluated(
        run=evaluation.run,
        score=evaluation.score,
        cases=evaluation.cases,
        metric=metric,
        counts=counts,
        matched=evaluation.matched,
    )


def _measured(telemetry: Path, name: str, subject: Subject, settings: Settings) -> tuple[Metric | None, Counts]:
    analyzer = ANALYZERS[name]
    chosen = configured(name, settings.analyzers.get(name, {}))
    with Store.temporary() as store:
        for found in load_each(store, telemetry, Loading(capture=settings.store.capture)):
            if isinstance(found, InputError):
                raise found
        frames = [frame(store, read) for read in analyzer.reads]
        counts = counted(frame(store, SPANS), frame(store, CALLS))
    return analyzer.measure(*frames, subject=subject, settings=chosen), counts
