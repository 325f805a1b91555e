"""Recordings that others published, as the frames that analyzers read, and the same ones under other names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl
from filelock import FileLock

from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS
from metabot.store.frames import frame
from metabot.store.load import Loading, load_each
from metabot.store.store import Store

Tables = Mapping[str, pl.DataFrame]

kept_in: Path | None = None
"""A folder that all processes of one run share; set by the run."""

_KINDS = (SPANS, CALLS, EVENTS, SAMPLES)
_NAMES = ("service", "operation", "session_id", "environment", "service_version", "code_file", "code_function")
_IDS = ("trace_id", "span_id", "parent_id")
_TIMES = ("start_ns", "end_ns", "first_token_ns", "time_ns")
_TEXTS = ("error_message", "input", "output", "exception_message", "text")


def recorded(paths: Iterable[Path], *, capture: str = "redacted") -> Tables:
    """Spans, calls and events of these files, out of a store of their own; read once for all tests of a run."""
    tables = with_samples(paths, capture=capture)
    return {kind.name: tables[kind.name] for kind in (SPANS, CALLS, EVENTS)}


def with_samples(paths: Iterable[Path], *, capture: str = "redacted") -> Tables:
    """The same with the fourth frame."""
    files = tuple(paths)
    if kept_in is None:
        return _read(files, capture)
    name = hashlib.sha256(repr((files, capture)).encode()).hexdigest()[:20]
    with FileLock(kept_in / f"{name}.lock"):
        if not (kept_in / name).exists():
            tables = _read(files, capture)
            draft = kept_in / f"{name}.draft"
            draft.mkdir()
            for frame_name, table in tables.items():
                table.write_parquet(draft / f"{frame_name}.parquet", compression="lz4")
            draft.rename(kept_in / name)
    kinds = (kind.name for kind in _KINDS)
    return {kind: pl.read_parquet(kept_in / name / f"{kind}.parquet", memory_map=False) for kind in kinds}


def _read(paths: Iterable[Path], capture: str) -> Tables:
    with Store.temporary() as store:
        for path in paths:
            for loaded in load_each(store, path, Loading(capture=capture)):
                if isinstance(loaded, Exception):
                    raise loaded
        return {kind.name: frame(store, kind).collect() for kind in _KINDS}


def lazy(tables: Tables) -> tuple[pl.LazyFrame, pl.LazyFrame, pl.LazyFrame]:
    return tables[SPANS.name].lazy(), tables[CALLS.name].lazy(), tables[EVENTS.name].lazy()


def repeated(tables: Tables, times: int) -> Tables:
    """The recording, as if the same had happened several times."""
    return {name: pl.concat(_copy(table, number) for number in range(times)) for name, table in tables.items()}


def renamed(tables: Tables) -> Tables:
    """The recording with every name, id and tool renamed, within texts as well, and all times half as long again."""
    words = sorted({name for table in tables.values() for name in _operations(table)}, key=len, reverse=True)
    return {name: _renamed(table, words) for name, table in tables.items()}


def other_name(name: str) -> str:
    """What `renamed` calls it."""
    return "x" + hashlib.sha256(name.encode()).hexdigest()[:10]


def _copy(table: pl.DataFrame, number: int) -> pl.DataFrame:
    told = pl.col("session_id") + f"-{number}"
    return table.with_columns(pl.col("trace_id") + f"-{number}", told)


def _operations(table: pl.DataFrame) -> list[str]:
    names = [table[name].drop_nulls().unique().to_list() for name in ("service", "operation") if name in table.columns]
    return [name for found in names for name in found if name.strip()]


def _renamed(table: pl.DataFrame, words: list[str]) -> pl.DataFrame:
    known = [name for name in (*_NAMES, *_IDS) if name in table.columns]
    others = [_replaced(table[name]) for name in known]
    texts = [
        pl.col(name).str.replace_many(words, [other_name(word) for word in words])
        for name in _TEXTS
        if name in table.columns and words
    ]
    times = [pl.col(name) * 3 // 2 for name in _TIMES if name in table.columns]
    lists = [
        pl.col(name).list.eval(pl.element().map_elements(other_name, return_dtype=pl.String))
        for name in ("span_ids",)
        if name in table.columns
    ]
    return table.with_columns(others).with_columns(*texts, *times, *lists)


def _replaced(names: pl.Series) -> pl.Series:
    distinct = names.drop_nulls().unique()
    if distinct.is_empty():
        return names
    return names.replace_strict(
        distinct, pl.Series([other_name(name) for name in distinct]), default=None, return_dtype=pl.String
    )
