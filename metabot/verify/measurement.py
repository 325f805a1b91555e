"""What an evaluation's telemetry shows: the finding's own metric at its own subject, and counts.

The telemetry goes through the loader and the analyzer that made the finding, so before and after are computed by one
piece of code.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

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


class Pace(NamedTuple):
    """How long the calls of the base took; another run is counted as if its calls took as long."""

    known: Any  # as the analyzer's `pace` gives it

    @classmethod
    def of(cls, telemetry: Path | None, analyzer: str, settings: Settings) -> Pace | None:
        """None for an analyzer whose figure takes no pace, and where there is no telemetry to read."""
        tell = ANALYZERS[analyzer].pace
        if tell is None or telemetry is None:
            return None
        with suppress(InputError), Store.temporary() as store:
            _load(store, telemetry, settings)
            return cls(tell(*(frame(store, read) for read in ANALYZERS[analyzer].reads)))
        return None


def evaluated(
    evaluation: Evaluation, analyzer: str, subject: Subject, settings: Settings, pace: Pace | None = None
) -> Evaluated:
    """The evaluation with the analyzer's metric and the counts; both None where there is no telemetry to read."""
    metric, counts = None, None
    if evaluation.telemetry is not None:
        with suppress(InputError):  # of no format that is known: the verdict says that nothing was measured
            metric, counts = _measured(evaluation.telemetry, analyzer, subject, settings, pace)
    return Evaluated(
        run=evaluation.run,
        score=evaluation.score,
        cases=evaluation.cases,
        metric=metric,
        counts=counts,
        matched=evaluation.matched,
        paced=pace is not None,
    )


def _measured(
    telemetry: Path, name: str, subject: Subject, settings: Settings, pace: Pace | None
) -> tuple[Metric | None, Counts]:
    analyzer = ANALYZERS[name]
    chosen = configured(name, settings.analyzers.get(name, {}))
    at = {} if pace is None else {"pace": pace.known}
    with Store.temporary() as store:
        _load(store, telemetry, settings)
        frames = [frame(store, read) for read in analyzer.reads]
        counts = counted(frame(store, SPANS), frame(store, CALLS))
        return analyzer.measure(*frames, subject=subject, settings=chosen, **at), counts


def _load(store: Store, telemetry: Path, settings: Settings) -> None:
    for found in load_each(store, telemetry, Loading(capture=settings.store.capture)):
        if isinstance(found, InputError):
            raise found
