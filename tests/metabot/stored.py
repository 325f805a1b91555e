"""A store that holds a recording of tests.builders: `with stored(frames(trace(...))) as store`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from metabot.store.store import Store
from tests.builders import Frames

_TABLES = {"spans": "spans", "calls": "model_spans", "events": "events"}


@contextmanager
def stored(recorded: Frames) -> Iterator[Store]:
    with Store.temporary() as store:
        for name, table in _TABLES.items():
            rows = getattr(recorded, name).collect()
            known = {row[0] for row in store.connection.execute(f"DESCRIBE {table}").fetchall()}
            arrow = rows.select([column for column in rows.columns if column in known]).to_arrow()
            store.connection.register("rows_of_a_test", arrow)
            store.connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows_of_a_test")
            store.connection.unregister("rows_of_a_test")
        yield store
