"""Traffic of tests and evaluations is analyzed apart from production's."""

from __future__ import annotations

import json
import time
from pathlib import Path

import polars as pl
import pytest

from metabot.analysis import Analysis, analyze
from metabot.config import Settings, parse
from metabot.pipeline import Scope, run_pass
from metabot.production import ENVIRONMENTS, divided
from metabot.stopped import Stopped
from tests.builders import Trace, failing, frames, model, tool, trace
from tests.metabot.stored import stored


def settings(tmp_path: Path) -> Settings:
    return parse({}, name="config.toml", root=tmp_path)


def failing_traces(count: int, *, since: int = 0, message: str = "down", **columns: object) -> list[Trace]:
    return [
        trace(failing(tool("fetch"), "HTTPError", message), at=since + number, status="error", **columns)
        for number in range(count)
    ]


def analyzed(tmp_path: Path, *traces: Trace) -> Analysis:
    with stored(frames(*traces)) as store:
        return analyze(store, settings(tmp_path), only=("recurring-error",))


@pytest.mark.parametrize(
    "environment",
    ["test", "Testing", "ci", "ci-4711", "eval", "eval_nightly", "staging-eu", "benchmark2", "non-prod", "pre_prod-1"],
)
def test_these_are_no_production(environment: str) -> None:
    """Whole words of the environment's name say so, in whatever case."""
    spans, *_ = frames(trace(model(), environment=environment), trace(model(), environment="production"))
    live, apart = divided({"spans": spans})
    assert apart is not None
    assert set(apart["spans"].collect()["environment"]) == {environment}
    assert set(live["spans"].collect()["environment"]) == {"production"}


@pytest.mark.parametrize(
    "environment", [None, "", "production", "development", "local", "attestation", "precision", "latest", "prod-circle"]
)
def test_these_are(environment: str | None) -> None:
    """A word within another one says nothing, and a person at work is a user; then nothing is read twice."""
    spans, *_ = frames(trace(model(), environment=environment))
    read = {"spans": spans}
    assert divided(read) == (read, None)


def test_a_whole_trace_goes_with_one_of_its_spans() -> None:
    """Calls and events have no environment of their own, or another; metrics, which have no trace, stay."""
    spans, calls, events = frames(trace(model(), tool("fetch", environment="test")), trace(model()))
    samples = pl.LazyFrame({"name": ["up"], "service": ["shop"]})
    live, apart = divided({"spans": spans, "calls": calls, "events": events, "samples": samples})
    assert apart is not None
    assert [frame.collect().height for frame in live.values()] == [2, 1, 0, 1]
    assert [frame.collect().height for frame in apart.values()] == [3, 1, 0, 0]


def test_metabots_own_traffic_is_none() -> None:
    """What metabot itself records is never a fault of the application."""
    spans, *_ = frames(trace(model(), service="metabot"))
    assert divided({"spans": spans})[1] is not None
    assert divided({"spans": spans.with_columns(service=pl.lit("our-bot"))}, "our-bot")[1] is not None


def test_metabots_own_events_and_metrics_need_no_trace_to_be_left_out() -> None:
    """A pass that failed is no event of the application's log."""
    spans, _, events = frames(trace(model()))
    own = (
        events.clear()
        .collect()
        .vstack(  # one of metabot's, one of the application's
            pl.DataFrame(
                {"service": ["metabot", "shop"], "name": ["pass_failed", "task_failed"]},
            ).select(
                [
                    pl.col(name) if name in ("service", "name") else pl.lit(None).cast(kind).alias(name)
                    for name, kind in events.collect_schema().items()
                ]
            )
        )
    )
    live, apart = divided({"spans": spans, "events": own.lazy()})
    assert apart is None
    assert live["events"].collect()["name"].to_list() == ["task_failed"]


def test_what_stands_in_tests_alone_is_told_apart(tmp_path: Path) -> None:
    """Marked, and behind what stands in production."""
    found = analyzed(
        tmp_path,
        *failing_traces(5, environment="test", service="checker"),
        *failing_traces(4, since=50, environment="production"),
    ).findings
    assert [(one.candidate.subject.service, one.production) for one in found] == [("desk", True), ("checker", False)]


def test_a_figure_of_production_is_computed_without_tests(tmp_path: Path) -> None:
    """The same fault in both is one finding, with the counts of production."""
    (found,) = analyzed(tmp_path, *failing_traces(9, environment="ci"), *failing_traces(4, since=50)).findings
    assert found.production
    assert found.candidate.evidence.occurrences == 4


def test_a_pass_stops_what_tests_alone_have(tmp_path: Path) -> None:
    """Nothing is proposed for it: it stops at placed, not production."""
    begin = time.time_ns() - 3_600 * 10**9
    spans = [
        {
            "traceId": f"{number:032x}", "spanId": f"{2 * number + root:016x}", "name": "desk" if root else "fetch",
            "parentSpanId": "" if root else f"{2 * number + 1:016x}", "startTimeUnixNano": str(begin + number * 10**9),
            "endTimeUnixNano": str(begin + number * 10**9 + 10**8), "status": {"code": 2, "message": "down"},
        }
        for number in range(1, 6)
        for root in (1, 0)
    ]  # fmt: skip
    named = {"deployment.environment.name": "ci", "service.name": "desk"}
    resource = {"attributes": [{"key": key, "value": {"stringValue": value}} for key, value in named.items()]}
    exported = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
    (tmp_path / "ci.json").write_text(json.dumps(exported))
    settings = parse({"sources": [{"path": "ci.json"}]}, name="config.toml", root=tmp_path)
    done = run_pass(settings, Scope(dry_run=True), progress=str)
    assert done.outcomes
    for outcome in done.outcomes:
        assert isinstance(outcome.end, Stopped)
        assert (outcome.end.stage, outcome.end.reason) == ("placed", "not production")


def test_the_words_are_documented() -> None:
    """docs/findings.md lists those that the table has."""
    page = (Path(__file__).parents[2] / "docs/findings.md").read_text()
    listed = page.partition("<!-- environments -->")[2].partition("<!-- end of environments -->")[0]
    assert tuple(listed.replace(",", " ").split()) == ENVIRONMENTS
