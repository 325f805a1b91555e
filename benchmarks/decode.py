"""How fast spans are decoded, beside the loop that does nothing else, on one core: `python -m benchmarks.decode`.

Each row is the best of several rounds in this process, held to one processor and its own CPU time. `bare` decodes typed
structures (msgspec) or messages (upb) and copies six fields and every attribute of a span into Arrow columns in one
Python loop: no normalising, no checks. `insert` puts such columns into a DuckDB table.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import duckdb  # set before, because Polars asks for its number of threads when it is imported
import msgspec
import pyarrow as pa
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from benchmarks import spans as generated
from metabot.telemetry.formats import FORMATS
from metabot.telemetry.record import Columns

_CHUNK: Final = 1 << 20
_BATCH: Final = 20_000
_FIELDS: Final = ("trace_id", "span_id", "parent_id", "name", "start_ns", "end_ns")
_INTEGERS: Final = frozenset({"start_ns", "end_ns"})


class AnyValue(msgspec.Struct, gc=False, rename="camel"):
    string_value: str | None = None
    int_value: str | None = None
    double_value: float | None = None
    array_value: msgspec.Raw = msgspec.Raw(b"null")


class KeyValue(msgspec.Struct, gc=False):
    key: str
    value: AnyValue


class Span(msgspec.Struct, gc=False, rename="camel"):
    trace_id: str
    span_id: str
    name: str
    start_time_unix_nano: str
    end_time_unix_nano: str
    attributes: list[KeyValue]
    parent_span_id: str = ""


class ScopeSpans(msgspec.Struct, rename="camel"):
    spans: list[Span]


class ResourceSpans(msgspec.Struct, rename="camel"):
    scope_spans: list[ScopeSpans]


class Export(msgspec.Struct, rename="camel"):
    resource_spans: list[ResourceSpans]


def bare_json(path: Path) -> Iterator[pa.Table]:
    decoder = msgspec.json.Decoder(Export)
    columns = _Columns()
    with path.open("rb") as file:
        for line in file:
            for resource in decoder.decode(line).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        columns.begin(
                            span.trace_id,
                            span.span_id,
                            span.parent_span_id,
                            span.name,
                            int(span.start_time_unix_nano),
                            int(span.end_time_unix_nano),
                        )
                        for pair in span.attributes:
                            value = pair.value
                            columns.put(pair.key, value.string_value or value.int_value or value.double_value)
            if columns.count >= _BATCH:
                yield columns.table()
                columns = _Columns()
    yield columns.table()


def bare_protobuf(path: Path) -> Iterator[pa.Table]:
    columns = _Columns()
    with path.open("rb") as file:
        while size := file.read(4):
            message = TracesData.FromString(file.read(int.from_bytes(size, "big")))
            for resource in message.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        columns.begin(
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            span.name,
                            span.start_time_unix_nano,
                            span.end_time_unix_nano,
                        )
                        for pair in span.attributes:
                            value = pair.value
                            columns.put(pair.key, value.string_value or value.int_value or value.double_value)
            if columns.count >= _BATCH:
                yield columns.table()
                columns = _Columns()
    yield columns.table()


class _Columns:
    def __init__(self) -> None:
        self.count = 0
        self.fields: list[list[Any]] = [[] for _ in _FIELDS]
        self.attributes: dict[str, list[Any]] = {}

    def begin(self, *fields: object) -> None:
        for column, value in zip(self.fields, fields, strict=True):
            column.append(value)
        self.count += 1

    def put(self, key: str, value: object) -> None:
        column = self.attributes.get(key)
        if column is None:
            column = self.attributes[key] = []
        missing = self.count - 1 - len(column)
        if missing > 0:
            column.extend([None] * missing)
        column.append(None if value is None else str(value))

    def table(self) -> pa.Table:
        arrays = [
            pa.array(column, pa.int64() if name in _INTEGERS else pa.large_string())
            for name, column in zip(_FIELDS, self.fields, strict=True)
        ]
        for column in self.attributes.values():
            column.extend([None] * (self.count - len(column)))
            arrays.append(pa.array(column, pa.large_string()))
        return pa.Table.from_arrays(arrays, names=[*_FIELDS, *self.attributes])


def insert(tables: list[pa.Table]) -> int:
    """Into a table of its own, in a file: one transaction, a statement for each batch."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(Path(folder) / "bare.duckdb") as connection:
        connection.execute("SET threads = 1")
        whole = pa.concat_tables(tables, promote_options="default")
        connection.register("incoming", whole.slice(0, 0))
        connection.execute("CREATE TABLE spans AS SELECT * FROM incoming")
        connection.execute("BEGIN")
        for at in range(0, whole.num_rows, _BATCH):
            connection.register("incoming", whole.slice(at, _BATCH))
            connection.execute("INSERT INTO spans SELECT * FROM incoming")
        connection.execute("COMMIT")
        return int(whole.num_rows)


def ours(name: str, path: Path) -> int:
    """The reader of the format, as a load uses it."""
    with path.open("rb") as file:
        found = FORMATS[name].read(iter(lambda: file.read(_CHUNK), b""))
        return sum(one.spans.height if isinstance(one, Columns) else 1 for one in found)


def rates(runs: Mapping[str, Callable[[], int]], times: int) -> dict[str, float]:
    """Spans per second of CPU time, each the best of so many rounds of all runs."""
    best = dict.fromkeys(runs, 0.0)
    for _ in range(times):
        for name, run in runs.items():
            begun = time.process_time()
            spans = run()
            best[name] = max(best[name], spans / (time.process_time() - begun))
    return best


def together(*rates: float) -> float:
    """What steps one after the other allow."""
    return 1 / sum(1 / one for one in rates)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--spans", type=int, default=100_000)
    arguments.add_argument("--times", type=int, default=3)
    chosen = arguments.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        as_json, as_protobuf = Path(folder, "spans.jsonl"), Path(folder, "spans.binpb")
        generated.json_lines(as_json, chosen.spans)
        generated.protobuf(as_protobuf, chosen.spans)
        tables = list(bare_json(as_json))
        runs: dict[str, Callable[[], int]] = {
            "bare insert": lambda: insert(tables),
            "JSON, bare": lambda: sum(one.num_rows for one in bare_json(as_json)),
            "JSON, metabot": lambda: ours("otlp-json", as_json),
            "protobuf, bare": lambda: sum(one.num_rows for one in bare_protobuf(as_protobuf)),
            "protobuf, metabot": lambda: ours("otlp-proto", as_protobuf),
        }
        rows = rates(runs, chosen.times)
    rows["JSON, bare with insert"] = together(rows["JSON, bare"], rows["bare insert"])
    rows["protobuf, bare with insert"] = together(rows["protobuf, bare"], rows["bare insert"])
    print(f"{'step':28} thousand spans/s")
    for name, found in rows.items():
        print(f"{name:28} {found / 1000:16.1f}")


if __name__ == "__main__":
    main()
