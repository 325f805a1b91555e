"""Loading: each span once, each file whole or not at all."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metabot.errors import InputError
from metabot.store.inputs import files
from metabot.store.load import load
from metabot.store.rejects import total
from metabot.store.sources import sources
from metabot.store.store import Store
from tests.metabot.store.plain import FORMAT, MS, column, event, loaded, model, rows, span, with_event, write


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.temporary() as store:
        yield store


MIXED = (
    span("a", 0, 500),
    with_event(span("b", 10, 50, parent_id="a", status="error"), exception_type="Burnt"),
    model("c", 100, 200, parent_id="a", call={"input_tokens": 1000, "cached_tokens": 0, "output_tokens": 10}),
    "not json",
    event("log line", trace="t1"),
    span("d", 0, 0, trace="t2", service="till"),
    '{"torn": ',
)


def test_a_file_is_counted_as_it_is_read(store: Store, tmp_path: Path) -> None:
    """Spans, events, calls and what could not be read, each said."""
    path = write(tmp_path / "traces.jsonl", *MIXED)
    found = loaded(store, path)
    assert (found.spans, found.events, found.calls, found.rejects, found.duplicates) == (4, 2, 1, 2, 0)
    assert (found.path, found.format, found.bytes) == (path, FORMAT, path.stat().st_size)
    assert store.spans() == 4


def test_loading_again_adds_nothing(store: Store, tmp_path: Path) -> None:
    """The same file, and the same content under another name, leave every row and every reject as it is."""
    path = write(tmp_path / "traces.jsonl", *MIXED)
    loaded(store, path)
    before = rows(store)
    other = path.rename(tmp_path / "copy.jsonl")
    write(path, *MIXED)
    for again in (path, other):
        found = loaded(store, again)
        assert (found.spans, found.events, found.calls, found.rejects, found.duplicates) == (0, 0, 0, 0, 4)
    assert rows(store) == before
    assert total(store) == 2


def test_the_same_spans_in_another_file_add_nothing(store: Store, tmp_path: Path) -> None:
    """Spans are known by their ids, their events with them, and events without a span by all that they say."""
    loaded(store, write(tmp_path / "one.jsonl", *MIXED))
    before = rows(store)
    records = [record for record in MIXED if isinstance(record, dict)]
    found = loaded(store, write(tmp_path / "two.jsonl", *reversed(records)))
    assert (found.spans, found.events, found.duplicates) == (0, 0, 4)
    assert rows(store) == before


def test_a_span_that_a_file_holds_twice_is_one(store: Store, tmp_path: Path) -> None:
    """Exporters retry: the first of two stands, with its events; the second's events are not added."""
    twice = write(tmp_path / "a.jsonl", with_event(span("a")), with_event(span("a"), name="late"), event(), event())
    found = loaded(store, twice)
    assert (found.spans, found.events, found.duplicates) == (1, 2, 1)
    assert column(store, "spans", of=3) == [1]


def test_a_file_that_grew_adds_what_is_new(store: Store, tmp_path: Path) -> None:
    """A line that was torn when the file was read first is no reject any more once it is whole."""
    path = write(tmp_path / "traces.jsonl", span("a"), "broken")
    whole = path.read_bytes() + write(tmp_path / "more.jsonl", span("b"), span("c")).read_bytes()
    path.write_bytes(whole[:-40])
    assert loaded(store, path).rejects == 2
    path.write_bytes(whole)
    found = loaded(store, path)
    assert (found.spans, found.duplicates, found.rejects, total(store)) == (1, 2, 1, 1)


def test_a_rotated_file_is_known_by_its_content(store: Store, tmp_path: Path) -> None:
    """A file that grew and was renamed meanwhile leaves no reject twice, nor does an old copy of it."""
    path = write(tmp_path / "traces.jsonl", span("a"), "broken")
    loaded(store, path)
    rotated = tmp_path / "traces.1.jsonl"
    rotated.write_bytes(path.read_bytes() + b"also broken\n")
    assert (loaded(store, rotated).duplicates, total(store)) == (1, 2)
    assert (loaded(store, path).duplicates, total(store)) == (1, 2)
    assert [source.path for source in sources(store)] == [rotated]


def test_two_files_with_the_same_broken_line_have_two_rejects(store: Store, tmp_path: Path) -> None:
    """Only one file's beginning stands for another's: what is broken in two places counts twice."""
    loaded(store, write(tmp_path / "one.jsonl", "broken", span("a")))
    loaded(store, write(tmp_path / "two.jsonl", "broken", span("b")))
    loaded(store, write(tmp_path / "empty.jsonl"))
    assert total(store) == 2
    assert len(sources(store)) == 3


