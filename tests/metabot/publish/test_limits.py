"""How much metabot asks of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from metabot.config import Publish
from metabot.ledger.people import Decision
from metabot.publish.ended import marked
from metabot.publish.host import HostedPull
from metabot.publish.limits import full, paused
from tests.desks import DAY_NS, NOON_NS


def pull(number: int, state: Any = "open", *, days_ago: float = 0, expired: bool = False, **more: Any) -> HostedPull:
    """One that was opened so long ago; what is ended ended a day later."""
    created = int(NOON_NS - days_ago * DAY_NS)
    known: dict[str, Any] = {
        "number": number,
        "title": "t",
        "body": marked("b", "expired") if expired else "b",
        "state": state,
        "draft": True,
        "branch": f"metabot/serial-calls-{number:012x}",
        "own_branch": True,
        "head_revision": "a" * 40,
        "base_branch": "main",
        "author": "metabot",
        "labels": (),
        "where": "there",
        "created_ns": created,
        "updated_ns": created,
        "ended_ns": None if state == "open" else created + DAY_NS,
    }
    return HostedPull(**(known | more))


def reason(refusal: tuple[str, str] | None) -> str | None:
    return None if refusal is None else refusal[0]


MANY = {"max_new_per_day": 100}


@pytest.mark.parametrize(
    ("pulls", "settings", "expected"),
    [
        pytest.param([], {}, None, id="nothing yet"),
        pytest.param([pull(1, days_ago=2)], {}, None, id="one of another day"),
        pytest.param([pull(1)], {}, "enough for today", id="one of today"),
        pytest.param([pull(1, "closed")], {}, "enough for today", id="one of today that is closed"),
        pytest.param([pull(1, branch="metabot/onboarding")], {}, None, id="what introduces metabot is no proposal"),
        pytest.param([pull(1, own_branch=False)], {}, None, id="a fork's"),
        pytest.param([pull(n, days_ago=2) for n in (1, 2, 3)], {}, "too many open", id="three"),
        pytest.param(
            [pull(n, days_ago=2) for n in (1, 2)] + [pull(3, "merged", days_ago=2)], {}, None, id="two, one merged"
        ),
        pytest.param([pull(n) for n in (1, 2)], MANY, None, id="two of today, by the settings' word"),
    ],
)
def test_so_many_at_most(pulls: list[HostedPull], settings: dict[str, Any], expected: str | None) -> None:
    """Counted from what is there, not from the ledger."""
    assert reason(full(pulls, Publish(**settings), NOON_NS)) == expected


def test_the_day_is_that_of_the_settings() -> None:
    """What was opened at 12:00 UTC is of the day before where it is midnight between."""
    eleven_hours = 11 * 3_600 * 10**9
    assert reason(full([pull(1)], Publish(), NOON_NS + eleven_hours)) == "enough for today"
    assert full([pull(1)], Publish(time_zone="Asia/Tokyo"), NOON_NS + eleven_hours) is None


def test_outside_of_the_windows_nothing_is_opened() -> None:
    """By the clock of the settings' place; the message says what time it is there."""
    assert datetime.fromtimestamp(NOON_NS / 1e9, UTC).strftime("%a %H:%M") == "Sat 12:00"
    refusal = full([], Publish(windows=("Mon-Fri 09:00-17:00",)), NOON_NS)
    assert refusal is not None
    assert refusal[0] == "outside the windows"
    assert "Sat 12:00 in UTC" in refusal[1]
    assert full([], Publish(windows=("Sat 21:00-22:00",), time_zone="Asia/Tokyo"), NOON_NS) is None


def expired(*numbers: int) -> list[HostedPull]:
    return [pull(number, "closed", days_ago=30 - number, expired=True) for number in numbers]


def decision(kind: Any, days_ago: float) -> Decision:
    return Decision(
        fingerprint="", kind=kind, reason="busy", decided_by="ada", decided_ns=int(NOON_NS - days_ago * DAY_NS)
    )


@pytest.mark.parametrize(
    ("pulls", "decisions", "expected"),
    [
        pytest.param(expired(1, 2), [], None, id="two unanswered"),
        pytest.param(expired(1, 2, 3), [], "paused", id="three unanswered"),
        pytest.param([*expired(1, 2, 3), pull(4, days_ago=1)], [], "paused", id="and one that is open"),
        pytest.param([*expired(1, 2, 3), pull(9, "merged", days_ago=1)], [], None, id="then one was merged"),
        pytest.param([*expired(1, 2, 3), pull(9, "closed", days_ago=1)], [], None, id="then a person closed one"),
        pytest.param(
            [*expired(1, 2, 3), pull(9, "closed", days_ago=1, body=marked("b", "outdated"))],
            [],
            "paused",
            id="then metabot withdrew one itself",
        ),
        pytest.param(expired(1, 2, 3), [decision("resume", 5)], None, id="then a person said to go on"),
        pytest.param(expired(1, 2, 3), [decision("resume", 60)], "paused", id="a person said so before"),
        pytest.param([], [decision("pause", 5)], "paused", id="a person's word"),
        pytest.param([], [decision("pause", 5), decision("resume", 4)], None, id="taken back"),
        pytest.param([], [replace(decision("pause", 5), fingerprint="f" * 12)], None, id="said of one finding"),
    ],
)
def test_pauses(pulls: list[HostedPull], decisions: list[Decision], expected: str | None) -> None:
    """Where nobody answers, and where somebody asks for it."""
    assert reason(paused(pulls, decisions, Publish())) == expected


def test_never_pauses_by_itself_where_the_settings_say_so() -> None:
    """`pause_after_unanswered = 0`."""
    assert paused(expired(1, 2, 3), [], Publish(pause_after_unanswered=0)) is None
