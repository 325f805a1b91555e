"""What one look at people's doings has at hand, and what it reports."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from metabot.config import Settings
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.publish.host import Comment, Host, HostedPull

DASHBOARD: Final = 0  # in place of a number
DAY: Final = 86_400 * 10**9

What = Literal[
    "merged",
    "closed",
    "declined",
    "reopened",
    "paused",
    "resumed",
    "revived",
    "unknown command",
    "branch deleted",
    "hands off",
    "checks fail",
    "expired",
    "dashboard written",
    "failed",
]


class Seen(NamedTuple):
    number: int
    what: What
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    host: Host
    settings: Settings
    ledger: Ledger
    now_ns: int
    acts: bool = True  # False: the kill switch is thrown, and nothing is written where people work
    _decisions: list[Decision] = field(default_factory=list)
    _writers: dict[str, bool] = field(default_factory=dict)

    def may_write(self, login: str) -> bool:
        """Asked of the host once in a look."""
        if login not in self._writers:
            self._writers[login] = self.host.may_write(login)
        return self._writers[login]

    @property
    def decisions(self) -> list[Decision]:
        """In order. Read from the ledger once in a look, which is the only one to add any meanwhile."""
        if not self._decisions:
            self._decisions.extend(self.ledger.decisions())
        return self._decisions

    def record(self, decision: Decision) -> None:
        """Once, in its place among the others."""
        if decision not in self.decisions:
            self.ledger.record_decision(decision)
            insort(self._decisions, decision, key=lambda one: one.decided_ns)

    def decide(self, pull: HostedPull, fingerprint: str, kind: Literal["decline", "revive"], reason: str) -> None:
        """What somebody did, who is not told, since the last look."""
        self.record(
            Decision(
                fingerprint=fingerprint,
                kind=kind,
                reason=reason,
                decided_by="",
                decided_ns=self.now_ns,
                number=pull.number,
            )
        )

    def decided(self, fingerprint: str) -> Decision | None:
        """The decline or the revival that holds for a finding."""
        told = (one for one in reversed(self.decisions) if one.fingerprint == fingerprint)
        return next((one for one in told if one.kind in ("decline", "revive")), None)

    def declined(self, fingerprint: str) -> bool:
        decision = self.decided(fingerprint)
        return decision is not None and decision.kind == "decline"


def said(comments: Sequence[Comment], key: str) -> bool:
    """Whether metabot said this already."""
    return any(comment.own and comment.key == key for comment in comments)
