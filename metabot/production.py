"""Which traffic is no production: tests, evaluations and rehearsals by the environment they name, and metabot's own.

What a finding says about production is computed without them; what is found in them alone is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from analyzers.frames import EVENTS, SAMPLES, SPANS

# Words of deployment.environment.name. A person at work (development, local) is not one of them: their traffic is real.
ENVIRONMENTS: Final = (
    "test", "tests", "testing", "unittest", "e2e", "integration", "ci", "qa", "uat",
    "eval", "evals", "evaluation", "evaluations", "benchmark", "benchmarks", "bench", "loadtest",
    "staging", "stage", "preprod", "preproduction", "nonprod", "nonproduction", "preview", "replay",
)  # fmt: skip
OWN_SERVICE: Final = "metabot"

_WORD: Final = rf"(?i)(^|[^a-z0-9])({'|'.join(map(re.escape, ENVIRONMENTS))})([^a-z]|$)"
_DIVIDED: Final = r"(?i)(^|[^a-z0-9])(non|pre)[-_ ]prod"

_LOOSE: Final = (EVENTS.name, SAMPLES.name)  # need no trace

Read = Mapping[str, pl.LazyFrame]


def divided(read: Read, own: str = OWN_SERVICE) -> tuple[Read, Read | None]:
    """The frames without the traces that are no production, and those traces alone; None where there are none.

    A trace is none if any of its spans says so. Rows without a trace, as metrics are, count as production.
    `own`: the service that metabot's own telemetry names, beside its default; its events and metrics are in neither.
    """
    strangers = ~pl.col("service").is_in((OWN_SERVICE, own))
    read = {name: frame.filter(strangers) if name in _LOOSE else frame for name, frame in read.items()}
    spans = read[SPANS.name]
    apart = spans.filter(_apart(own)).select("trace_id").unique().collect() if _any(spans, own) else None
    if apart is None:
        return read, None
    return _joined(read, apart, "anti"), _joined(read, apart, "semi")


def _apart(own: str) -> pl.Expr:
    environment = pl.col("environment")
    named = environment.str.contains(_WORD) | environment.str.contains(_DIVIDED)
    return named.fill_null(value=False) | pl.col("service").is_in((OWN_SERVICE, own))


def _any(spans: pl.LazyFrame, own: str) -> bool:
    """Looks at each pair of names once: there are few."""
    named = spans.select("environment", "service").unique().filter(_apart(own))
    return bool(named.select(pl.len()).collect().item())


def _joined(read: Read, traces: pl.DataFrame, how: str) -> Read:
    """Frames without traces go to production."""
    chosen = {}
    for name, frame in read.items():
        if "trace_id" in frame.collect_schema():
            chosen[name] = frame.join(traces.lazy(), on="trace_id", how=how)  # type: ignore[arg-type]  # two words
        else:
            chosen[name] = frame if how == "anti" else frame.clear()
    return chosen
