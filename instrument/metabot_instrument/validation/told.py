"""What the telemetry gets: of each decision one event and counts by validator, of each action how it ended.

Neither the action's text nor its arguments nor an exception's words are among it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from metabot_instrument.boundary import contained, count
from metabot_instrument.events.emit import emit_event
from metabot_instrument.metrics.agent import meter
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.course import OWN_REASONS
from metabot_instrument.validation.decision import Decision, Step, kind_of
from metabot_instrument.validation.member import Member

DECISION: Final = "validator_decision"
FAILED: Final = "validator_failed"
UNLISTED: Final = "unlisted"  # stands for a reason that the validator does not declare
_LONGEST: Final = 80  # characters of a reason that may be told
_LONGEST_KEY: Final = 200


class DecisionTelemetry:
    def __init__(self, members: Iterable[Member]) -> None:
        self._reasons: dict[str, frozenset[str] | None] = {}
        for each in members:
            before = self._reasons.get(each.name, each.reasons)
            self._reasons[each.name] = None if before is None or each.reasons is None else before | each.reasons

    @contained("events_lost", None)
    def tell(self, action: object, decision: Decision) -> None:
        """What is no action is told by its type."""
        emit_event(DECISION, self._payload(action, decision))
        if not decision.allowed:
            meter.agent_actions.inc(action=_cut(kind_of(action), _LONGEST), outcome="rejected")
        for step in decision.steps:
            meter.validator_decisions.inc(validator=step.validator, decision=step.verdict)
            if step.verdict == "failed":
                count(FAILED, f"{step.validator}: {step.reason}; its error stands in the decision's steps")

    @contained("metrics", None)
    def tell_end(self, decision: Decision, *, ok: bool) -> None:
        """Of an action that ran: it took as long as it is since its validators were asked."""
        kind = _cut(decision.action.kind, _LONGEST)
        meter.agent_actions.inc(action=kind, outcome="ok" if ok else "error")
        meter.agent_latency.observe(time.monotonic() - decision.asked_at, action=kind)

    def _payload(self, action: object, decision: Decision) -> Mapping[str, Any]:
        own = decision.reason in OWN_REASONS or (decision.steps and decision.steps[-1].verdict == "failed")
        return {
            "action": _cut(kind_of(action), _LONGEST),
            "key": _cut(action.key if isinstance(action, Action) else "", _LONGEST_KEY),
            "decision": decision.outcome,
            "validator": decision.validator,
            "reason": _cut(decision.reason, _LONGEST) if own else self._reason(decision.validator, decision.reason),
            "latency_ms": round(decision.latency_ms, 3),
            "attempts": decision.attempts,
            "decisions": [self._step(step) for step in decision.steps],
        }

    def _step(self, step: Step) -> Mapping[str, Any]:
        failed = step.verdict == "failed"
        return {
            "validator": step.validator,
            "decision": step.verdict,
            "reason": _cut(step.reason, _LONGEST) if failed else self._reason(step.validator, step.reason),
            "latency_ms": round(step.latency_ms, 3),
        }

    def _reason(self, validator: str, reason: str) -> str:
        listed = self._reasons.get(validator)
        return _cut(reason, _LONGEST) if listed is None or not reason or reason in listed else UNLISTED


def _cut(said: object, most: int) -> str:
    """So many printable characters of it."""
    text = said[:most] if isinstance(said, str) else type(said).__name__
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)
