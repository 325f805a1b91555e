"""What an agent is used for."""

from __future__ import annotations

import pytest

from metabot_instrument.monitoring.observation import Observation
from metabot_instrument.monitoring.usage_patterns import UsagePatterns

NOON = 1_768_305_600.0  # 12:00 UTC


def watched(*seen, **settings):
    monitor = UsagePatterns(**settings)
    for one in seen:
        monitor.take(one)
    return monitor


def act(name, at=0.0, session="s-1", **more):
    return Observation("tool", name, NOON + at, 500.0, session=session, **more)


def test_actions_hours_and_what_follows_what():
    """Within a session; what has none follows nothing."""
    told = watched(act("search"), act("book", 1_500), act("search", 3_000), act("pay", 2, session=None)).figures()
    assert {name: one["counted"] for name, one in told["actions"].items()} == {
        "tool:search": 2, "tool:book": 1, "tool:pay": 1
    }  # fmt: skip
    assert {hour: one["counted"] for hour, one in told["hours"].items()} == {"12": 4}
    assert {(one["from"], one["to"]): one["counted"] for one in told["transitions"]} == {
        ("tool:search", "tool:book"): 1, ("tool:book", "tool:search"): 1
    }  # fmt: skip


def test_a_sessions_length_is_from_its_first_action_to_the_end_of_its_last():
    """And half an hour without an action ends it."""
    told = watched(act("search"), act("book", 60, tokens=30), act("search", 7_200)).figures()["sessions"]
    assert (told["counted"], told["seconds"]["largest"], told["actions"]["largest"]) == (2, 60.5, 2)
    assert told["tokens"]["largest"] == 30


def test_a_session_that_is_unlike_the_others_is_found():
    """By what it has too much of."""
    others = [act("search", number, session=f"s-{number}") for number in range(30)]
    (found,) = watched(*others, *[act("search", 1, session="s-odd") for _ in range(40)]).found()
    assert (found.kind, found.about, found.figures["field"]) == ("unusual_session", "s-odd", "actions")
    assert found.says == "session s-odd: 40 actions, where the median of 31 sessions is 1"


@pytest.mark.parametrize("seen", [
    pytest.param([act("a", session=f"s-{n}") for n in range(5)] + [act("a", session="odd")] * 40, id="too few peers"),
    pytest.param([act("a", session=f"s-{n}") for n in range(30) for _ in range(1 + n % 5)], id="as they are spread"),
    pytest.param([act("a", session=f"s-{n}") for n in range(30)] + [act("a", session="odd")] * 5, id="a few more"),
    pytest.param([act("a", session=None)] * 500, id="no sessions"),
])  # fmt: skip
def test_says_nothing_when(seen):
    """Each of these once looked unusual and is not."""
    assert watched(*seen).found() == []


def test_a_session_is_in_the_sample_as_a_whole():
    """The same ones in every process, and about as many as the rate says."""
    seen = [act("search", session=f"s-{number}") for number in range(2_000) for _ in range(2)]
    first, second = (watched(*seen, sample_rate=0.1).figures() for _ in range(2))
    assert first == second
    sessions, actions = first["sessions"], first["actions"]["tool:search"]
    assert actions["counted"] == 2 * sessions["counted"]
    assert sessions["estimate"] == pytest.approx(2_000, rel=0.2)


def test_sessions_and_names_without_end_stay_within_bounds():
    """What is remembered, not what is counted."""
    monitor = watched(*(act(f"a{number}", number, session=f"s-{number}") for number in range(6_000)))
    told = monitor.figures()
    assert (told["sessions"]["counted"], told["observations"]["counted"]) == (6_000, 6_000)
    assert len(list(monitor._sessions)) == 3_000
    assert (len(told["actions"]), monitor._actions.other) == (20, 5_000)


def test_what_follows_what_stays_within_bounds():
    """Of one session that never does the same twice."""
    monitor = watched(*(act(f"a{number}", number) for number in range(6_000)))
    assert (monitor._transitions.total(), monitor._transitions.other) == (5_999, 999)
