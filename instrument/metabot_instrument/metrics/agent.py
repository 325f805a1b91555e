"""The metrics of an agent: the catalogue, and `meter`, which has them.

What efficiency, entropy, gaps, misfits and false pieces are is the application's to define; their unit is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metabot_instrument.boundary import contained
from metabot_instrument.metrics.meter import Meter
from metabot_instrument.metrics.state import active, levels


class AgentMeter(Meter):
    def __init__(self) -> None:
        super().__init__()
        self._at_work: set[str] = set()
        self._state()
        self._work()
        self._tokens()
        self._steps()

    @contained("metrics", None)
    def set_state(self, state: object) -> None:
        """Sets the gauges of the whole from one object, and how many agents are at work; see `metrics/state.py`."""
        gauges = (self.efficiency, self.entropy, self.gaps, self.misfits, self.false_pieces)
        named = {gauge.definition.name: gauge for gauge in gauges}
        for name, value in levels(state):
            named[name].set(value)  # type: ignore[arg-type]  # it refuses what is no number
        self._set_active(active(state))

    def renew(self) -> None:
        """In a forked child."""
        self._at_work = set()
        super().renew()

    def _set_active(self, said: Mapping[str, object] | None) -> None:
        """Of the types that a state named before and this one does not, nobody is at work any more."""
        if said is None:
            return
        before, self._at_work = self._at_work, {kind for kind in said if isinstance(kind, str)}
        for kind in before - self._at_work:
            self.agents_active.set(0, agent_type=kind)
        for kind, number in said.items():
            self.agents_active.set(number, agent_type=kind)  # type: ignore[arg-type]

    def _state(self) -> None:
        self.efficiency = self.gauge("pforge_efficiency", "How well the whole goes, as the application defines it.")
        self.entropy = self.gauge("pforge_entropy", "How disordered the whole is, as the application defines it.")
        self.gaps = self.gauge("pforge_gaps", "Open gaps: what is still missing.")
        self.misfits = self.gauge("pforge_misfits", "Misfits: what stands in the wrong place.")
        self.false_pieces = self.gauge("pforge_false_pieces", "False pieces: what belongs nowhere.")
        self.agents_active = self.gauge(
            "pforge_agents_active", "Agents that are at work.", labels=("agent_type",), across="livesum"
        )

    def _work(self) -> None:
        self.ticks = self.counter("pforge_ticks", "Rounds of the main loop that ended.")
        self.tick_duration = self.histogram("pforge_tick_duration", "Time that a round of the main loop took.")
        self.errors = self.counter("pforge_errors", "Errors.", labels=("agent_type",))
        self.patches_applied = self.counter("pforge_patches_applied", "Patches that were applied.")
        self.latency = self.histogram("pforge_latency", "Time that an operation took.", labels=("operation",))

    def _tokens(self) -> None:
        self.tokens_used = self.counter(
            "pforge_tokens_used", "Tokens of language models that were used.", unit="{token}", labels=("vendor",)
        )
        self.tokens_reserved = self.gauge(
            "pforge_tokens_reserved",
            "Tokens that calls under way have reserved of a budget.",
            unit="{token}",
            labels=("vendor",),
            across="livesum",
        )
        self.budget_used = self.gauge(
            "pforge_budget_used_ratio",
            "Share of a token budget that was used in its period, as of the last decision.",
            labels=("vendor",),
        )

    def _steps(self) -> None:
        self.agent_actions = self.counter(
            "agent.actions", "Actions of agents, by how they ended.", labels=("action", "outcome")
        )
        self.agent_latency = self.histogram("agent.latency", "Time that an agent's action took.", labels=("action",))
        self.validator_decisions = self.counter(
            "agent.validator.decisions", "Decisions on actions before they ran.", labels=("validator", "decision")
        )
        self.circuit_open = self.gauge(
            "agent.circuit.open",
            "1 while a circuit breaker lets nothing through.",
            labels=("circuit",),
            across="livemax",
        )


meter: Final = AgentMeter()
