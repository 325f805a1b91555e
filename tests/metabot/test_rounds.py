"""The conversation between the model and the verifier: how often, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from analyzers.finding import Fingerprint
from metabot.generate.model import Reply, Unanswered
from metabot.generate.proposal import Proposal
from metabot.generate.recipe import Base
from metabot.pipeline import best, conversed
from metabot.stopped import Reason, Stage, Stopped
from metabot.verify.measured import VerifiedProposal
from tests.authors import author, reply, shop
from tests.proposals import evaluated, verified

PROVED = verified()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return shop(tmp_path_factory.mktemp("target"))


def answers(count: int) -> list[Reply]:
    """So many different ones."""
    return [reply(new_test={"path": f"tests/test_{number}.py", "text": "assert True"}) for number in range(count)]


def stop(stage: Stage, reason: Reason) -> Stopped:
    return Stopped(finding=Fingerprint("0123456789ab"), stage=stage, reason=reason, detail=f"It is so: {reason}.")


RED, NO_GAIN, NO_SANDBOX = stop("sound", "head is red"), stop("better", "below threshold"), stop("sound", "no sandbox")


def talked(
    base: Base, replies: list[Reply | Unanswered], ends: list[VerifiedProposal | Stopped], *, rounds: int = 3
) -> tuple[VerifiedProposal | Stopped | Proposal, int, int]:
    """How it ended, how often the model was asked, and how often something was verified."""
    writer, ask = author(base, *replies)
    coming: Iterator[VerifiedProposal | Stopped] = iter(ends)
    tried: list[Proposal] = []

    def verify(proposal: Proposal) -> VerifiedProposal | Stopped:
        tried.append(proposal)
        return next(coming)

    end = conversed(writer, verify, rounds=rounds, progress=lambda _: None)
    return end, len(ask.told), len(tried)


@pytest.mark.parametrize(
    ("ends", "rounds", "expected", "asked"),
    [
        pytest.param([PROVED], 3, PROVED, 1, id="the first answer is good"),
        pytest.param([RED, PROVED], 3, PROVED, 2, id="the second is"),
        pytest.param([RED, NO_GAIN, RED], 3, RED, 3, id="none is, in all rounds"),
        pytest.param([RED], 1, RED, 1, id="there is but one round"),
        pytest.param([NO_SANDBOX], 3, NO_SANDBOX, 1, id="no answer would mend it"),
    ],
)
def test_it_goes_on_while_an_answer_may_mend_it(
    base: Base, ends: list[VerifiedProposal | Stopped], rounds: int, expected: object, asked: int
) -> None:
    """Until one is proved, the rounds are used up, or the stop is not the answer's fault."""
    assert talked(base, [*answers(asked)], ends, rounds=rounds) == (expected, asked, asked)


def test_the_same_answer_is_not_proved_twice(base: Base) -> None:
    """A model that goes round in circles costs one question more, and no run."""
    assert talked(base, [reply(), reply()], [RED]) == (RED, 2, 1)


def test_what_ends_a_conversation_tells_how_the_last_answer_ended(base: Base) -> None:
    """That the budget is spent says nothing about the change."""
    spent = Unanswered(reason="budget spent", detail="0.99 USD are spent.")
    end, asked, tried = talked(base, [*answers(1), spent], [RED])
    assert isinstance(end, Stopped)
    assert (end.stage, end.reason, asked, tried) == ("written", "budget spent", 2, 1)
    assert end.detail == "0.99 USD are spent.\n  The answer before was stopped at sound: head is red."


def test_an_answer_that_is_none_is_a_round_as_well(base: Base) -> None:
    """Nonsense without end ends with the rounds, and nothing is verified."""
    end, asked, tried = talked(base, [reply(edits=[])] * 3, [])
    assert isinstance(end, Stopped)
    assert (end.reason, asked, tried) == ("answer unusable", 3, 0)


def test_the_best_of_several_is_the_one_that_gains_most() -> None:
    """By its own figure; where none was proved, the last end stands."""
    runs = PROVED.measured.evaluations
    better = replace(PROVED, measured=replace(PROVED.measured, evaluations=(*runs[:2], evaluated("head", 300.0, 0))))
    assert best([RED, PROVED, better, NO_GAIN]) is better
    assert best([RED, better, PROVED]) is better
    assert best([RED, NO_GAIN]) is NO_GAIN
