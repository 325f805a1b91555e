"""The replay's summary, as the sandbox hands it out."""

from __future__ import annotations

import json

import pytest

from metabot.replay.summary import Summary
from metabot.verify.matched import MOST_BYTES, matched_in
from metabot.verify.measured import Matched, Served

NOTHING = Matched(
    by_rule=0,
    by_hash=0,
    by_sequence=0,
    by_nearest=0,
    missing=0,
    late=0,
    served=Served(requests=0, input_tokens=0, cached_tokens=0, output_tokens=0),
)
WRITTEN = Summary().values()


def test_what_the_replay_writes_is_read() -> None:
    """Its own schema, so that the two cannot part."""
    assert matched_in(json.dumps(WRITTEN).encode()) == NOTHING


@pytest.mark.parametrize(
    "summary",
    [
        pytest.param(None, id="none"),
        pytest.param(b"", id="empty"),
        pytest.param(b"[" * 50_000, id="nested deeply"),
        pytest.param(json.dumps({**WRITTEN, "schema": "other"}).encode(), id="another schema"),
        pytest.param(json.dumps({**WRITTEN, "missing": -1}).encode(), id="less than nothing"),
        pytest.param(json.dumps({**WRITTEN, "missing": True}).encode(), id="no number"),
        pytest.param(json.dumps({**WRITTEN, "matched": []}).encode(), id="no ways"),
        pytest.param(json.dumps(WRITTEN).encode() + b" " * MOST_BYTES, id="too long"),
    ],
)
def test_anything_else_is_unknown(summary: bytes | None) -> None:
    """The command under test can write to the same folder."""
    assert matched_in(summary) is None


def test_a_summary_without_a_count_of_tokens_is_read() -> None:
    """One of an earlier version, or one that was written over."""
    known = matched_in(json.dumps({**WRITTEN, "model": {"requests": True}}).encode())
    assert known is not None
    assert known.served is None
