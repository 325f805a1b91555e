"""Processes that end at any request, and processes that open at once: exactly one of everything."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest
from github_double import Double, cut

from tests.metabot.publish.github.places import BRANCH, Place, draft

pytestmark = pytest.mark.slow

STEPS = (
    ("POST", "git-receive-pack"),
    ("POST", "/pulls"),
    ("POST", "/labels"),
    ("POST", "/requested_reviewers"),
    ("PATCH", "/pulls/1"),
    ("POST", "/comments"),
    ("POST", "/issues"),
)
PROCESSES = multiprocessing.get_context("fork")


def published(at: Place) -> None:
    """What a run does on GitHub, one after the other, with the waits that it has."""
    host = at.host(asleep=True)
    host.push(BRANCH, at.commit())
    number = host.open_draft(draft(labels=("metabot",), reviewers=("ada",))).number
    host.say(number, "hello", "Good day.")
    host.write_dashboard("metabot", "One thing.")


def everything(double: Double) -> object:
    [pull] = double.pulls
    issues = [issue.body.split("\n")[0] for issue in double.issues.values() if issue is not pull]
    comments = [comment.body.split("\n")[0] for comment in pull.comments]
    return list(double.bare.branches()), pull.body, pull.labels, pull.reviewers, comments, issues


ONE_OF_EACH = (["main", BRANCH], "Why.", ["metabot"], ["ada"], ["Good day."], ["One thing."])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "path"), STEPS)
def test_killed_at_a_request_and_run_again(at: Place, method: str, path: str, when: str) -> None:
    """SIGKILL while it waits for the answer, carried out or not."""
    at.double.fail_next(cut(when), method=method, path=path)  # type: ignore[arg-type]
    process = PROCESSES.Process(target=published, args=(at,))
    process.start()
    until = time.monotonic() + 30
    while not any(one.status == 0 for one in at.double.asked) and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.join()
    assert process.exitcode == -9
    published(at)
    assert everything(at.double) == ONE_OF_EACH


@pytest.mark.parametrize("machines", [1, 2])
def test_two_at_once_open_one(at: Place, tmp_path: Path, machines: int) -> None:
    """Of one machine and of two, which do not see each other's locks: GitHub has the last word."""
    places = [Place(at.double, tmp_path / f"state {number % machines}", at.repository) for number in range(4)]
    processes = [PROCESSES.Process(target=opening, args=(place,)) for place in places]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert [(pull.labels, pull.reviewers, pull.body) for pull in at.double.pulls] == [(["metabot"], ["ada"], "Why.")]


def test_two_at_once_say_one_thing(at: Place) -> None:
    """One comment and one dashboard, of any number of processes of a machine."""
    processes = [PROCESSES.Process(target=published, args=(at,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert everything(at.double) == ONE_OF_EACH


def opening(at: Place) -> None:
    host = at.host(asleep=True)
    host.push(BRANCH, at.commit())
    host.open_draft(draft(labels=("metabot",), reviewers=("ada",)))
