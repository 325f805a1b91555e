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
    meter = AgentMeter()
    meter.set_state({"agents_active": {"fixer": 2, "planner": 1}})
    meter.set_state(SimpleNamespace(active_agents=4))
    said = {labels: value for (name, labels), value in samples(meter).items() if name == "pforge_agents_active"}
    assert said == {(("agent_type", "fixer"),): 2, (("agent_type", "planner"),): 1, (("agent_type", "any"),): 4}


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
