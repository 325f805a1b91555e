"""Silent failures of recordings that others published, and what they hold that is none."""

from __future__ import annotations

import polars as pl
import pytest

from analyzers.errors.silent_failure import detect
from tests.analyzers.recordings import lazy, recorded, renamed


@pytest.fixture(scope="module")
def sessions(real_data):
    return recorded([real_data / "raw" / "kv-cache-tester" / "traces_public_0001-0150.tar.zst"])


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("other", [False, True], ids=["as recorded", "under other names"])
def test_says_what_a_session_sent_in_vain(sessions, other):
    """Of the public sessions: six calls of one model and two of another return nothing, one of them after 300 s."""
    found = detect(*lazy(renamed(sessions) if other else sessions))
    assert sorted((one.evidence.occurrences, one.traces) for one in found) == [(2, 2), (6, 3)]
    (worst,) = [one for one in found if one.evidence.occurrences == 6]
    assert "3,340,814 input tokens were sent" in worst.problem
    (costly,) = [one for one in found if one.evidence.occurrences == 2]
    assert costly.unknown[-1] == "how long 1 of the 2 calls took"


@pytest.mark.slow
@pytest.mark.real_data
def test_says_how_much_of_one_session_was_in_vain(sessions):
    """Four of its sixteen requests, after 803,680 to 824,493 input tokens each; and one call of 300 s in another."""
    spans, calls, events = lazy(sessions)
    empty = calls.collect().filter(output_tokens=0)
    large = empty.filter(empty["input_tokens"] > 800_000)["trace_id"].unique().to_list()
    slow = empty.filter(empty["end_ns"] - empty["start_ns"] > 300 * 10**9)["trace_id"].unique().to_list()
    (found,) = detect(*(table.filter(pl.col("trace_id").is_in(large)) for table in (spans, calls, events)))
    assert (found.evidence.occurrences, found.evidence.observed.n) == (4, 16)
    assert "3,256,733 input tokens were sent" in found.problem
    (found,) = detect(*(table.filter(pl.col("trace_id").is_in(slow)) for table in (spans, calls, events)))
    assert found.evidence.occurrences == 1
    assert "300.0 s waited in vain" in found.problem


@pytest.mark.real_data
def test_says_nothing_of_recordings_that_captured_text_alone(real_data):
    """Answers without text stand for tool calls that were not recorded; polling and existence checks are no failure."""
    raw = real_data / "raw"
    texts = sorted((raw / "lmcache-agent-trace" / "taubench").glob("*.jsonl"))
    samples = [raw / "agentevals" / "samples" / name for name in ("helm.json", "k8s.json")]
    assert detect(*lazy(recorded([*texts, *samples]))) == []
