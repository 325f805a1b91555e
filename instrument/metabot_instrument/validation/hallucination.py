"""A validator that holds what an agent is about to say against what its application knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.claims.check import Claim, Standing, checked
from metabot_instrument.validation.claims.knowledge import KnowledgeBase, knowledge
from metabot_instrument.validation.claims.prepared import Prepared
from metabot_instrument.validation.judge import Judge, NoJudgementError, judge_at
from metabot_instrument.validation.settled import listed, one_of, positive, share
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Verdict

CONTRADICTED: Final = "contradicted claim"
UNKNOWN: Final = "too many unknown claims"
TOO_LONG: Final = "too long to be checked"
NO_JUDGE: Final = "model judge unavailable"
_SHOWN: Final = 200  # characters of a claim in a question
_STANDINGS: Final[tuple[Standing, ...]] = ("supported", "contradicted", "unknown")
_TASK: Final = (
    "You compare a claim with facts that an application knows. Say supported if the facts say it, contradicted if they "
    "say otherwise, unknown if they say nothing about it. Know nothing but these facts:\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hallucination:
    """Checks the claims of an action's text against `knowledge`: a path of a JSON file, a mapping, a list, an object.

    `on_contradiction` rejects the action; or flags it: its arguments get `claims`, a list of each claim's text,
    standing and what it was held against; or asks for clarification: its text becomes a question that names the
    claim, too. The same is done where more than the share `unknown_allowed` of the claims is unknown. With
    `judge_url` a model is asked about unknown claims, `judge_most` of them; where it gives no answer they stay
    unknown, or `on_judge_failure = "reject"` rejects the action. Only actions of `kinds` are looked at, all where
    none are named.
    """

    knowledge: KnowledgeBase | Mapping[str, Any] | Iterable[Any] | str | Path
    priority: int = 40
    on_contradiction: Literal["reject", "flag", "clarify"] = "reject"
    unknown_allowed: float = 1.0
    kinds: tuple[str, ...] = ()
    longest: int = 100_000
    judge_url: str | None = None
    judge_model: str = ""
    judge_key_variable: str | None = None
    judge_seconds: float = 4.0
    judge_most: int = 5
    on_judge_failure: Literal["unknown", "reject"] = "unknown"
    name: str = "hallucination"
    _known: Prepared = field(init=False, repr=False, compare=False)
    _judge: Judge | None = field(init=False, repr=False, compare=False)

    reasons = frozenset({CONTRADICTED, UNKNOWN, TOO_LONG, NO_JUDGE})

    def __post_init__(self) -> None:
        one_of(self, "on_contradiction", ("reject", "flag", "clarify"))
        one_of(self, "on_judge_failure", ("unknown", "reject"))
        share(self, "unknown_allowed")
        positive(self, "longest", "judge_most", whole=True)
        positive(self, "judge_seconds")
        judge = judge_at(self.judge_url, self.judge_model, self.judge_key_variable, self.judge_seconds)
        object.__setattr__(self, "_known", Prepared(knowledge(self.knowledge)))
        object.__setattr__(self, "_judge", judge)
        object.__setattr__(self, "kinds", listed(self, "kinds"))

    @property
    def can_modify(self) -> bool:
        return self.on_contradiction != "reject"

    @property
    def quick(self) -> bool:
        return self._judge is None

    def validate(self, action: Action) -> Verdict:
        if self.kinds and action.kind not in self.kinds:
            return Approved()
        if len(action.text) > self.longest:
            return Rejected(TOO_LONG)
        claims = checked(action.text, self._known.fresh())
        try:
            claims = self._judged(claims)
        except NoJudgementError:
            if self.on_judge_failure == "reject":
                return Rejected(NO_JUDGE)
        return self._verdict(action, claims)

    def _verdict(self, action: Action, claims: list[Claim]) -> Verdict:
        reason = self._reason(claims)
        if not reason:
            return Approved()
        if self.on_contradiction == "reject":
            return Rejected(reason)
        told = {**action.arguments, "claims": [_told(claim) for claim in claims]}
        if self.on_contradiction == "flag":
            return Modified(replace(action, arguments=told), reason)
        question = _question(claims)
        return Modified(replace(action, text=question, arguments=told | {"clarification": question}), reason)

    def _reason(self, claims: list[Claim]) -> str:
        if any(claim.standing == "contradicted" for claim in claims):
            return CONTRADICTED
        unknown = sum(claim.standing == "unknown" for claim in claims)
        return UNKNOWN if claims and unknown / len(claims) > self.unknown_allowed else ""

    def _judged(self, claims: list[Claim]) -> list[Claim]:
        if self._judge is None:
            return claims
        unknown = [claim for claim in claims if claim.standing == "unknown"][: self.judge_most]
        told = {claim: self._asked(self._judge, claim) for claim in unknown}
        return [told.get(claim, claim) for claim in claims]

    def _asked(self, judge: Judge, claim: Claim) -> Claim:
        word = judge.word(_TASK + self._all(), claim.text, _STANDINGS)
        standing = next(each for each in _STANDINGS if each == word)
        return replace(claim, standing=standing, about="model judge")

    def _all(self) -> str:
        facts = (
            f"{fact.subject}: {fact.attribute}: {_values(fact.values, fact.unit)}" for fact in self._known.known.facts()
        )
        return "\n".join([*facts, *self._known.known.sentences()])[:20_000]


def _values(values: Iterable[object], unit: str) -> str:
    return " or ".join(f"{value} {unit}".strip() for value in values)


def _told(claim: Claim) -> dict[str, str]:
    return {"text": claim.text, "standing": claim.standing, "about": claim.about}


def _question(claims: Iterable[Claim]) -> str:
    """Names the first claim that is contradicted, else the first that is unknown."""
    worst = min(claims, key=lambda claim: ("contradicted", "unknown", "supported").index(claim.standing))
    said = " ".join(worst.text.split())
    shown = said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"
    return f"I am not sure that this is right: “{shown}” Could you confirm or correct it?"
