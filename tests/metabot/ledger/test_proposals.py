"""What the ledger tells of proposals and of where findings ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metabot.funnel import End
from metabot.generate.proposal import NewTest, Proposal
from metabot.ledger.ledger import Ledger
from metabot.ledger.proposals import Opened
from metabot.stopped import Reason, Stage, Stopped
from tests.metabot.ledger.test_ledger import pull_request
from tests.proposals import FINGERPRINT, finding, proposal
from tests.tried import tried

RED: tuple[Stage, Reason] = ("sound", "head is red")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def stop(stage: Stage, reason: Reason) -> Stopped:
    return Stopped(finding=FINGERPRINT, stage=stage, reason=reason, detail="")


def another() -> Proposal:
    return replace(proposal(finding(), "a" * 40), new_test=NewTest(path="tests/test_other.py", text=""))


def test_a_proposal_that_stops_again_is_kept_once(ledger: Ledger) -> None:
    """The newest trial, and how often it was tried; another proposal of the finding stands beside it, newest first."""
    for _ in range(3):
        ledger.record_tried(ledger.begin_pass(), tried(stop=RED))
    ledger.record_tried(ledger.begin_pass(), tried(another(), stop=("applied", "too large")))
    newer, older = ledger.proposals()
    assert (older.times, older.stop, newer.times, newer.stop) == (3, RED, 1, ("applied", "too large"))
    assert ledger.tried(older) == tried(stop=RED)


def test_a_trial_that_was_better_stays(ledger: Ledger) -> None:
    """What a pull request stands on is there after the same proposal was stopped once more."""
    ledger.record_tried(ledger.begin_pass(), tried())
    ledger.record_pull_request(1, pull_request())
    ledger.record_tried(ledger.begin_pass(), tried(stop=RED))
    (entry,) = ledger.proposals()
    assert (entry.times, entry.stop, entry.opened) == (2, RED, Opened(1, "open"))
    ledger.record_tried(ledger.begin_pass(), tried())
    (entry,) = ledger.proposals()
    assert (entry.times, entry.stop, entry.opened) == (3, None, Opened(1, "open"))


def test_a_proposal_that_was_not_opened_says_why(ledger: Ledger) -> None:
    """It was better, and the stop of the same pass at the last step is how it ended; one of another pass is not."""
    ledger.record_tried(ledger.begin_pass(), tried())
    ledger.record_stop(1, stop("opened", "too many open"))
    assert ledger.proposals()[0].stop == ("opened", "too many open")
    ledger.record_tried(ledger.begin_pass(), tried())
    assert ledger.proposals()[0].stop is None


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        pytest.param([], End("found", None), id="analyzed and nothing more"),
        pytest.param([stop("placed", "not found")], End("found", "not found"), id="not placed"),
        pytest.param([tried(stop=RED), stop(*RED)], End("applied", "head is red"), id="stopped by a test"),
        pytest.param([stop("placed", "not found"), tried()], End("better", None), id="only shown, a later pass"),
        pytest.param([tried(), stop("opened", "too many open")], End("better", "too many open"), id="not opened"),
        pytest.param([tried(), pull_request()], End("opened", None), id="opened"),
        pytest.param(
            [pull_request(), stop("opened", "already open")], End("opened", None), id="opened in an earlier pass"
        ),
        pytest.param([pull_request(), tried(stop=RED), stop(*RED)], End("opened", None), id="tried again, still open"),
    ],
)
def test_a_finding_ends_once(ledger: Ledger, steps: list[object], end: End) -> None:
    """By the latest that is known of it; a pull request is where it ended, whatever was tried since."""
    number = ledger.begin_pass()
    ledger.record_findings(number, [finding()])
    for step in steps:
        record(ledger, number, step)
        number = number if ends_together(step) else ledger.begin_pass()
    assert ledger.ends() == [end]


def ends_together(step: object) -> bool:
    """A trial and what came of it belong to one pass."""
    return not isinstance(step, Stopped)


def record(ledger: Ledger, number: int, step: object) -> None:
    match step:
        case Stopped():
            ledger.record_stop(number, step)
        case _ if step == pull_request():
            ledger.record_pull_request(number, pull_request())
        case _:
            ledger.record_tried(number, step)  # type: ignore[arg-type]  # the third kind of step
