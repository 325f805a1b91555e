"""What people do on GitHub and what metabot does then, through the double: ticks, reopening, silence, introduction."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import ForkProcess
from typing import Any

import pytest
from github_double import cut
from github_double.faults import When

from metabot.narrowing import PATH
from metabot.publish.host import HostedPull
from metabot.publish.onboarding import BRANCH, SoFar
from metabot.publish.publisher import Publisher
from metabot.publish.watch import watch
from tests.metabot.publish.github import test_life as life
from tests.metabot.publish.github.places import Place
from tests.proposals import FINGERPRINT, verified

pytestmark = pytest.mark.slow

DAY_NS = 86_400 * 10**9
PROCESSES = multiprocessing.get_context("fork")
FOUND = SoFar(fingerprint=FINGERPRINT, words="Put the fixed text first", figure="1,900 → 400", why=None)


@pytest.fixture
def desk(at: Place) -> life.Desk:
    return life.Desk(at)


def look(desk: life.Desk, *, days: int = 0) -> list[str]:
    """So many days later."""
    return [
        seen.what for seen in watch(desk.host, desk.settings, desk.ledger, clock=lambda: time.time_ns() + days * DAY_NS)
    ]


def test_a_tick_brings_back_what_was_declined(desk: life.Desk) -> None:
    """The next run opens it again, as another pull request; the box is gone then."""
    desk.run()
    desk.double.close(1, by="ben")
    look(desk)
    assert life.reason(desk.run()) == "closed by a person"
    desk.double.tick(2, FINGERPRINT)
    assert look(desk) == ["revived", "dashboard written"]
    assert look(desk) == []
    assert open_change(desk, onboarding=False, max_new_per_day=2) is None
    assert [pull.state for pull in desk.double.pulls] == ["closed", "open"]


def test_expires_and_is_opened_again(desk: life.Desk) -> None:
    """Closed with its branch gone and one comment; known as expired from GitHub alone; a person's reopening counts."""
    desk.run()
    assert "expired" not in look(desk, days=20)
    assert "expired" in look(desk, days=22)
    pull = desk.double.pull(1)
    assert (pull.state, len(pull.comments), list(desk.double.bare.branches())) == ("closed", 1, ["main"])
    desk.forget()
    assert life.reason(desk.run()) == "expired"
    assert "closed" not in look(desk, days=22)
    assert desk.ledger.decisions() == []
    desk.double.bare.run("update-ref", f"refs/heads/{life.BRANCH}", pull.head_sha)
    desk.double.reopen(1)
    assert "reopened" in look(desk, days=22)
    assert "expired" not in look(desk, days=90)
    assert pull.state == "open"


def test_a_review_is_a_word(desk: life.Desk) -> None:
    """It keeps a pull request from expiring."""
    desk.run()
    desk.double.advance(timedelta(days=15))
    desk.double.review(1, by="ben", body="Looks good, later.")
    assert "expired" not in look(desk, days=30)
    assert "expired" in look(desk, days=40)


def introduce(desk: life.Desk) -> HostedPull | None:
    return publisher(desk).introduce([FOUND])


def publisher(desk: life.Desk, **publish: Any) -> Publisher:
    settings = desk.at.settings(publish=publish)
    return Publisher(desk.host, desk.at.repository, settings, decisions=desk.ledger.decisions())


def open_change(desk: life.Desk, **publish: Any) -> str | None:
    base = desk.at.repository.resolve("refs/heads/main")
    assert base is not None
    return life.reason(publisher(desk, **publish).open_change(verified(base)))


def test_a_new_repository_is_introduced_first(desk: life.Desk) -> None:
    """Once, also where everything here is lost; merged, it lets the first change through."""
    assert open_change(desk) == "not onboarded"
    assert introduce(desk) is not None
    desk.forget()
    desk.double.asked.clear()
    assert introduce(desk) is not None
    assert desk.writes() == []
    assert open_change(desk) == "not onboarded"
    [pull] = desk.double.pulls
    assert (pull.head, pull.draft) == (BRANCH, True)
    assert "Put the fixed text first" in pull.body
    desk.double.merge(1, by="ada")
    assert "max_open = 3" in desk.double.bare.run("show", f"main:{PATH}")
    desk.at.repository.fetch(str(desk.double.repository))
    assert introduce(desk) is None
    assert open_change(desk) is None
    assert len(desk.double.pulls) == 2


def test_closed_it_keeps_metabot_out(desk: life.Desk) -> None:
    """Nothing is opened, and it is not opened again."""
    introduce(desk)
    desk.double.close(1, by="ben")
    assert introduce(desk) is None
    assert open_change(desk) == "not onboarded"
    assert len(desk.double.pulls) == 1


def looking(desk: life.Desk, days: int) -> None:
    look(desk, days=days)


DECLINED = "/metabot decline too risky"
DECLINE = (("PATCH", "/pulls/1", 0), ("POST", "/comments", 0), ("POST", "/issues", 1))
EXPIRY = (("PATCH", "/pulls/1", 0), ("PATCH", "/pulls/1", 1), ("POST", "git-receive-pack", 0), ("POST", "/comments", 0))


@pytest.mark.parametrize(
    ("step", "days", "when"),
    [
        *((step, 0, "after") for step in DECLINE),
        *((step, 22, "after") for step in EXPIRY),
        *((step, 0, "before") for step in DECLINE[:2]),
    ],
)
def test_killed_in_a_look(desk: life.Desk, step: tuple[str, str, int], days: int, when: When) -> None:
    """SIGKILL at each of its writes: the next look ends with one comment, one dashboard and one decision."""
    desk.run()
    if not days:
        desk.double.comment(1, "ben", DECLINED)
    killed(desk, lambda: looking(desk, days), step, when)
    look(desk, days=days)
    pull = desk.double.pull(1)
    own = [comment for comment in pull.comments if comment.author != "ben"]
    assert (pull.state, len(own), len(desk.double.issues)) == ("closed", 1, 2)
    assert [one.kind for one in desk.ledger.decisions()] == ([] if days else ["decline"])
    desk.double.asked.clear()
    assert look(desk, days=days) == []
    assert desk.writes() == []


def killed(desk: life.Desk, deed: Callable[[], None], step: tuple[str, str, int], when: When) -> None:
    """While it waits for the answer, before or after what it asked for is done: GitHub hears of it and says nothing."""
    process = PROCESSES.Process(target=deed)
    method, path, skips = step
    fault = replace(cut(when), meanwhile=lambda: end(process), when="after")
    desk.double.fail_next(fault, method=method, path=path, skips=skips)
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


def end(process: ForkProcess) -> None:
    process.kill()
    while process.is_alive():
        time.sleep(0.001)
