"""Gauges from one object."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from metabot_instrument import failures
from metabot_instrument.metrics.agent import AgentMeter
from tests.instrument.metrics.test_series import samples


@dataclass
class State:
    efficiency: float = 0.8
    gaps: int = 3
    misfits: int | None = None


@pytest.mark.parametrize(
    ("state", "levels"),
    [
        pytest.param(State(), {"pforge_efficiency": 0.8, "pforge_gaps": 3}, id="a dataclass"),
        pytest.param({"entropy": 1.5, "unknown": 7}, {"pforge_entropy": 1.5}, id="a mapping"),
        pytest.param(SimpleNamespace(misfits=[1, 2]), {"pforge_misfits": 2}, id="a collection is counted"),
        pytest.param({"falsePieces": 4}, {"pforge_false_pieces": 4}, id="an earlier system's word"),
        pytest.param({"pforge_gaps_total": 5}, {"pforge_gaps": 5}, id="an earlier system's metric"),
        pytest.param({"gaps": 0, "empty_spaces": 9}, {"pforge_gaps": 0}, id="the first name that is there"),
        pytest.param(object(), {}, id="nothing of it"),
    ],
)
def test_each_level_that_is_said_is_set(state: object, levels: dict[str, float]) -> None:
    """Whatever kind of object says it."""
    meter = AgentMeter()
    meter.set_state(state)
    gauges = {(one.prometheus, ()) for one in meter.definitions if one.kind == "gauge"}
    assert {name: value for (name, _), value in samples(meter).items() if (name, ()) in gauges} == levels


def test_what_is_not_said_stays() -> None:
    """A state object without gaps says nothing of them."""
    meter = AgentMeter()
    meter.set_state({"gaps": 3, "efficiency": 0.5})
    meter.set_state({"gaps": None, "efficiency": 0.6})
    assert samples(meter)["pforge_gaps", ()] == 3
    assert samples(meter)["pforge_efficiency", ()] == 0.6


def test_agents_are_set_by_type() -> None:
    """A plain number is of any type."""
    assert _at_work({"agents_active": {"fixer": 2, "planner": 1}}) == {"fixer": 2, "planner": 1}
    assert _at_work(SimpleNamespace(active_agents=4)) == {"any": 4}


def test_a_type_that_is_named_no_more_is_at_work_no_more() -> None:
    """A state that says nothing of agents leaves them, and so does one whose number is none."""
    assert _at_work({"agents_active": {"fixer": 2}}, {"agents_active": {"planner": 1}}) == {"fixer": 0, "planner": 1}
    assert _at_work({"agents_active": {"fixer": 2}}, {"agents_active": 4}) == {"fixer": 0, "any": 4}
    assert _at_work({"agents_active": {"fixer": 2}}, {"agents_active": {}}) == {"fixer": 0}
    assert _at_work({"agents_active": {"fixer": 2}}, {"gaps": 1}) == {"fixer": 2}
    assert _at_work({"agents_active": {"fixer": 2}}, {"agents_active": {"fixer": "two"}}) == {"fixer": 2}


def _at_work(*states: object) -> dict[str, float]:
    meter = AgentMeter()
    for state in states:
        meter.set_state(state)
    return {labels[0][1]: value for (name, labels), value in samples(meter).items() if name == "pforge_agents_active"}


def test_what_is_refused_shows_nothing() -> None:
    """No 0 of a gauge that was never set, and no series of a type that was never counted."""
    meter = AgentMeter()
    meter.set_state({"efficiency": "high", "gaps": float("nan"), "agents_active": {"fixer": None}})
    meter.agents_active.inc(float("inf"), agent_type="planner")
    assert not [
        name for name, _ in samples(meter) if name in ("pforge_efficiency", "pforge_gaps", "pforge_agents_active")
    ]


class Hostile:
    @property
    def efficiency(self) -> Any:
        raise OSError("no such file")


@pytest.mark.parametrize(
    "state", [Hostile(), {"gaps": "many"}, {"agents_active": {1: 2}}, {"efficiency": float("nan")}]
)
def test_a_state_that_cannot_be_read_is_counted(state: object) -> None:
    """And the caller hears nothing."""
    meter = AgentMeter()
    before = failures().get("metrics", 0)
    meter.set_state(state)
    assert failures()["metrics"] == before + 1
