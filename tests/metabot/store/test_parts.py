"""What a load has read waits beside the store, and is taken in together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analyzers.frames import SPANS
from metabot.errors import InputError
from metabot.store import load as loading
from metabot.store.frames import Chosen, frame, written
from metabot.store.parts import is_shown
from metabot.store.store import Store, opened
from tests.metabot.store.plain import BEGIN, MS, event, loaded, model, rows, span, with_event, write


@pytest.fixture(params=["lasting", "temporary"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    lasting = opened(tmp_path / "a [*] b's.duckdb", purpose="test", waiting=print)
    with lasting if request.param == "lasting" else Store.temporary() as store:
        yield store


def recorded(seed: int) -> list[dict[str, Any]]:
    """Spans of few ids, so that many come again, longer, shorter or as long, with their events and calls."""
    chance = random.Random(seed)
    spans = []
    for _ in range(60):
        name, ms = f"s{chance.randrange(25)}", chance.randrange(4) * 100
        made = model(name, 0, ms, call={"input_tokens": ms}) if name < "s2" else span(name, 0, ms)
        spans.append(with_event(made, name=f"after {ms}"))
    return [*spans, event("log line"), event("log line"), event("another")]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_however_many_batches_a_file_makes_the_store_holds_the_same(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Spans that come again in another batch, or that an earlier file brought, are there once: as the longest."""
    files = [write(tmp_path / f"{number}.jsonl", *recorded(10 * seed + number)) for number in range(2)]
    with Store.temporary() as other:
        whole = [loaded(other, path) for path in files]
        expected = rows(other)
    monkeypatch.setattr(loading, "_BATCH", 7)
    found = [loaded(store, path) for path in files]
    assert [(one.spans, one.duplicates, one.calls) for one in found] == [
        (one.spans, one.duplicates, one.calls) for one in whole
    ]
    assert rows(store) == expected
    assert len({row["span_id"] for row in expected["spans"]}) == len(expected["spans"])


def test_a_temporary_store_reads_its_first_file_where_it_lies(tmp_path: Path) -> None:
    """Its spans are not copied; with a second file both are in the tables, as they are in a store that lasts."""
    paths = [write(tmp_path / f"{name}.jsonl", span(name), model(f"{name}.call")) for name in "ab"]
    with Store.temporary() as store:
        loaded(store, paths[0])
        assert is_shown(store)
        assert list(store.parts.iterdir())
        assert store.spans() == 2
        loaded(store, paths[1])
        assert not is_shown(store)
        assert not store.parts.exists()
        together = rows(store)
    with opened(tmp_path / "store.duckdb", purpose="test", waiting=print) as store:
        for path in paths:
            loaded(store, path)
        assert not store.parts.exists()
        assert rows(store) == together


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(Chosen(since_ns=BEGIN + MS), id="since"),
        pytest.param(Chosen(until_ns=BEGIN + MS), id="until"),
        pytest.param(Chosen(services=("till",)), id="a service"),
        pytest.param(Chosen(internal_only=True), id="without public sources"),
        pytest.param(Chosen(), id="all"),
    ],
)
@pytest.mark.parametrize("trust", ["internal", "public"])
def test_what_lies_there_is_chosen_as_from_tables(tmp_path: Path, chosen: Chosen, trust: Any) -> None:
    """The same rows are handed to analyzers."""
    path = write(tmp_path / "a.jsonl", span("a"), span("b", 1), span("c", 2, service="till"))
    with Store.temporary() as store:
        loaded(store, path, trust=trust)
        shown = written(store, SPANS, tmp_path, chosen).sort("span_id").collect()
        assert is_shown(store)
        assert shown.equals(frame(store, SPANS, chosen).sort("span_id").collect())
        assert shown.schema == pl.Schema(SPANS.schema)


def test_a_file_that_is_refused_leaves_no_parts(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is as it was, and takes the next file."""
    path = write(tmp_path / "a.jsonl", span("a"))

    def unreadable(*_: object) -> Iterator[Any]:
        yield from ()
        raise InputError("cannot be read")

    with monkeypatch.context() as broken:
        broken.setattr(loading, "_unless_ended", unreadable)
        with pytest.raises(InputError):
            loaded(store, path)
    assert not store.parts.exists()
    assert store.spans() == 0
    assert loaded(store, path).spans == 1


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """When the store is opened again: nobody else can be writing there."""
    left = tmp_path / "store.duckdb.parts" / "spans-000001.parquet"
    left.parent.mkdir()
    left.touch()
    with opened(tmp_path / "store.duckdb", purpose="test", waiting=print) as store:
        assert not left.parent.exists()
        assert store.spans() == 0
