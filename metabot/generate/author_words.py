"""The words of an answer, as far as finding and change bear them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from metabot.generate.author_answer import Answer
from metabot.generate.claims import checked
from metabot.generate.proposal import Edit
from metabot.place.placement import Placed

_TITLE: Final = 72  # characters, as git and GitHub show them
_UNSUPPORTED: Final = 1 / 3  # of what is said; more of it, and the rest is not to be trusted either


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    title: str
    summary: str
    risks: tuple[str, ...]


def words(answer: Answer, placed: Placed, edits: Sequence[Edit]) -> Words | str:
    """What may be said of the change; or, where too much of it is made up, what."""
    told = f"{answer.summary.strip()}\n\n{answer.measure.strip()}".strip()
    paths = [answer.new_test.path]
    found = checked(told, placed=placed, edits=edits, paths=paths)
    if found.unsupported_share > _UNSUPPORTED or not found.text.strip():
        return (
            f"{found.unsupported_share:.0%} of what is said about the change is borne out neither by the finding nor "
            f"by the change itself ({len(found.dropped)} sentences; a third is the most). Say only what stands there."
        )
    risks = (checked(risk, placed=placed, edits=edits, paths=paths).text.strip() for risk in answer.risks)
    return Words(
        title=_title(answer.title, placed, edits),
        summary=found.text.strip(),
        risks=tuple(risk for risk in risks if risk),
    )


def _title(written: str, placed: Placed, edits: Sequence[Edit]) -> str:
    """The model's, on one line; where it is too long or not borne out, ours."""
    found = checked(" ".join(written.split()), placed=placed, edits=edits)
    title = found.text.strip().rstrip(".")
    if title and not found.dropped and len(title) < _TITLE:
        return title
    location = placed.locations[0]
    ours = f"Mend {placed.finding.candidate.analyzer} in {location.symbol or location.path}"
    return ours if len(ours) < _TITLE else f"Mend {placed.finding.candidate.analyzer}"
