"""The model as an author: a conversation about one placed finding, in which each answer is a change or no change.

It decides nothing. What an answer says is read strictly, its edits must apply exactly, its words are checked against
the finding and the change; what is left is a proposal like any other, for the verifier to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from metabot.config import Settings
from metabot.generate.author_answer import Answer, read
from metabot.generate.author_context import context
from metabot.generate.author_edits import applied, new_test
from metabot.generate.author_prompt import Task
from metabot.generate.author_prompt_change import may_change_prompt
from metabot.generate.author_words import Words, words
from metabot.generate.model import Message, Reply, Unanswered
from metabot.generate.proposal import Edit, NewTest, Prediction, Proposal
from metabot.generate.recipe import Base
from metabot.place.placement import Placed
from metabot.stopped import Reason, Stage, Stopped

Ask = Callable[[Sequence[Message]], Reply | Unanswered]

_REPEATED: Final = 60_000  # characters of an answer that it is shown again

MENDABLE: Final[frozenset[Reason]] = frozenset(
    {
        "answer unusable", "unsupported claims",
        "does not apply", "protected path", "too large", "forbidden change",
        "head is red", "flaky at head", "fewer tests",
        "new test passes on base", "new test runs nothing", "new test fails on head",
        "below threshold", "guardrail worsened", "answer quality fell",
    }
)  # fmt: skip
"""Reasons that another answer may do away with. The others are about the repository, the machine or the money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Whose answers they are."""

    name: str
    scripted: bool  # a script answers in place of a model


class Author:
    """Hears what stopped its last answer, and answers again."""

    def __init__(self, task: Task, base: Base, ask: Ask, signature: Signature) -> None:
        self._task, self._base, self._ask, self._signature = task, base, ask, signature
        self._said: list[Message] = list(task.messages())

    @property
    def name(self) -> str:
        return self._signature.name

    @classmethod
    def of(cls, placed: Placed, base: Base, settings: Settings, ask: Ask, signature: Signature) -> Author | Stopped:
        """Nobody is asked yet. Stopped: the change could not be tested."""
        around = context(placed, base)
        if around.new_test is None:
            what = "The repository has no tests, beside which that of a change could stand. Write the first by hand."
            return _stopped(placed, "written", "no recipe and no model", what)
        task = Task(placed=placed, context=around, new_test=around.new_test, settings=settings)
        return cls(task, base, ask, signature)

    def propose(self) -> Proposal | Stopped:
        """The next answer."""
        reply = self._ask(tuple(self._said))
        if isinstance(reply, Unanswered):
            return self._stop("written", reply.reason, reply.detail)
        self._said.append(Message(role="assistant", text=reply.text[:_REPEATED]))
        answer = read(reply.text)
        if isinstance(answer, str):
            cut = " It was cut at max_tokens." if reply.finish_reason == "length" else ""
            return self._unusable(f"{answer}.{cut}")
        return self._proposal(answer)

    def hear(self, stopped: Stopped) -> None:
        """What became of the last answer."""
        if self._said[-1].role == "assistant":
            self._said.append(self._task.after(stopped))

    def _proposal(self, answer: Answer) -> Proposal | Stopped:
        edits, test = applied(answer, self._base), new_test(answer)
        prediction = self._prediction(answer)
        if isinstance(edits, str) or isinstance(test, str):
            fault = edits if isinstance(edits, str) else test
            return self._stop("applied", "does not apply", f"The answer of {self._signature.name}: {fault}.")
        if isinstance(prediction, str):
            return self._unusable(prediction)
        said = words(answer, self._task.placed, edits)
        if isinstance(said, str):
            return self._stop("written", "unsupported claims", said)
        return self._made(edits, test, prediction, said)

    def _made(self, edits: tuple[Edit, ...], test: NewTest, prediction: Prediction, said: Words) -> Proposal:
        placed = self._task.placed
        return Proposal(
            placed=placed,
            author="model",
            recipe=self._signature.name,
            title=said.title,
            summary=said.summary,
            edits=edits,
            new_test=test,
            prediction=prediction,
            changes_prompt=may_change_prompt(placed, edits),
            risks=said.risks,
            scripted=self._signature.scripted,
        )

    def _prediction(self, answer: Answer) -> Prediction | str:
        """The model's own, if it lies between what was observed and what can be reached."""
        waste = self._task.placed.finding.candidate.evidence
        observed, least = waste.observed.value, min(waste.achievable, waste.observed.value)
        if not least <= answer.prediction <= observed:
            return (
                f"its prediction {answer.prediction:g} is not between {least:g} and {observed:g}, the observed figure."
            )
        return Prediction(unit=waste.observed.unit, observed=observed, expected=answer.prediction)

    def _unusable(self, why: str) -> Stopped:
        return self._stop("written", "answer unusable", f"The answer of {self._signature.name} cannot be used: {why}")

    def _stop(self, stage: Stage, reason: Reason, detail: str) -> Stopped:
        return _stopped(self._task.placed, stage, reason, detail)


def _stopped(placed: Placed, stage: Stage, reason: Reason, detail: str) -> Stopped:
    return Stopped(finding=placed.finding.fingerprint, stage=stage, reason=reason, detail=detail)
