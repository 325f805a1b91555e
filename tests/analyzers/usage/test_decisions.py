"""Validators' decisions, in the two shapes in which they are recorded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.usage.decisions import ValidatorUse, decided, decisions
from tests.builders import event_log, logged


def of_one_action(*steps):
    """As metabot-instrument's pipeline tells them."""
    told = [{"validator": name, "decision": how, "reason": why, "latency_ms": 0.5} for name, how, why in steps]
    return {"action": "tool", "key": "search", "decision": told[-1]["decision"], "decisions": told}


def test_each_validator_of_an_action_is_a_row():
    """With its action's kind and key, in their order; the actions are numbered."""
    found = decided(event_log(
        logged("validator_decision", at=2, payload=of_one_action(("rate_limit", "approved", ""))),
        logged("validator_decision", at=1, payload=of_one_action(
            ("rate_limit", "retry", "over the rate"), ("circuit_breaker", "rejected", "open"))),
        logged("task_started", payload={"validator": "x"}),
    ))  # fmt: skip
    assert found.select("n", "key", "validator", "outcome", "reason", "latency_ms").rows() == [
        (0, "search", "rate_limit", "retry", "over the rate", 0.5),
        (0, "search", "circuit_breaker", "rejected", "open", 0.5),
        (1, "search", "rate_limit", "approved", None, 0.5),
    ]


def test_a_decision_alone_is_a_row_too():
    """In whatever words its system has."""
    words = ["allow", "DENY", "blocked", True, False, "sanitized", "delayed", "timeout", "perhaps", None]
    rows = [logged("validator_decision", payload={"validator": "v", "decision": word}) for word in words]
    assert decided(event_log(*rows))["outcome"].to_list() == [
        "approved", "rejected", "rejected", "approved", "rejected", "modified", "retry", "failed", "other", "other"
    ]  # fmt: skip


def test_decisions_are_counted_by_validator_and_outcome():
    """With the reasons of those that did not approve."""
    told = [("approved", "fine")] * 5 + [("rejected", "over the rate")] * 2 + [("retry", "over the rate")]
    rows = [logged("validator_decision", payload=of_one_action(("rate_limit", how, why))) for how, why in told]
    found = decisions(event_log(*rows))
    assert found.count == 8
    assert found.validators == (
        ValidatorUse(
            validator="rate_limit", decisions=8, approved=5, modified=0, rejected=2, retry=1, failed=0, other=0,
            reasons=(("over the rate", 3),),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("payload", [None, 3, [1], {}, {"decisions": "x"}, {"decisions": [3, {"decision": "allow"}]}])
def test_what_names_no_validator_is_no_decision(payload):
    """And harms nothing."""
    assert decisions(event_log(logged("validator_decision", payload=payload))).count == 0


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9), lambda inner: (
    st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["decisions", "validator", "decision", "reason", "latency_ms", "key"]), inner)
), max_leaves=12))  # fmt: skip
def test_no_payload_raises(payload):
    """Whatever stands in it."""
    decisions(event_log(logged("validator_decision", payload=payload)))
