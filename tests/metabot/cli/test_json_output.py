"""`--format json` and its page say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from analyzers import finding, overview
from analyzers.usage import (
    calls,
    empty,
    events,
    growth,
    input_sizes,
    latency,
    metrics,
    prompt_blocks,
    quantities,
    scores,
    sequences,
    tools,
    traffic,
)
from metabot.analysis import analyze
from metabot.cli.json_output import as_json, json_schema
from metabot.config import parse
from metabot.store.inputs import files
from metabot.store.load import Loading, load_each
from metabot.store.store import Store
from tests import proposals
from tests.builders import Trace, failing, frames, model, tool, trace
from tests.metabot.stored import stored

VALID = jsonschema_rs.validator_for(json.loads(json_schema()))
PAGE = (Path(__file__).parents[3] / "docs/json.md").read_text()


@pytest.mark.parametrize(
    "shape",
    [
        overview.Overview, overview.ModelUse, overview.Cost, overview.ServiceUse, overview.OperationTime,
        quantities.Tally, quantities.Spread, quantities.Over, calls.ModelCalls, calls.CallUse,
        latency.Latency, latency.LongestCall, latency.Queueing, empty.EmptyAnswers, empty.EmptyInTrace,
        sequences.IdleGaps, prompt_blocks.PromptBlocks, prompt_blocks.Consecutive, growth.Growth,
        input_sizes.InputSizes, input_sizes.InputSize, tools.ToolUse, tools.Tool, tools.ToolMessage,
        tools.RepeatedMessage, scores.Scores, scores.Score, scores.Runs, metrics.Metrics, metrics.MetricSeries,
        events.Events, events.EventType,
        traffic.Traffic, traffic.Clocks, traffic.Gap, traffic.LongTrace,
        finding.Finding, finding.Consequence, finding.Candidate, finding.Subject, finding.Waste, finding.Metric,
        finding.Exemplar,
    ],
)  # fmt: skip
def test_every_key_is_described(shape: Any) -> None:
    """docs/json.md names each key that the output can have."""
    described = set(re.findall(r"[a-z0-9_]+", PAGE))
    assert {field.name for field in fields(shape)} - {"affected"} <= described


def analyzed(*traces: Trace, **settings: Any) -> bytes:
    with stored(frames(*traces)) as store:
        return as_json(analyze(store, parse(settings, name="config.toml", root=Path.cwd())))


def failing_traces(count: int, **columns: Any) -> list[Trace]:
    return [trace(failing(tool("fetch"), message="<b>"), at=at, status="error", **columns) for at in range(count)]


@pytest.mark.parametrize(
    "printed",
    [
        pytest.param(analyzed, id="nothing"),
        pytest.param(lambda: analyzed(*failing_traces(5)), id="a finding"),
        pytest.param(lambda: analyzed(*failing_traces(5, environment="ci")), id="in tests only"),
        pytest.param(lambda: analyzed(analyzers={"acme.absent": {}}), id="a refusal"),
        pytest.param(lambda: analyzed(trace(model(), model(), clock="order")), id="unknown times"),
    ],
)
def test_what_is_printed_has_the_shape_that_the_schema_says(printed: Callable[[], bytes]) -> None:
    """Every key is there, and none has a value of another type."""
    VALID.validate(json.loads(printed()))


def test_the_schema_says_consequences_too() -> None:
    """A finding with another one's evidence below it has the shape as well, and says nothing of metabot's own."""
    made = proposals.finding()
    follows = finding.Consequence(fingerprint=made.fingerprint, candidate=made.candidate, because="so it is")
    with stored(frames(trace(model()))) as store:
        analysis = analyze(store, parse({}, name="config.toml", root=Path.cwd()))
    printed = json.loads(as_json(replace(analysis, findings=(replace(made, consequences=(follows,)),))))
    VALID.validate(printed)
    assert printed["findings"][0]["consequences"][0]["candidate"]["analyzer"] == "prompt-cache-miss"
    assert "affected" not in json.dumps(printed)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda printed: printed.pop("refused"), id="a key is missing"),
        pytest.param(lambda printed: printed["findings"][0].pop("production"), id="one that has a default"),
        pytest.param(lambda printed: printed.update(schema="metabot.analysis/1"), id="another version"),
        pytest.param(lambda printed: printed["findings"][0]["candidate"].update(traces="5"), id="a number as text"),
        pytest.param(lambda printed: printed["overview"].update(spans=None), id="nothing for a count"),
    ],
)
def test_the_schema_refuses(broken: Callable[[Any], object]) -> None:
    """Otherwise everything would have its shape."""
    printed = json.loads(analyzed(*failing_traces(5)))
    broken(printed)
    assert not VALID.is_valid(printed)


@pytest.mark.real_data
@pytest.mark.parametrize("source", ["smoltrace", "agento-otel", "langfuse", "who-and-when"])
def test_recordings_of_others_have_the_shape(source: str, real_data: Path) -> None:
    """Whatever the recording says or lacks."""
    with Store.temporary() as store:
        for path in files(source, real_data / "raw"):
            list(load_each(store, path, Loading()))
        VALID.validate(json.loads(as_json(analyze(store, parse({}, name="config.toml", root=Path.cwd())))))
