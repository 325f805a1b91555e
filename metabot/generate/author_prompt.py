"""The words that the model is told: the task, the finding and its figures, the code, and what stopped the last answer.

Figures are computed, names are checked ones, recorded text is quoted. Everything that somebody else wrote stands
between marks which that text cannot contain: they are made of its own hash. Secrets and personal data are taken out of
it all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from analyzers.registry import ANALYZERS
from metabot.config import Settings
from metabot.generate.author_context import Context
from metabot.generate.model import Message
from metabot.generate.screen import screened
from metabot.place.placement import Placed
from metabot.render import render
from metabot.stopped import Stopped

_QUOTED: Final = 300  # characters of one recorded text
_OUTPUT: Final = 3_000  # characters of what a program printed
_TAB_AND_LINE: Final = "\n\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One finding, as the model is told of it."""

    placed: Placed
    context: Context
    new_test: str  # a free path
    settings: Settings

    @property
    def mark(self) -> str:
        """The same for the same task, so that the same question is asked twice alike."""
        context = self.context
        shown = [self.placed.finding.fingerprint, *(piece.text for piece in (*context.code, *context.test))]
        return f"====={hashlib.sha256(chr(0).join(shown).encode()).hexdigest()[:12]}"

    def messages(self) -> tuple[Message, Message]:
        """The beginning of every conversation about it."""
        threshold = f"{self.settings.meta_layer.improvement_threshold:.0%}"
        system = render("prompts/author_system.md.j2", mark=self.mark, threshold=threshold)
        return Message(role="system", text=system), Message(role="user", text=screened(self._told()))

    def after(self, stopped: Stopped) -> Message:
        """What became of the last answer."""
        text = render(
            "prompts/author_round.md.j2",
            mark=self.mark,
            stage=stopped.stage,
            reason=stopped.reason,
            detail=_printable(stopped.detail)[-_OUTPUT:],
        )
        return Message(role="user", text=screened(text))

    def _told(self) -> str:
        finding = self.placed.finding
        candidate, evidence = finding.candidate, finding.candidate.evidence
        subject = candidate.subject
        return render(
            "prompts/author_task.md.j2",
            mark=self.mark,
            analyzer=candidate.analyzer,
            problem=candidate.problem,
            observed=f"{evidence.observed.value:g}",
            unit=evidence.observed.unit,
            n=evidence.observed.n,
            achievable=f"{evidence.achievable:g}",
            occurrences=evidence.occurrences,
            traces=candidate.traces,
            examined=candidate.traces_examined,
            subject=f"{subject.service}/{subject.operation}{f', {subject.detail}' if subject.detail else ''}",
            statuses=sorted(set(candidate.http_statuses)),
            tools=candidate.tools,
            consequences=[one.candidate.problem for one in finding.consequences],
            unknown=candidate.unknown,
            quotes=[quote.quoted(_QUOTED) for quote in candidate.quotes],
            page=_page(candidate.analyzer),
            locations=self.placed.locations,
            context=self.context,
            new_test=self.new_test,
            target=self.settings.target,
        )


def _page(analyzer: str) -> str:
    """The analyzer's own page without its settings; of an analyzer by dotted path there is none to trust."""
    known = ANALYZERS.get(analyzer)
    return "(no page)" if known is None else known.page.strip().partition("\nSettings:")[0].strip()


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable() or one in _TAB_AND_LINE)