def test_a_wrapper_in_a_later_file_joins_the_call_of_an_earlier_one(store: Store, tmp_path: Path) -> None:
    """One model call that two exporters wrote to two files is one call, with what either knows."""
    inner = model("in", 10, 80, parent_id="out", call={"input_tokens": 700, "cached_tokens": 0})
    outer = model("out", 0, 100, call={"output_tokens": 9, "scope": "other"})
    assert loaded(store, write(tmp_path / "one.jsonl", inner)).calls == 1
    assert column(store, "cost_usd", of=1) == [None]
    assert loaded(store, write(tmp_path / "two.jsonl", outer)).calls == 1
    (call,) = rows(store)["calls"]
    assert (call["span_id"], sorted(call["span_ids"])) == ("in", ["in", "out"])
    assert (call["input_tokens"], call["output_tokens"]) == (700, 9)
    assert call["cost_usd"] > 0


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(span("x", input="\ud800"), id="a lone surrogate"),
        pytest.param(span("\ud800x"), id="a lone surrogate in the id"),
        pytest.param(span("x", code_line=2**70), id="an integer beyond 64 bits"),
        pytest.param(span("x", operation=7), id="a number for a text"),
        pytest.param(span("x", http_status="often"), id="a text for a number"),
        pytest.param(model("x", call={"piece_hashes": [-1]}), id="a negative hash"),
        pytest.param(with_event(span("x"), time_ns=2**63), id="an event's time"),
        pytest.param(event(time_ns=-(2**64)), id="a log line's time"),
    ],
)
def test_what_does_not_fit_is_rejected_and_its_neighbours_are_kept(
    store: Store, tmp_path: Path, record: dict[str, Any]
) -> None:
    """One value that no column can hold costs its own span and nothing else."""
    found = loaded(store, write(tmp_path / "a.jsonl", span("a"), record, span("b"), span("c")))
    assert (found.spans, found.rejects, found.duplicates) == (3, 1, 0)
    assert column(store, "span_id") == ["a", "b", "c"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"start_ns": -(2**63), "end_ns": 2**63 - 1}, id="the longest there is"),
        pytest.param({"start_ns": 2**63 - 1, "end_ns": -(2**63)}, id="backwards"),
        pytest.param({"input": "a\0b", "service": ""}, id="a zero byte and an empty name"),
        pytest.param({"trace_id": "", "span_id": ""}, id="empty ids"),
    ],
)
def test_extreme_values_are_kept(store: Store, tmp_path: Path, fields: dict[str, Any]) -> None:
    """What fits into the columns is stored as it is, and every frame can still be read."""
    assert loaded(store, write(tmp_path / "a.jsonl", {**span("a"), **fields}, span("b"))).spans == 2
    kept = next(row for row in rows(store)["spans"] if row["span_id"] != "b")
    assert fields.items() <= kept.items()


def test_an_empty_file_is_fine(store: Store, tmp_path: Path) -> None:
    """An exporter that has written nothing yet is no error."""
    found = loaded(store, write(tmp_path / "a.jsonl"))
    assert (found.spans, found.rejects, found.bytes) == (0, 0, 0)


def test_a_name_that_is_no_text_is_no_obstacle(store: Store, tmp_path: Path) -> None:
    """File systems hold names that no encoding explains."""
    path = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    assert loaded(store, write(path, span("a"))).spans == 1
    assert [source.path.name for source in sources(store)] == ["caf\ufffd.jsonl"]


def test_progress_names_the_file(store: Store, tmp_path: Path) -> None:
    """Who loads a large file sees that it goes on; who loads it again, that nothing is new."""
    lines: list[str] = []
    path = write(tmp_path / "traces.jsonl", *(span(str(number)) for number in range(20_500)))
    load(store, path, format=FORMAT, progress=lines.append)
    load(store, path, format=FORMAT, progress=lines.append)
    assert lines == [
        f"traces.jsonl: 20,000 spans, {path.stat().st_size / 1e6:.1f} of {path.stat().st_size / 1e6:.1f} MB",
        "traces.jsonl: 20,500 spans read",
        "traces.jsonl: loaded before, nothing new",
    ]


