"""A validator that stops actions whose provider fails too often, for each key a circuit of its own.

Of the last `window_calls` calls of the last `window_seconds` it takes the share that failed. A circuit opens where
there are at least `minimum_calls` and the share is `failure_ratio` or more. Open it rejects for `open_seconds`; then it
is half-open and lets `probes` calls pass: if they end well it closes, if one fails it is open again. How calls end the
pipeline tells, so actions have to run under `pipeline.guarded`. A probe that nobody tells of for `probe_seconds` is
given up, and another may pass; one that is rejected after all, by another validator, is given up at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from metabot_instrument.events.emit import emit_event
from metabot_instrument.metrics.agent import meter
from metabot_instrument.misuse import misuse
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.circuit import Change, Circuit, Rule
from metabot_instrument.validation.keyed import Keyed, lock
from metabot_instrument.validation.settled import positive
from metabot_instrument.validation.verdict import Approved, Rejected, Verdict

OPEN = "circuit open"
PROBING = "circuit half-open"


@dataclass(kw_only=True, eq=False)
class CircuitBreaker:
    """Raises ValueError for settings that mean nothing."""

    failure_ratio: float = 0.5
    minimum_calls: int = 10
    window_calls: int = 100
    window_seconds: float = 60.0
    open_seconds: float = 30.0
    probes: int = 1
    probe_seconds: float = 60.0
    keys: int = 1_000  # that have a circuit of their own
    priority: int = 10
    name: str = "circuit_breaker"

    can_modify = False
    quick = True
    reasons = frozenset({OPEN, PROBING})

    def __post_init__(self) -> None:
        positive(self, "failure_ratio", "window_seconds", "open_seconds", "probe_seconds")
        positive(self, "minimum_calls", "window_calls", "probes", "keys", whole=True)
        if self.failure_ratio > 1:
            raise misuse(self.name, f"failure_ratio = {self.failure_ratio} is more than all", "Say 1 or less.")
        if self.minimum_calls > self.window_calls:
            held = f"window_calls = {self.window_calls} hold no minimum_calls = {self.minimum_calls}"
            raise misuse(self.name, held, "Say a larger window, or fewer.")
        rule = Rule(
            failure_ratio=self.failure_ratio,
            minimum_calls=self.minimum_calls,
            window_calls=self.window_calls,
            window_seconds=self.window_seconds,
            open_seconds=self.open_seconds,
            probes=self.probes,
            probe_seconds=self.probe_seconds,
        )
        self._circuits = Keyed(lambda: Circuit(rule), Circuit.is_idle, self.keys)

    def validate(self, action: Action) -> Verdict:
        with lock:
            circuit = self._circuits.of(action.key)
            if circuit.lets_pass(action):
                return Approved()
            return Rejected(OPEN if circuit.state == "open" else PROBING)

    def heard(self, action: Action, ok: bool) -> None:
        """How an action that passed has ended."""
        with lock:
            change = self._circuits.of(action.key).ended(action, ok=ok)
        if change is not None:
            _emit(action.key, change)

    def take_back(self, action: Action) -> None:
        """An action that passed is not made after all."""
        with lock:
            self._circuits.of(action.key).take_back(action)

    def state(self, key: str = "") -> str:
        """`closed`, `open` or `half-open`."""
        with lock:
            return self._circuits.of(key).state


def _emit(key: str, change: Change) -> None:
    meter.circuit_open.set(int(change.opened), circuit=key or "all")
    if change.opened:
        emit_event("circuit_opened", {"key": key, "failure_ratio": round(change.failure_ratio, 4)})
    else:
        emit_event("circuit_closed", {"key": key, "duration_ms": round(change.seconds * 1_000)})
