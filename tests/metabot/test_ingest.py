"""Sources of the settings into a store: files, tables, endpoints, and what is none of these."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from analyzers.frames import SAMPLES, SPANS
from metabot import config
from metabot.errors import InputError, SettingsError
from metabot.ingest import Ingested, ingest
from metabot.store.frames import frame
from metabot.store.store import Store
from tests.metabot.telemetry.agent_logs import said
from tests.metabot.telemetry.exports import export, line, otlp_span

METRICS = b'# TYPE oven_temperature gauge\noven_temperature{rack="2"} 180\n'


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.temporary() as store:
        yield store


@pytest.fixture
def endpoint() -> Iterator[str]:
    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(METRICS)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Metrics) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ingested(store: Store, root: Path, *sources: dict[str, object]) -> Ingested:
    settings = config.parse({"sources": list(sources)}, name="settings", root=root)
    return ingest(store, settings.sources, settings, progress=lambda _: None)


def test_an_endpoint_is_asked_for_its_metrics(store: Store, tmp_path: Path, endpoint: str) -> None:
    """Every load asks once; what it answers has the time at which it was asked. A password in the query stays out."""
    source = {"path": f"{endpoint}/metrics?token=hunter22", "format": "prometheus"}
    (first,) = ingested(store, tmp_path, source).loaded
    (again,) = ingested(store, tmp_path, source).loaded
    assert (first.samples, again.samples) == (1, 1)
    assert first.path.name == "metrics"
    samples = frame(store, SAMPLES).collect()
    assert samples["value"].to_list() == [180, 180]
    assert samples["time_ns"].n_unique() == 2
    assert not any(b"hunter22" in part.read_bytes() for part in store.path.parent.iterdir())


def test_an_endpoint_that_is_not_there_stops_no_load(store: Store, tmp_path: Path) -> None:
    """It is handed back, as a file that is not there is."""
    (tmp_path / "a.jsonl").write_bytes(line(export(otlp_span())))
    found = ingested(store, tmp_path, {"path": "http://127.0.0.1:9/metrics"}, {"path": "gone"}, {"path": "a.jsonl"})
    assert [one.spans for one in found.loaded] == [1]
    assert [str(one).split(":")[0] for one in found.refused] == ["http", str(tmp_path / "gone")]


def test_nothing_at_all_is_an_error(store: Store, tmp_path: Path) -> None:
    """The first of the files is named, and how many more there are."""
    (tmp_path / "a.txt").write_text("dear diary")
    with pytest.raises(InputError, match=r"a\.txt: is no telemetry(.|\n)*1 more could not be read"):
        ingested(store, tmp_path, {"path": "a.txt"}, {"path": "gone"})


def test_a_table_is_read_by_the_columns_of_the_settings(store: Store, tmp_path: Path) -> None:
    """A column mapping stands beside the path; one that names no field says which it may have meant."""
    (tmp_path / "a.csv").write_text("when,took_ms,engine\n2026-11-04T10:00:00Z,250,gpt-4o\n")
    columns = {"start": "when", "duration": "took_ms", "model": "engine"}
    (found,) = ingested(store, tmp_path, {"path": "a.csv", "format": "table", "columns": columns}).loaded
    assert found.spans == 1
    (row,) = frame(store, SPANS).collect().to_dicts()
    assert row["end_ns"] - row["start_ns"] == 250_000_000
    with pytest.raises(SettingsError, match="duration"):
        ingested(store, tmp_path, {"path": "a.csv", "format": "table", "columns": {"start": "when", "durations": "x"}})


def test_hashes_alone_are_kept_where_the_settings_say_so(store: Store, tmp_path: Path) -> None:
    """What was asked is nowhere in the store's files; its hashes are."""
    asked = {"gen_ai.operation.name": "chat", "gen_ai.prompt.0.content": "where is the marzipan"}
    (tmp_path / "a.jsonl").write_bytes(line(export(otlp_span(carrying=asked))))
    settings = config.parse({"sources": [{"path": "a.jsonl"}], "store": {"capture": "hashes"}}, name="s", root=tmp_path)
    ingest(store, settings.sources, settings, progress=lambda _: None)
    store.connection.execute("CHECKPOINT")
    assert b"marzipan" not in store.path.read_bytes()
    assert json.dumps(store.connection.execute("SELECT len(request_hashes) FROM model_spans").fetchall()) == "[[1]]"


def test_a_sources_time_zone_is_that_of_its_times(store: Store, tmp_path: Path) -> None:
    """Where they are written without one; thirteen in Zurich is twelve in winter."""
    (tmp_path / "trace.jsonl").write_text(json.dumps(said.line("alt_1_a", second=3600)) + "\n")
    ingested(store, tmp_path, {"path": "trace.jsonl", "time_zone": "Europe/Zurich"})
    assert frame(store, SPANS).collect()["start_ns"].to_list() == [said.NOON * 10**9]


def test_a_time_zone_that_does_not_exist_is_refused(store: Store, tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(SettingsError, match=r"time_zone: must be the name of a time zone"):
        ingested(store, tmp_path, {"path": "trace.jsonl", "time_zone": "Europe/Bern"})
