"""The frames that come out of the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from analyzers.frames import CALLS, EVENTS, HOURLY, SAMPLES, SPANS, Frame
from metabot.errors import StoreError
from metabot.store.frames import Chosen, frame, written
from metabot.store.store import Store
from metabot.telemetry.calls import MODEL_SPANS, PRICES
from tests.metabot.store.plain import BEGIN, FRAMES, MS, column, event, loaded, model, rows, span, with_event, write

HOUR_MS = 3_600_000


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.temporary() as store:
        yield store


@pytest.mark.parametrize("one", FRAMES, ids=lambda one: one.name)
def test_a_frame_has_exactly_its_schema(store: Store, tmp_path: Path, one: Frame) -> None:
    """Names, order and types are those that analyzers declare, with rows and without."""
    assert list(frame(store, one).collect_schema().items()) == list(one.empty().schema.items())
    assert frame(store, one).collect().is_empty()
    loaded(store, write(tmp_path / "a.jsonl", with_event(model("a")), span("b"), event()))
    assert list(frame(store, one).collect_schema().items()) == list(one.empty().schema.items())
    assert not frame(store, one).collect().is_empty()


@pytest.mark.parametrize(
    ("table", "schema"),
    [
        ("spans", SPANS.schema),
        ("merged_calls", {name: kind for name, kind in CALLS.schema.items() if name not in PRICES}),
        ("events", EVENTS.schema),
        ("samples", SAMPLES.schema),
        ("model_spans", MODEL_SPANS),
    ],
)
def test_tables_have_the_declared_columns(store: Store, table: str, schema: dict[str, object]) -> None:
    """schema.sql is written by hand; a column that is declared and not stored would be lost in silence."""
    names = store.connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [table]
    ).fetchall()
    assert [name for (name,) in names] == list(schema)


def test_every_field_survives(store: Store, tmp_path: Path) -> None:
    """What a reader says about a span, an event or a call is what the frame holds."""
    where = {"session_id": "s", "environment": "production", "service_version": "1.2", "revision": "abc"}
    code = {"code_file": "app/bake.py", "code_function": "bake", "code_line": 7}
    own = {"error_message": "burnt", "http_status": 503, "tool_call_id": "call_1", "input": "{}", "output": "[]"}
    call = {"input_tokens": 9, "cached_tokens": 1, "cache_write_tokens": 2, "output_tokens": 3, "reasoning_tokens": 4}
    call |= {"finish_reason": "stop", "first_token_ns": BEGIN + 5, "prompt_chars": 8, "tool_call_ids": ["call_1"]}
    call |= {"piece_hashes": [0, 2**64 - 1], "piece_chars": [1, 2**32 - 1], "provider": "openai", "model": "gpt-4o"}
    thrown = {"exception_type": "Burnt", "exception_message": "m", "stacktrace": "at", "escaped": True}
    recorded = model("a", status="error", error_type="Burnt", call=call, **where, **code, **own)
    loaded(store, write(tmp_path / "a.jsonl", with_event(recorded, **thrown)))
    found = {name: lines[0] for name, lines in rows(store).items()}
    assert {**where, **code, **own, "error_type": "Burnt"}.items() <= found["spans"].items()
    assert {**where, **code, **call}.items() <= found["calls"].items()
    assert thrown.items() <= found["events"].items()


def test_a_window_takes_what_began_in_it(store: Store, tmp_path: Path) -> None:
    """`since` is included and `until` is not, so that windows side by side share nothing and lose nothing."""
    records = [
        with_event(model(name, at, trace=name), time_ns=BEGIN + at * MS)
        for name, at in (("a", 0), ("b", 10), ("c", 20))
    ]
    loaded(store, write(tmp_path / "a.jsonl", *records))
    for one in (SPANS, CALLS, EVENTS):
        inside = frame(store, one, Chosen(since_ns=BEGIN + 10 * MS, until_ns=BEGIN + 20 * MS)).collect()
        assert inside["span_id"].to_list() == ["b"]
        assert frame(store, one, Chosen(until_ns=BEGIN + 10 * MS)).collect()["span_id"].to_list() == ["a"]


def test_hours_that_a_window_touches(store: Store, tmp_path: Path) -> None:
    """Rollups are whole hours: a window takes those that it reaches into."""
    loaded(store, write(tmp_path / "a.jsonl", *(span(str(hour), hour * HOUR_MS) for hour in range(4))))
    hours = column(store, "hour_ns", of=3)
    assert [hour % (HOUR_MS * MS) for hour in hours] == [0] * 4
    inside = frame(store, HOURLY, Chosen(since_ns=hours[1] + 1, until_ns=hours[2] + 1)).collect()
    assert inside["hour_ns"].to_list() == hours[1:3]


def test_services_that_are_asked_for(store: Store, tmp_path: Path) -> None:
    """Only those named, in every frame; all where none is named."""
    for name in ("till", "oven", "it's"):
        recorded = with_event(model(name, trace=name, service=name), service=name)
        loaded(store, write(tmp_path / "a.jsonl", recorded))
    for one in FRAMES:
        assert frame(store, one, Chosen(services=("oven", "it's"))).collect()["service"].sort().to_list() == [
            "it's",
            "oven",
        ]
        assert frame(store, one).collect().height == 3


def test_a_frame_outlives_its_store(tmp_path: Path) -> None:
    """Analyzers work on after the store has been closed for the next one."""
    with Store.temporary() as store:
        loaded(store, write(tmp_path / "a.jsonl", span("a")))
        kept = frame(store, SPANS)
    assert kept.collect().height == 1


@pytest.mark.parametrize("one", FRAMES, ids=lambda one: one.name)
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(Chosen(), id="all"),
        pytest.param(Chosen(since_ns=BEGIN + HOUR_MS * MS, until_ns=BEGIN + 2 * HOUR_MS * MS), id="a window"),
        pytest.param(Chosen(services=("oven",)), id="a service"),
        pytest.param(Chosen(services=("nobody",)), id="none"),
        pytest.param(Chosen(internal_only=True), id="trusted"),
    ],
)
def test_rows_in_files_are_those_in_memory(store: Store, tmp_path: Path, one: Frame, chosen: Chosen) -> None:
    """What analyzers read bit by bit from files is what small uses hold in memory, but for the order."""
    for number, service in enumerate(("oven", "till", "oven")):
        recorded = with_event(model(str(number), number * HOUR_MS, service=service, trace=str(number)), service=service)
        recorded["events"][0]["time_ns"] = recorded["start_ns"]
        trust = "internal" if number else "public"
        loaded(store, write(tmp_path / f"{number}.jsonl", recorded), trust=trust)
    folder = tmp_path / "frames"
    folder.mkdir()
    expected = frame(store, one, chosen)
    found = written(store, one, folder, chosen)
    assert list(found.collect_schema().items()) == list(one.schema.items())
    assert_frame_equal(found.collect(), expected.collect(), check_row_order=False)


def test_a_folder_that_cannot_be_written_to(store: Store, tmp_path: Path) -> None:
    """Where there is no space or no folder any more, it says which and what to do."""
    for name in ("a", "b"):
        loaded(store, write(tmp_path / f"{name}.jsonl", span(name)))
    with pytest.raises(StoreError, match=r"gone/spans-000000\.parquet: .*\n  Point TMPDIR at a folder with space"):
        written(store, SPANS, tmp_path / "gone", Chosen())


@settings(max_examples=10)
@given(
    st.lists(
        st.tuples(st.sampled_from([-7, 0, 1, 2, 3, 4, 255, 256, 257, 2**40]) | st.integers(1, 2**62), st.booleans()),
        max_size=20,
    )
)
def test_rollups_are_the_exponential_histogram_at_scale_3(
    tmp_path_factory: pytest.TempPathFactory, durations: list[tuple[int, bool]]
) -> None:
    """Each positive duration lies in the bucket (2^(i/8), 2^((i+1)/8)] that counts it; loads add up."""
    folder = tmp_path_factory.mktemp("hourly")
    with Store.temporary() as store:
        recorded = [
            {**span(str(number), status="error" if failed else "ok"), "start_ns": BEGIN, "end_ns": BEGIN + duration}
            for number, (duration, failed) in enumerate(durations)
        ]
        loaded(store, write(folder / "one.jsonl", *recorded[::2]))
        loaded(store, write(folder / "two.jsonl", *recorded[1::2]))
        found = rows(store)["hourly"]
    if not durations:
        assert found == []
        return
    (hour,) = found
    assert (hour["spans"], hour["errors"]) == (len(durations), sum(failed for _, failed in durations))
    assert (hour["zero"], hour["negative"]) == (
        sum(duration == 0 for duration, _ in durations),
        sum(duration < 0 for duration, _ in durations),
    )
    buckets = dict(zip(hour["bucket_index"], hour["bucket_count"], strict=True))
    assert list(buckets) == sorted(buckets)
    for index, counted in buckets.items():
        inside = [duration for duration, _ in durations if 2 ** (index / 8) < duration <= 2 ** ((index + 1) / 8)]
        assert len(inside) == counted
