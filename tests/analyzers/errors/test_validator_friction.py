"""Validators that block, delay or fail: when it is said, with which figures, and when nothing is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors.validator_friction import detect, measure
from analyzers.finding import Subject
from analyzers.frames import EVENTS
from analyzers.untrusted import Name
from tests.builders import BEGIN_NS, event_log, logged


def subject(detail, validator="rate_limit"):
    return Subject(service=Name("desk"), operation=Name(validator), detail=Name(detail))


def action(*steps, ended=None, ms=1.0, by="rate_limit", reason="over the rate", at=0, **more):
    """One action as a pipeline tells it: what its validator said, attempt after attempt."""
    told = [
        {"validator": by, "decision": step, "reason": "" if step == "approved" else reason, "latency_ms": 0.5}
        for step in steps
    ]
    whole = {"action": "tool", "key": "search", "decision": ended or steps[-1], "validator": by, "latency_ms": ms}
    payload = {**whole, "decisions": told, **more}
    ids = {"trace_id": f"{at:032x}", "span_id": f"{at:016x}", "session_id": f"s{at % 7}"}
    return logged("validator_decision", at=at, payload=payload, **ids)


def actions(bad, count=6, others=24, **more):
    """So many actions of which the validator approves all but the first."""
    rows = [action(*bad, at=number, **more) for number in range(count)]
    return event_log(*rows, *[action("approved", at=count + number) for number in range(others)])


def test_says_how_much_is_blocked_and_why():
    """Six of thirty actions, all for one reason."""
    (found,) = detect(actions(("rejected",)))
    assert found.subject == subject("blocked")
    assert found.evidence.observed == measure(actions(("rejected",)), subject=subject("blocked"))
    assert (found.evidence.observed.value, found.evidence.occurrences, found.traces) == (0.2, 6, 6)
    assert found.problem == (
        "rate_limit blocks 6 of 30 actions (20.0%); its verdicts take 0.50 ms an action; reasons: over the rate (6)"
    )
    assert (found.first_ns, found.last_ns) == (BEGIN_NS, BEGIN_NS + 5 * 10**9)
    assert len(found.affected) == 6
    assert found.seconds_per_call is None


def test_says_whom_it_blocks():
    """One key of many, or many keys; never which."""
    rows = [action("rejected", at=number, key="mallory") for number in range(8)]
    rows += [action("approved", at=number, key=f"u{number}") for number in range(8, 30)]
    assert "; 8 of them are of one of 23 keys; " in detect(event_log(*rows))[0].problem
    rows = [action("rejected" if number < 8 else "approved", at=number, key=f"u{number}") for number in range(30)]
    problem = detect(event_log(*rows))[0].problem
    assert "; they spread over 8 of 30 keys; " in problem
    assert "u1" not in problem


def test_says_how_long_actions_waited():
    """What was let wait and approved in the end is a delay; what was never approved was blocked."""
    recorded = actions(("retry", "retry", "approved"), ms=2_000)
    (found,) = detect(recorded)
    assert found.subject == subject("retried")
    assert found.problem.startswith(
        "rate_limit lets 6 of 30 actions (20.0%) wait, 6 of which are approved in the end; until they are decided they "
        "take 12.0 s in all; "
    )
    assert found.seconds_per_call == pytest.approx(0.4)
    (spent,) = detect(actions(("retry", "retry"), ended="rejected", ms=2_000))
    assert spent.subject == subject("blocked")


def test_says_that_a_validator_gives_no_verdict():
    """It raised or hung: the action may have been rejected for it, which is no block of its own."""
    (found,) = detect(actions(("failed",), ended="rejected", reason="no verdict in time"))
    assert found.subject == subject("failed")
    assert found.problem.startswith("rate_limit gives no verdict on 6 of 30 actions (20.0%)")


def alone(*words, validator="budget"):
    payloads = [{"action": "refund", "validator": validator, "decision": word, "reason": "R"} for word in words]
    return event_log(
        *[logged("validator_decision", at=number, payload=payload) for number, payload in enumerate(payloads)]
    )


def test_decisions_of_one_validator_each_tell_the_same():
    """In another system's words; how long they waited is unknown there."""
    (found,) = detect(alone(*["denied"] * 5, *["allow"] * 20))
    assert (found.subject, found.evidence.observed.value) == (subject("blocked", "budget"), 0.2)
    (found,) = detect(alone(*["delay"] * 5, *["allow"] * 20))
    assert (found.subject, found.seconds_per_call) == (subject("retried", "budget"), None)
    assert found.unknown[1].startswith("how long they waited")


def test_what_a_reason_says_is_nothing_but_a_name():
    """It is cut, and holds no markup."""
    (found,) = detect(actions(("rejected",), reason="<img src=x> @team closes #7 " + "x" * 500))
    assert found.problem.endswith("reasons: ‹img src=x› _team closes _7 " + "x" * 32 + " (6)")


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(actions(("approved",)), id="all is approved"),
        pytest.param(actions(("modified",)), id="some is modified"),
        pytest.param(actions(("rejected",), count=8, others=11), id="few decisions"),
        pytest.param(actions(("rejected",), count=4, others=20), id="a few blocked"),
        pytest.param(actions(("rejected",), count=6, others=80), id="a small share"),
        pytest.param(actions(("retry", "approved"), ms=400), id="little waiting"),
        pytest.param(alone(*["perhaps"] * 30), id="words that nobody knows"),
        pytest.param(EVENTS.empty().lazy(), id="nothing at all"),
    ],
)
def test_says_nothing_when(events):
    """Validators that do their work and no more."""
    assert detect(events) == []


def test_measures_without_conditions():
    """One of three; no decision, no figure."""
    recorded = actions(("rejected",), count=1, others=2)
    assert measure(recorded, subject=subject("blocked")).value == pytest.approx(1 / 3)
    assert measure(recorded, subject=subject("retried")).value == 0
    assert measure(recorded, subject=subject("blocked", "other")) is None


@given(st.lists(st.sampled_from(["approved", "rejected", "retry", "failed"]), min_size=1, max_size=40), st.randoms())
def test_every_action_counts_once(outcomes, chance):
    """The shares of one validator's actions sum to one less what it approved, in whatever order they are stored."""
    rows = [action(outcome, at=number) for number, outcome in enumerate(outcomes)]
    mixed = event_log(*chance.sample(rows, len(rows)))
    shares = [measure(mixed, subject=subject(detail)).value for detail in ("blocked", "retried", "failed")]
    assert sum(shares) == pytest.approx(1 - outcomes.count("approved") / len(outcomes))
    assert detect(mixed) == detect(event_log(*rows))
