"""How fast files become stored rows, end to end, beside what bare decoding and inserting allow.

`python -m benchmarks.load`: one process, one core, its own CPU time, each step the best of several rounds. `load` is
what `metabot load` does with a file into an empty store: recognise, digest, decode, normalise, join against what is
there, insert, keep the rollups, merge model calls, commit. `bare` decodes the same file in a loop that does nothing
else and inserts what it got (see benchmarks/decode.py). `read_json` is DuckDB's own way: one typed read, unnested into
a table; it normalises nothing, keeps attributes as a list, and joins against nothing.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import duckdb  # set before, because Polars asks for its number of threads when it is imported

from benchmarks import spans as generated
from benchmarks.decode import bare_json, bare_protobuf, insert, rates, together
from metabot.store.capture import Capture
from metabot.store.load import Loaded, Loading, load_each
from metabot.store.store import Store, opened

_READ_JSON = """
CREATE TABLE spans AS
WITH exports AS (
    SELECT unnest(resourceSpans) AS resource FROM read_json(?, format = 'newline_delimited', columns = {
        resourceSpans: 'STRUCT(
            resource STRUCT(attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR))[]),
            scopeSpans STRUCT(spans STRUCT(
                traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, name VARCHAR, kind INTEGER,
                startTimeUnixNano VARCHAR, endTimeUnixNano VARCHAR,
                attributes STRUCT("key" VARCHAR,
                    "value" STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue DOUBLE))[],
                status STRUCT(code INTEGER, message VARCHAR)
            )[])[]
        )[]'})
), scopes AS (
    SELECT resource.resource AS resource, unnest(resource.scopeSpans) AS scope FROM exports
), rows AS (
    SELECT resource.attributes[1]."value".stringValue AS service, unnest(scope.spans) AS span FROM scopes
)
SELECT service, span.traceId, span.spanId, span.parentSpanId, span.name, span.kind,
    span.startTimeUnixNano::BIGINT AS start_ns, span.endTimeUnixNano::BIGINT AS end_ns, span.status, span.attributes
FROM rows
"""


def load(path: Path, capture: Capture) -> int:
    """Spans that a load into an empty store, which lasts, added."""
    with tempfile.TemporaryDirectory() as folder, _opened(Path(folder)) as store:
        return _added(store, path, capture)


def _added(store: Store, path: Path, capture: Capture) -> int:
    (found,) = load_each(store, path, Loading(capture=capture))
    if not isinstance(found, Loaded):
        raise found
    return found.spans


def _opened(folder: Path) -> AbstractContextManager[Store]:
    return opened(folder / "store.duckdb", purpose="benchmark", waiting=print)


def read_json(path: Path) -> int:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(Path(folder) / "read_json.duckdb") as connection:
        connection.execute("SET threads = 1")
        connection.execute(_READ_JSON, [str(path)])
        return int(connection.execute("SELECT count(*) FROM spans").fetchall()[0][0])


def seconds(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def additive(folder: Path, spans: int) -> tuple[float, float]:
    """CPU seconds of a load into an empty store, and of the same load into one with ten times as many spans."""
    other, new = folder / "other.jsonl", folder / "new.jsonl"
    generated.json_lines(other, 10 * spans, seed=2)
    generated.json_lines(new, spans, seed=3)
    alone = seconds(lambda: load(new, "hashes"))
    with _opened(folder) as store:
        _added(store, other, "hashes")
        return alone, seconds(lambda: _added(store, new, "hashes"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--spans", type=int, default=100_000)
    arguments.add_argument("--times", type=int, default=3)
    chosen = arguments.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        as_json, as_protobuf = folder / "spans.jsonl", folder / "spans.binpb"
        generated.json_lines(as_json, chosen.spans)
        generated.protobuf(as_protobuf, chosen.spans)
        tables = list(bare_json(as_json))
        bare: dict[str, Callable[[], int]] = {
            "bare insert": lambda: insert(tables),
            "JSON": lambda: sum(one.num_rows for one in bare_json(as_json)),
            "protobuf": lambda: sum(one.num_rows for one in bare_protobuf(as_protobuf)),
            "JSON, read_json of DuckDB": lambda: read_json(as_json),
        }
        loads: dict[str, Callable[[], int]] = {
            f"{kind}, load, capture = {capture}": partial(load, path, capture)
            for kind, path in (("JSON", as_json), ("protobuf", as_protobuf))
            for capture in ("hashes", "redacted", "full")
        }
        found = rates(bare | loads, chosen.times)
        print(f"{'step':34} {'thousand spans/s':>16} {'of what is possible':>20}")
        print(f"{'bare insert':34} {found['bare insert'] / 1000:16.1f}")
        for kind in ("JSON", "protobuf"):
            possible = together(found[kind], found["bare insert"])
            print(f"{kind + ', bare decode':34} {found[kind] / 1000:16.1f}")
            print(f"{kind + ', bare decode and insert':34} {possible / 1000:16.1f} {'100 %':>20}")
            for step in (step for step in loads if step.startswith(kind)):
                print(f"{step:34} {found[step] / 1000:16.1f} {found[step] / possible:20.0%}")
        print(f"{'JSON, read_json of DuckDB':34} {found['JSON, read_json of DuckDB'] / 1000:16.1f}")
        alone, beside = additive(folder, chosen.spans)
        print(f"\nthe same file into an empty store: {alone:.1f} s; into one with ten times as many: {beside:.1f} s")


if __name__ == "__main__":
    main()
