"""What requests to GitHub have to pass, on the double of GitHub and with the pauses that GitHub itself asks for."""

from __future__ import annotations

import json
import time

import pytest
from github_double import broken

from metabot.config import Github
from metabot.errors import PublishError
from metabot.publish.github.address import address_of
from metabot.publish.github.gate import Gate
from metabot.publish.github.host import GithubHost
from metabot_instrument import flush
from tests.metabot.publish.github.places import Place

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("verb", "seconds"), [("GET", 0.25), ("PATCH", 1.0)])
def test_requests_keep_the_pauses_that_github_asks_for(verb: str, seconds: float) -> None:
    """A quarter of a second between two requests, a second between two that change something."""
    gate = Gate(address_of(Github(repository="acme/desk")))
    began = time.monotonic()
    assert all(gate.request(verb).allowed for _ in range(2))
    assert seconds <= time.monotonic() - began < seconds + 1


def test_after_failing_for_long_github_is_left_alone(host: GithubHost, at: Place) -> None:
    """Three things that could not be done, four times asked each: the next one is not asked, and says so."""
    at.double.fail_next(broken(502), 999)
    for _ in range(3):
        with pytest.raises(PublishError, match="answers with 502, also when tried again"):
            host.pull(1)
    asked = len(at.double.asked)
    with pytest.raises(PublishError, match=r"could not .*: it failed 12 times in a row and is left alone for 60 sec"):
        host.pull(1)
    assert len(at.double.asked) == asked


def test_a_failure_now_and_then_leaves_nobody_alone(host: GithubHost, at: Place) -> None:
    """Twelve of them with answers in between."""
    for _ in range(4):
        at.double.fail_next(broken(502), 3, path="/branches")
        host.branch("main")


def test_validators_of_the_settings_have_a_say(at: Place) -> None:
    """A rate of theirs ends what comes too often, in words; what they decided is among metabot's own events."""
    settings = at.settings()
    tables = ({"type": "rate_limit", "requests_per_minute": 1, "on_limit": "reject"},)
    monitoring = settings.monitoring.model_copy(update={"validators": tables})
    host = GithubHost(at.repository, settings.model_copy(update={"monitoring": monitoring}))
    host.branch("main")
    with pytest.raises(PublishError, match=r"rate_limit of \[monitoring\] validators rejects it \(over the rate\)"):
        host.branch("main")
    flush()
    lines = (settings.state / "own/events.jsonl").read_text().splitlines()
    told = [json.loads(line)["payload"] for line in lines]
    assert [(one["action"], one["decision"]) for one in told] == [
        ("github_read", "approved"),
        ("github_read", "rejected"),
    ]
