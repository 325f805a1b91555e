"""What a public source may do to what an internal one wrote, and the reverse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzers.frames import CALLS, EVENTS, HOURLY, SPANS
from metabot.store.frames import Chosen, frame
from metabot.store.store import Store
from tests.metabot.store.plain import event, loaded, model, rows, span, with_event, write


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.temporary() as store:
        yield store


HONEST = (
    with_event(span("a", 0, 500)),
    model("b", 10, 100, parent_id="a", call={"input_tokens": 10, "output_tokens": 1}),
    event("started"),
)
FORGED = (
    with_event(span("a", 0, 9_000, status="error", operation="transfer money"), exception_type="Forged"),
    span("b", 10, 100, parent_id="a"),
    event("started"),
    event("forged"),
    model("own", 20, 50, parent_id="b", call={"input_tokens": 10**9}),
)


def without_flag(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [{k: v for k, v in row.items() if k != "public"} for row in lines] for name, lines in found.items()}


def test_a_public_source_marks_its_spans(store: Store, tmp_path: Path) -> None:
    """Spans, events and calls of a public source say so, and a frame without them is empty."""
    loaded(store, write(tmp_path / "p.jsonl", *HONEST), trust="public")
    found = rows(store)
    assert all(row["public"] for name in ("spans", "calls", "events") for row in found[name])
    for one in (SPANS, CALLS, EVENTS, HOURLY):
        assert found[one.name]
        assert frame(store, one, Chosen(internal_only=True)).collect().equals(one.empty())


def test_a_forgery_after_the_original_changes_no_internal_row(store: Store, tmp_path: Path) -> None:
    """Who guesses the ids of internal spans can neither change them nor mark them as public."""
    loaded(store, write(tmp_path / "i.jsonl", *HONEST))
    before = rows(store)
    loaded(store, write(tmp_path / "p.jsonl", *FORGED), trust="public")
    trusted = {one.name: sorted(frame(store, one, Chosen(internal_only=True)).collect().to_dicts(), key=repr)
               for one in (SPANS, CALLS, EVENTS, HOURLY)}  # fmt: skip
    assert trusted == before
    assert [row["span_id"] for row in rows(store)["spans"] if row["public"]] == ["own"]


def test_a_forgery_before_the_original_gives_way_to_it(store: Store, tmp_path: Path) -> None:
    """Who is first with an id does not get his own text taken for trusted: the internal source's span replaces it."""
    loaded(store, write(tmp_path / "p.jsonl", *FORGED), trust="public")
    found = loaded(store, write(tmp_path / "i.jsonl", *HONEST))
    assert (found.spans, found.duplicates) == (2, 0)
    with Store.temporary() as other:
        loaded(other, write(tmp_path / "i2.jsonl", *HONEST))
        loaded(other, write(tmp_path / "p2.jsonl", *FORGED), trust="public")
        assert rows(store) == rows(other)


def test_what_both_hold_is_internal(store: Store, tmp_path: Path) -> None:
    """The very same file from both: each row once, and none is public."""
    path = write(tmp_path / "a.jsonl", *HONEST)
    loaded(store, path, trust="public")
    public = rows(store)
    assert loaded(store, path).spans == 2
    assert without_flag(rows(store)) == without_flag(public)
    assert not any(row["public"] for name in ("spans", "calls", "events") for row in rows(store)[name])
    assert loaded(store, path, trust="public").spans == 0
    assert loaded(store, path).spans == 0


def test_a_public_span_never_becomes_part_of_a_trusted_call(store: Store, tmp_path: Path) -> None:
    """A forged span inside a model call's time would else fill in what the call does not say."""
    loaded(store, write(tmp_path / "i.jsonl", model("real", 0, 100, call={"input_tokens": 10})))
    forged = model("forged", 10, 50, parent_id="real", call={"output_tokens": 10**9, "scope": "other"})
    loaded(store, write(tmp_path / "p.jsonl", forged), trust="public")
    calls = {row["span_id"]: (row["public"], row["output_tokens"]) for row in rows(store)["calls"]}
    assert calls == {"real": (False, None), "forged": (True, 10**9)}
