"""The catalogue of event types."""

from __future__ import annotations

import pytest

from metabot_instrument.vocabulary.event_types import EVENT_TYPES

_PUBLISHED = """
task_started task_completed task_failed thesis_start thesis_end synthesis_start synthesis_end eval rune replan
evidence_search evidence_added evidence_rejected rag_retrieval citation_added second_pass quality_check
confidence_check system_startup system_shutdown health_check performance_metric migration deployment rollback
configuration_change scale_event bqi_pattern_learned bqi_rule_applied binoche_decision ensemble_update
alert_triggered alert_resolved threshold_exceeded anomaly_detected session_start session_end persona_activated
persona_switched
"""


@pytest.mark.parametrize("name", _PUBLISHED.split())
def test_the_types_of_earlier_systems_are_declared(name: str) -> None:
    """Under their own names."""
    assert EVENT_TYPES[name].name == name


def test_there_are_over_fifty() -> None:
    """Those of metabot's own life among them: findings, proposals, verification, pull requests, impact."""
    assert len(EVENT_TYPES) > 50
    names = " ".join(name for name, each in EVENT_TYPES.items() if each.group == "metabot")
    assert all(word in names for word in ("finding", "proposal", "verification", "pull_request", "impact"))


def test_each_says_what_it_is_and_holds() -> None:
    """A sentence, a severity, and the fields that its payload usually has."""
    for each in EVENT_TYPES.values():
        assert each.says.endswith(".")
        assert each.fields
        assert all(each.fields.values())
        assert each.severity in ("info", "warning", "error")


def test_what_begins_ends_with_a_declared_type() -> None:
    """Every pair is whole."""
    pairs = {each.name: each.closed_by for each in EVENT_TYPES.values() if each.closed_by}
    assert pairs["task_started"] == ("task_completed", "task_failed")
    assert all(end in EVENT_TYPES for ends in pairs.values() for end in ends)