@pytest.mark.parametrize(("name", "why"), [("gone.jsonl", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_refused(store: Store, tmp_path: Path, name: str, why: str) -> None:
    """The message says which file and why."""
    with pytest.raises(InputError, match=f"cannot be read: {why}"):
        loaded(store, tmp_path / name)


RECORDS = [
    *(record for record in MIXED if isinstance(record, dict)),
    model("e", 110, 150, parent_id="c", call={"scope": "other", "finish_reason": "stop"}),
    model("f", 400, 20, parent_id="a"),
    span("g", 3_600_000, 40, trace="t2", service="till", status="error"),
]


@pytest.mark.slow
@settings(max_examples=8)
@given(st.permutations(RECORDS), st.lists(st.integers(0, len(RECORDS)), max_size=3))
def test_any_split_in_any_order_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]], cuts: list[int]
) -> None:
    """One file or four, sorted or not, with a piece loaded twice: every frame holds the same rows."""
    folder = tmp_path_factory.mktemp("split")
    with Store.temporary() as whole, Store.temporary() as split:
        loaded(whole, write(folder / "whole.jsonl", *RECORDS))
        edges = [0, *sorted(cuts), len(records)]
        for number, (begin, end) in enumerate(itertools.pairwise(edges)):
            loaded(split, write(folder / f"{number}.jsonl", *records[max(0, begin - 1) : end]))
        assert rows(split) == rows(whole)


def test_files_of_a_pattern(tmp_path: Path) -> None:
    """A path, a folder or a glob, relative or absolute; a name with pattern characters is a name first."""
    for name in ("b.json", "a.jsonl", "sub/c.ndjson", "sub/d.json.1", "notes.md", ".hidden/e.json", "[x]%20 &.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def names(pattern: str) -> list[str]:
        return [str(path.relative_to(tmp_path)) for path in files(pattern, tmp_path)]

    assert names(".") == ["[x]%20 &.json", "a.jsonl", "b.json", "notes.md", "sub/c.ndjson", "sub/d.json.1"]
    assert names("notes.md") == ["notes.md"]
    assert names("[x]%20 &.json") == ["[x]%20 &.json"]
    assert names("*.json*") == ["[x]%20 &.json", "a.jsonl", "b.json"]
    assert names("**/*.ndjson") == names(str(tmp_path / "**" / "*.ndjson")) == ["sub/c.ndjson"]
    assert names("sub") == ["sub/c.ndjson", "sub/d.json.1"]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("gone.json", "no file of this name or pattern"),
        ("*.json", "no file of this name or pattern"),
        ("empty", "the folder holds no file"),
    ],
)
def test_a_pattern_that_names_nothing_is_refused(tmp_path: Path, pattern: str, why: str) -> None:
    """A misspelt source is an error, not an empty analysis."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=why) as refused:
        files(pattern, tmp_path)
    assert str(tmp_path / pattern) in str(refused.value)


def test_a_span_that_ran_on_is_replaced_by_the_whole_of_it(store: Store, tmp_path: Path) -> None:
    """What was loaded while it ran gives way, in whichever order; a span that ends no later changes nothing."""
    begun = (with_event(span("a", 0, 50)), model("b", 10, 20, parent_id="a", call={"output_tokens": 1}))
    ended = (
        with_event(span("a", 0, 500, status="error"), name="stopped"),
        model("b", 10, 300, parent_id="a", call={"output_tokens": 90}),
    )
    first, whole = write(tmp_path / "a.jsonl", *begun), write(tmp_path / "b.jsonl", *ended)
    loaded(store, first)
    found = loaded(store, whole)
    assert (found.spans, found.duplicates) == (2, 0)
    with Store.temporary() as other:
        loaded(other, whole)
        alone = rows(other)
        assert loaded(other, first).duplicates == 2
        assert rows(other) == alone
    assert rows(store) == alone
    assert store.spans() == 2


def test_a_span_that_stands_twice_in_one_file_is_the_longer_one(store: Store, tmp_path: Path) -> None:
    """Once, whichever came first."""
    loaded(store, write(tmp_path / "a.jsonl", span("a", 0, 5), span("a", 0, 70), span("a", 0, 7)))
    (row,) = rows(store)["spans"]
    assert row["end_ns"] - row["start_ns"] == 70 * MS


@pytest.mark.slow
def test_rows_that_need_more_memory_get_it(store: Store, tmp_path: Path) -> None:
    """A few texts of many megabytes do not fit into what other files are loaded with; they are loaded all the same."""
    long = [span(f"s{number}", input=f"{number}" * (24 << 20), kind="tool") for number in range(8)]
    said: list[str] = []
    found = load(store, write(tmp_path / "a.jsonl", *long), format=FORMAT, progress=said.append)
    assert (found.spans, found.rejects) == (8, 0)
    assert column(store, "input") == [one["input"] for one in long]
    assert loaded(store, write(tmp_path / "b.jsonl", span("after"))).spans == 1
