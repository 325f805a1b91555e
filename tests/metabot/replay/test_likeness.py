"""How alike two requests are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metabot.replay.likeness import FLOOR, Likeness, alike, at_most, of_chat, of_tool, series
from tests.metabot.replay.chats import assistant, request, system

RULES = "\n".join(f"Rule {n}: be kind." for n in range(30))
QUESTION = request(system(RULES), "Where is order 7?")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(QUESTION, id="the same"),
        pytest.param(request(system(RULES + "\nToday is Monday."), "Where is order 7?"), id="a line more"),
        pytest.param(request(system("Be short."), "Where is order 7?"), id="other instructions"),
        pytest.param(request(system(RULES), "Where is order 7?", temperature=0), id="another parameter"),
        pytest.param(request(system(RULES), "Where is order 7?", model="m-2026-04-14"), id="a dated model"),
    ],
)
def test_alike_enough(other: dict[str, Any]) -> None:
    """What a change of the prompt does to a request leaves its last text."""
    assert alike(of_chat(QUESTION), of_chat(other)) >= FLOOR


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(request(system(RULES), "Where is my voucher?"), id="another question"),
        pytest.param(request(system(RULES), "Where is order 7?", assistant("There."), "Thanks!"), id="a later turn"),
        pytest.param(request(system(RULES), "Where is order 7?", model="large"), id="another model"),
    ],
)
def test_another_request(other: dict[str, Any]) -> None:
    """However much of the instructions they share."""
    assert alike(of_chat(QUESTION), of_chat(other)) < FLOOR


def test_what_was_not_recorded_does_not_count() -> None:
    """The store knows no roles: the rest counts for the whole."""
    full = of_chat(QUESTION)
    bare = Likeness(model="m", tools=None, roles=None, pieces=full.pieces, last=full.last)
    assert alike(full, bare) == pytest.approx(1.0)


def test_a_model_is_one_whatever_its_date() -> None:
    """Answers name the date, requests mostly do not; a size is no date."""
    dated = ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini-20250414", "gpt-4.1-mini@20250414", "gpt-4.1-mini-latest")
    assert {series(name) for name in dated} == {"gpt-4.1-mini"}
    assert series("gpt-4.1-mini") != series("gpt-4.1")


SKETCHES = st.lists(st.integers(0, 5), max_size=4, unique=True).map(
    lambda found: tuple(f"{n:016x}" for n in sorted(found))
)
ROLES = st.none() | st.lists(st.sampled_from(["user", "tool"]), max_size=3).map(tuple)
LIKENESSES = st.builds(
    Likeness, model=st.just("m"), tools=ROLES, roles=ROLES, pieces=SKETCHES, last=SKETCHES
)  # fmt: skip


@settings(max_examples=100)
@given(LIKENESSES, LIKENESSES)
def test_the_bound_is_one(one: Likeness, other: Likeness) -> None:
    """A request is never more like another than the bound says, and both stay between 0 and 1."""
    assert 0 <= alike(one, other) <= at_most(one, other) + 1e-9 <= 1 + 2e-9
    assert alike(one, one) == pytest.approx(1.0)


def test_a_tools_arguments_make_its_key() -> None:
    """One of two arguments equal is a third; another path is another tool."""
    one = of_tool("POST", "/tools/search", {"query": "oven", "limit": 3})
    assert alike(one, of_tool("POST", "/tools/search", {"limit": 3.0, "query": "oven"})) == 1.0
    assert alike(one, of_tool("POST", "/tools/search", {"query": "kiln", "limit": 3})) == pytest.approx(1 / 3)
    assert alike(one, of_tool("POST", "/tools/find", {"query": "oven", "limit": 3})) == 0.0
