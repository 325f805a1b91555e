"""The event types that are known by name; any other may be written too, and is marked as unknown.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class EventType:
    """What an event of this type says, and what its payload usually holds: field to meaning."""

    name: str
    group: str
    says: str
    fields: Mapping[str, str]
    severity: Severity = "info"
    closed_by: tuple[str, ...] = ()  # types that end what this one begins


def _group(name: str, *types: tuple[str, str, dict[str, str]]) -> tuple[EventType, ...]:
    return tuple(
        EventType(each, name, says, MappingProxyType(fields), _SEVERITIES.get(each, "info"), _CLOSED_BY.get(each, ()))
        for each, says, fields in types
    )


_SEVERITIES: Final[dict[str, Severity]] = {
    "task_failed": "error",
    "evidence_rejected": "warning",
    "rollback": "warning",
    "alert_triggered": "warning",
    "threshold_exceeded": "warning",
    "anomaly_detected": "warning",
    "circuit_opened": "warning",
    "tool_switched_off": "warning",
    "pass_failed": "error",
    "finding_stopped": "warning",
    "verification_failed": "warning",
    "impact_regressed": "error",
    "events_lost": "error",
}

_CLOSED_BY: Final[dict[str, tuple[str, ...]]] = {
    "task_started": ("task_completed", "task_failed"),
    "thesis_start": ("thesis_end",),
    "synthesis_start": ("synthesis_end",),
    "system_startup": ("system_shutdown",),
    "session_start": ("session_end",),
    "alert_triggered": ("alert_resolved",),
    "circuit_opened": ("circuit_closed",),
    "tool_switched_off": ("tool_switched_on",),
    "pass_started": ("pass_completed", "pass_failed"),
    "verification_started": ("verification_passed", "verification_failed"),
    "pull_request_opened": ("pull_request_merged", "pull_request_closed"),
    "impact_watch_started": ("impact_improved", "impact_unchanged", "impact_regressed", "impact_unknown"),
}

_STATUS: Final = {"status": "how it ended"}
_SCORE: Final = {"quality": "0 to 1", "confidence": "0 to 1"}
_FINDING: Final = {"finding": "its fingerprint", "analyzer": "its name"}
_REQUEST: Final = {"finding": "its fingerprint", "number": "of the pull request"}

_TASKS: Final = _group(
    "tasks",
    ("task_started", "A task begins.", {"goal": "what is to be done", "priority": "low to high"}),
    ("task_completed", "A task ended well.", {**_SCORE, "duration_ms": "milliseconds"}),
    ("task_failed", "A task ended badly.", {"error": "what went wrong", "duration_ms": "milliseconds"}),
    ("thesis_start", "A first draft begins.", {"model": "who writes it"}),
    ("thesis_end", "A first draft is there.", {"duration_ms": "milliseconds", "citations": "count"}),
    ("synthesis_start", "The drafts begin to be joined.", {"sources": "count"}),
    ("synthesis_end", "The drafts are one answer.", {"duration_ms": "milliseconds", **_SCORE}),
    ("eval", "An answer was scored.", _SCORE),
    ("rune", "An answer's style or resonance was judged.", {"impact": "0 to 1", "transparency": "0 to 1"}),
    ("replan", "The plan was made anew.", {"reason": "why", "attempt": "count"}),
    ("plan_proposed", "A plan was proposed.", {"plan": "which", "priority": "number, or low to high"}),
)

_EVIDENCE: Final = _group(
    "evidence",
    ("evidence_search", "Evidence was looked for.", {"query": "the question", "found": "count"}),
    ("evidence_added", "A piece of evidence was taken.", {"source": "where from", "score": "0 to 1"}),
    ("evidence_rejected", "A piece of evidence was refused.", {"source": "where from", "reason": "why"}),
    (
        "rag_retrieval",
        "Documents were retrieved.",
        {"query": "the question", "documents": "count", "top_score": "0 to 1"},
    ),
    ("citation_added", "An answer cites a source.", {"source": "which"}),
)

_CORRECTION: Final = _group(
    "correction",
    ("second_pass", "An answer is worked over again.", {"reason": "why", "attempt": "count"}),
    ("quality_check", "Quality was compared with its limit.", {"quality": "0 to 1", "threshold": "0 to 1"}),
    ("confidence_check", "Confidence was compared with its limit.", {"confidence": "0 to 1", "threshold": "0 to 1"}),
)

_SYSTEM: Final = _group(
    "system",
    ("system_startup", "A component came up.", {"component": "which", "version": "its version"}),
    ("system_shutdown", "A component goes down.", {"component": "which", "reason": "why"}),
    ("health_check", "A component was asked how it is.", {"component": "which", "status": "healthy or not"}),
    (
        "performance_metric",
        "Figures were measured.",
        {"name": "of the figure", "value": "number", "unit": "of the value"},
    ),
    (
        "events_lost",
        "A killed process took lines with it.",
        {"count": "lines", "writer": "the process's id in its lines"},
    ),
)

_INFRASTRUCTURE: Final = _group(
    "infrastructure",
    ("migration", "Something moved to another place or version.", {"from": "old", "to": "new", **_STATUS}),
    ("deployment", "A revision was deployed.", {"revision": "commit", "environment": "where", **_STATUS}),
    ("rollback", "A deployment was taken back.", {"revision": "commit", "reason": "why"}),
    ("configuration_change", "A setting changed.", {"setting": "which", "before": "old", "after": "new"}),
    ("scale_event", "There are more or fewer workers.", {"before": "count", "after": "count", "reason": "why"}),
)

_LEARNING: Final = _group(
    "learning",
    ("bqi_pattern_learned", "A pattern was learned.", {"pattern": "which", "support": "count"}),
    ("bqi_rule_applied", "A learned rule was applied.", {"rule": "which", "confidence": "0 to 1"}),
    ("binoche_decision", "The judge decided.", {"decision": "approve, revise or reject", "confidence": "0 to 1"}),
    ("ensemble_update", "The judges' weights changed.", {"weights": "judge to weight", "accuracy": "0 to 1"}),
)

_MONITORING: Final = _group(
    "monitoring",
    ("alert_triggered", "An alert was raised.", {"severity": "info to critical", "message": "what is wrong"}),
    ("alert_resolved", "An alert is over.", {"message": "which alert", "duration_ms": "milliseconds"}),
    ("threshold_exceeded", "A figure passed its limit.", {"metric": "which", "value": "number", "threshold": "number"}),
    ("anomaly_detected", "A figure is unlike its past.", {"metric": "which", "value": "number", "score": "how unlike"}),
)

_VALIDATION: Final = _group(
    "validation",
    (
        "validator_decision",
        "Validators decided whether an action may run.",
        {
            "action": "its kind",
            "key": "what it is counted for",
            "decision": "approved, modified or rejected",
            "validator": "who rejected it, or modified it last",
            "reason": "one of a few words of the validator's",
            "latency_ms": "milliseconds, with what was waited",
            "attempts": "count",
            "decisions": "of each validator: validator, decision, reason, latency_ms",
        },
    ),
    ("circuit_opened", "A circuit breaker holds calls back.", {"key": "of what", "failure_ratio": "0 to 1"}),
    ("circuit_closed", "A circuit breaker lets calls pass again.", {"key": "of what", "duration_ms": "milliseconds"}),
    ("tool_switched_off", "A tool is not to be used for now.", {"tool": "which", "reason": "why"}),
    ("tool_switched_on", "A tool may be used again.", {"tool": "which", "duration_ms": "milliseconds"}),
)

_SESSIONS: Final = _group(
    "sessions",
    ("session_start", "A session begins.", {"user": "a pseudonym"}),
    ("session_end", "A session is over.", {"duration_ms": "milliseconds", "turns": "count"}),
    ("persona_activated", "A persona answers from now on.", {"persona": "which"}),
    ("persona_switched", "One persona hands over to another.", {"from": "which", "to": "which", "reason": "why"}),
)

_METABOT: Final = _group(
    "metabot",
    ("pass_started", "A pass begins.", {"sources": "count"}),
    ("pass_completed", "A pass is over.", {"findings": "count", "opened": "count", "duration_ms": "milliseconds"}),
    ("pass_failed", "A pass could not go on.", {"error": "what went wrong"}),
    (
        "telemetry_loaded",
        "Telemetry was read into the store.",
        {"source": "which", "records": "count", "rejects": "count"},
    ),
    ("analysis_completed", "The analyzers have run.", {"candidates": "count", "findings": "count"}),
    ("finding_raised", "A finding is new.", _FINDING),
    ("finding_resolved", "A finding is seen no more.", _FINDING),
    ("finding_stopped", "A finding ends before a pull request.", {**_FINDING, "stage": "where", "reason": "why"}),
    ("proposal_written", "A change was written.", {**_FINDING, "author": "recipe or model"}),
    ("verification_started", "A change is being proved.", _FINDING),
    ("verification_passed", "A change is proved.", {**_FINDING, "effect": "measured"}),
    ("verification_failed", "A change could not be proved.", {**_FINDING, "reason": "why"}),
    ("pull_request_opened", "A pull request is open.", _REQUEST),
    ("pull_request_revised", "A pull request was changed after a review.", _REQUEST),
    ("pull_request_merged", "A person merged a pull request.", _REQUEST),
    ("pull_request_closed", "A pull request was closed unmerged.", _REQUEST),
    ("impact_watch_started", "The merged revision serves traffic and is measured.", _REQUEST),
    ("impact_improved", "What was predicted came true.", {**_REQUEST, "predicted": "effect", "realized": "effect"}),
    ("impact_unchanged", "The change did nothing.", {**_REQUEST, "predicted": "effect", "realized": "effect"}),
    ("impact_regressed", "The change did harm.", {**_REQUEST, "predicted": "effect", "realized": "effect"}),
    ("impact_unknown", "The change's effect cannot be told yet.", {**_REQUEST, "reason": "why"}),
    ("revert_opened", "A pull request takes a change back.", _REQUEST),
)

EVENT_TYPES: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        each.name: each
        for group in (
            _TASKS,
            _EVIDENCE,
            _CORRECTION,
            _SYSTEM,
            _INFRASTRUCTURE,
            _LEARNING,
            _MONITORING,
            _VALIDATION,
            _SESSIONS,
            _METABOT,
        )
        for each in group
    }
)
