"""Whatever a frame holds, an analyzer answers: nulls, circles, clocks that jump, names that attack."""

from __future__ import annotations

import dataclasses
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.control import control
from analyzers.finding import Subject
from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS
from analyzers.overview import overview
from analyzers.registry import ANALYZERS
from analyzers.untrusted import Name
from metabot.analysis import Analysis
from metabot.cli.json_output import as_json
from tests.builders import BEGIN_NS, client, failing, frames, model, tool, trace, with_exception

KINDS = (SPANS, CALLS, EVENTS)

VALUES = {
    pl.String: st.sampled_from([None, "", "a", "b", "@x <b>", "0000000000000003", "order", "relative start", "score"]),
    pl.Int64: st.sampled_from([None, 0, 1, -5, 2**62, BEGIN_NS]),
    pl.UInt64: st.sampled_from([None, 0, 7, 2**64 - 1]),
    pl.Float64: st.sampled_from([None, 0.0, 1.5, float("nan"), float("inf")]),
    pl.Boolean: st.sampled_from([None, True]),
    pl.List(pl.String): st.sampled_from([None, [], [None], ["a"], ["1", "2"]]),
    pl.List(pl.UInt64): st.sampled_from([None, [], [None], [0, 0], [7]]),
    pl.List(pl.UInt32): st.sampled_from([None, [], [None], [0, 0], [9000]]),
}
SAMPLE = st.fixed_dictionaries({name: VALUES[kind] for name, kind in SAMPLES.schema.items()})


def loose(name):
    """The analyzer's settings with every least amount at nothing, so that candidates are made of whatever there is."""
    kind = ANALYZERS[name].settings
    return kind(**{field.name: 0 for field in dataclasses.fields(kind) if field.name.startswith("min_")})


def sound():
    """Three traces in which every analyzer has something to say."""
    rules = tuple(f"{number} " * 900 for number in range(4))
    blocks = {"block_hashes": [1, 2, 3], "block_size": 64, "block_unit": "tokens", "output_tokens": 0}
    refused = with_exception(failing(client("GET", 5), None, http_status=503), "HTTPError", "refused")
    for number in range(3):
        yield trace(
            model(
                prompt=(f"It is {number}.", *rules),
                asks=("1", "2"),
                input_usd_per_mtok=2,
                cached_usd_per_mtok=1,
                **blocks,
            ),
            tool("order", 40, tool_call_id="1", input="x", output=f"found {number}"),
            tool("stock", 50, refused, tool_call_id="2", input="y", status="error"),
            at=number,
            session_id=f"s{number}" if number else None,
            status="error",
        )


@st.composite
def recordings(draw):
    """A sound recording in which some cells of some rows are something else."""
    tables = {kind.name: table.collect().to_dicts() for kind, table in zip(KINDS, frames(*sound()), strict=True)}
    for kind in KINDS:
        columns = st.sampled_from(list(kind.schema))
        for _ in range(draw(st.integers(0, 6)) if tables[kind.name] else 0):
            column = draw(columns)
            draw(st.sampled_from(tables[kind.name]))[column] = draw(VALUES[kind.schema[column]])
    made = {kind.name: pl.DataFrame(tables[kind.name], schema=kind.schema).lazy() for kind in KINDS}
    return {**made, SAMPLES.name: pl.DataFrame(draw(st.lists(SAMPLE, max_size=4)), schema=SAMPLES.schema).lazy()}


@pytest.mark.parametrize("name", ANALYZERS)
@given(tables=recordings())
def test_always_answers(name, tables):
    """And what it says can be measured again, to the same figure, and be ranked and printed."""
    analyzer = ANALYZERS[name]
    read = [tables[frame.name] for frame in analyzer.reads]
    configured = loose(name)
    candidates = analyzer.detect(*read, settings=configured)
    for candidate in candidates:
        assert analyzer.measure(*read, subject=candidate.subject, settings=configured) == candidate.evidence.observed
        assert json.dumps(candidate.problem)
        assert candidate.traces <= candidate.traces_examined
    assert len(control(candidates, window_days=7)) <= len(candidates)
    nobody = Subject(service=Name("nobody"), operation=Name("nothing"))
    assert analyzer.measure(*read, subject=nobody, settings=configured) is None


@given(tables=recordings())
def test_the_overview_always_answers(tables):
    """Each call is counted once, whatever its cells hold, and what is said can be written as JSON."""
    found = overview(*tables.values(), rejects=0)
    calls = tables[CALLS.name].collect()
    assert found.model_calls.all.calls == found.calls == calls.height
    assert found.model_calls.all.input_tokens.unknown_calls == calls["input_tokens"].null_count()
    assert found.model_calls.own.calls <= calls.height
    assert found.tools.failed <= found.tools.calls
    assert as_json(Analysis(overview=found, findings=(), rejected=(), trusted=frozenset()))


@pytest.mark.slow
@given(tables=recordings(), seed=st.integers(0, 2**32))
@settings(max_examples=30)
def test_the_order_of_rows_says_nothing(tables, seed):
    """The store hands rows out as they lie: whoever needs an order makes it."""
    shuffled = {
        name: table.collect().sample(fraction=1, shuffle=True, seed=seed).lazy() for name, table in tables.items()
    }
    for name, analyzer in ANALYZERS.items():
        found, again = (
            analyzer.detect(*(read[frame.name] for frame in analyzer.reads), settings=loose(name))
            for read in (tables, shuffled)
        )
        assert found == again
    assert overview(*tables.values(), rejects=0) == overview(*shuffled.values(), rejects=0)
