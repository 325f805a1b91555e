"""Caps and cuts of recordings that others published."""

from __future__ import annotations

import pytest

from analyzers.errors.step_limit import detect
from tests.analyzers.recordings import lazy, other_name, recorded, renamed


@pytest.mark.real_data
@pytest.mark.parametrize("other", [False, True], ids=["as recorded", "under other names"])
def test_says_where_recorded_agents_were_stopped(real_data, other):
    """Seven of twelve sessions stop after exactly thirty calls."""
    tables = recorded(sorted((real_data / "raw" / "lmcache-agent-trace" / "miniswe").glob("*.jsonl")))
    (found,) = detect(*lazy(renamed(tables) if other else tables)[:2])
    assert (found.evidence.occurrences, found.evidence.observed.n) == (7, 12)
    assert "stop after exactly 30 model calls" in found.problem
    assert found.subject.operation == (other_name("session") if other else "session")


@pytest.mark.real_data
def test_says_nothing_of_agents_that_ended_by_themselves(real_data):
    """Ten sessions of ten lengths, none of which is a cap."""
    tables = recorded(sorted((real_data / "raw" / "lmcache-agent-trace" / "taubench").glob("*.jsonl")))
    assert detect(*lazy(tables)[:2]) == []


@pytest.mark.real_data
@pytest.mark.parametrize("other", [False, True], ids=["as recorded", "under other names"])
def test_says_where_recorded_prompts_were_cut(real_data, other):
    """Of 8,819 requests 355 lie within a thousandth of the largest: 201 of 7,436 tokens, 103 of 7,435."""
    tables = recorded(sorted((real_data / "raw" / "azure-llm-2023" / "data").glob("*code*")))
    (found,) = detect(*lazy(renamed(tables) if other else tables)[:2])
    assert (found.evidence.occurrences, found.evidence.observed.n) == (355, 8819)
    assert "have 7,430 to 7,437 input tokens" in found.problem
