"""Runs that go on at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from metabot.verify.process import AbandonedError
from metabot.verify.sandbox import Sandbox
from metabot.verify.side_by_side import Lanes


def never(_: object) -> bool:
    return False


def test_two_go_on_at_once() -> None:
    """Each waits for the other: one after the other neither would end."""
    meeting = threading.Barrier(2, timeout=20)

    def run(name: str) -> str:
        meeting.wait()
        return name

    lanes = Lanes(2)
    assert lanes.all([partial(run, "a"), partial(run, "b")], late=never) == ("a", "b")
    assert lanes.both(partial(run, "a"), partial(run, "b")) == ("a", "b")


def test_one_after_the_other_where_nothing_keeps_them_apart() -> None:
    """Without a sandbox two runs would share ports and files."""
    running, most = [], []

    def run() -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()

    alone = Lanes.of("none")
    alone.all([run] * 3, late=never)
    alone.both(run, run)
    assert most == [1] * 5


def test_what_is_late_beside_another_is_tried_alone() -> None:
    """The second try counts; the order stays."""
    tries = {"a": iter(["late", "in time"]), "b": iter(["in time"])}
    runs = [partial(next, tries[name]) for name in ("a", "b")]
    assert Lanes(2).all(runs, late="late".__eq__) == ("in time", "in time")


def test_what_is_late_alone_is_late() -> None:
    """It was not for those beside it: what else was late is not waited for again."""
    tries = {"a": iter(["in time"]), "b": iter(["late", "late"]), "c": iter(["late"])}
    runs = [partial(next, tries[name]) for name in ("a", "b", "c")]
    assert Lanes(2).all(runs, late="late".__eq__) == ("in time", "late", "late")


def test_the_first_failure_ends_what_goes_on(either: Sandbox, inside: Callable[..., object]) -> None:
    """A command that would sleep for minutes is ended, and so is what begins in its place."""
    lanes = Lanes(2)
    ended: list[int] = []

    def sleep() -> None:
        try:
            inside(either, "import time; time.sleep(100)", stop=lanes.stop)
        except AbandonedError:
            ended.append(1)
            raise

    def fail() -> None:
        time.sleep(0.5)
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        lanes.all([fail, sleep, sleep], late=never)
    assert 1 <= len(ended) <= 2
    assert time.monotonic() - started < 60
    assert not lanes.stop.is_set(), "the next finding has the same lanes"


def test_what_goes_on_meanwhile_is_ended_where_it_is_of_no_use(either: Sandbox, inside: Callable[..., object]) -> None:
    """The evaluation of a change that its tests stop; the next one runs again. What is of use is waited for."""
    lanes = Lanes(2)
    done: list[str] = []

    def sleep() -> None:
        inside(either, "import time; time.sleep(100)", stop=lanes.stop)

    started = time.monotonic()
    assert lanes.meanwhile(lambda: "red", sleep, ends="red".__eq__) == "red"
    assert time.monotonic() - started < 60
    assert lanes.meanwhile(lambda: "green", partial(done.append, "evaluated"), ends="red".__eq__) == "green"
    assert done == ["evaluated"]
    assert not lanes.stop.is_set()
