"""The dashboard: one issue, or file, that is edited in place and says where every finding stands.

Its text is a function of what the host and the ledger hold, so that nothing changed is no edit. Where it says
`- [ ] revive <fingerprint>`, ticking brings a declined finding back; who may edit the text may tick.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from analyzers.finding import Fingerprint
from analyzers.untrusted import Name, Untrusted
from metabot.ledger.ledger import Entry
from metabot.ledger.people import Decision
from metabot.publish.ended import ended
from metabot.publish.figures import figure
from metabot.publish.host import LARGEST_TEXT, HostedPull
from metabot.publish.identity import block_in
from metabot.publish.known import fingerprint, inert
from metabot.publish.standing import Standing, current, declined, number
from metabot.render import render
from metabot.stopped import Reason

TITLE: Final = "metabot: where its findings stand"
_TICKED: Final = re.compile(r"^  - \[[xX]\] revive ([0-9a-f]{12})$", re.MULTILINE)
_ROWS: Final = (100, 40, 15, 5, 1, 0)  # of a section, the most that fits is taken
_REASON: Final = 200

Section = Literal["turn", "evidence", "listed"]
_EVIDENCE: Final[frozenset[Reason]] = frozenset({
    "budget spent", "model unavailable", "no sandbox", "setup failed", "base is red", "base is flaky", "flaky at head",
    "out of time", "out of memory", "out of disk", "not measured", "inconclusive", "not reproduced",
})  # fmt: skip
_TURN: Final[frozenset[Reason]] = frozenset({
    "report only", "switched off", "not onboarded", "in another pull request", "paused", "too many open",
    "enough for today", "outside the windows", "publishing failed",
})  # fmt: skip


class Found(NamedTuple):
    """A finding that has no pull request."""

    fingerprint: Fingerprint
    problem: str
    figure: str
    why: str


class Listed(NamedTuple):
    """A pull request."""

    number: int
    title: str
    fingerprint: Fingerprint
    detail: str
    reason: str = ""
    effect: str = ""


def text(standing: Standing) -> str:
    """In Markdown, at most as long as a host takes; where rows are left out it says how many."""
    for rows in _ROWS:
        shown = _text(standing, rows)
        if len(shown) <= LARGEST_TEXT:
            return shown
    raise ValueError("a dashboard without rows has a few lines")


def ticked(body: str) -> list[Fingerprint]:
    """The findings that somebody ticked to have them back. Only lines exactly as metabot writes them count."""
    return [Fingerprint(found) for found in dict.fromkeys(_TICKED.findall(body.replace("\r\n", "\n")))]


def _text(standing: Standing, rows: int) -> str:
    closed = declined(standing)
    entries = {entry.finding.fingerprint: entry for entry in standing.entries}
    waiting = current(standing, closed)
    by_section = {name: [_found(entry) for entry in waiting if _section(entry) == name] for name in _SECTIONS}
    return render(
        "pull_request/dashboard.md.j2",
        paused=standing.paused or "",
        open=[_open(pull) for pull in standing.pulls if pull.state == "open" and fingerprint(pull)],
        sections=[(*_SECTIONS[name], found[:rows], len(found)) for name, found in by_section.items() if found],
        declined=[_declined(name, *one, entries.get(name)) for name, one in list(closed.items())[:rows]],
        all_declined=len(closed),
        merged=(merged := [_merged(pull) for pull in standing.pulls if pull.state == "merged" and fingerprint(pull)])[
            :rows
        ],
        all_merged=len(merged),
    )


_SECTIONS: Final[dict[Section, tuple[str, str]]] = {
    "turn": ("Proved, waiting for their turn", ""),
    "evidence": ("Waiting for evidence", ""),
    "listed": ("Listed, not opened", ", for people to read: metabot opens nothing for them as they are"),
}


def _section(entry: Entry) -> Section:
    if entry.stop is None or entry.stop.reason in _EVIDENCE:
        return "evidence"
    return "turn" if entry.stop.reason in _TURN else "listed"


def _found(entry: Entry) -> Found:
    candidate = entry.finding.candidate
    observed = candidate.evidence.observed
    return Found(
        fingerprint=entry.finding.fingerprint,
        problem=f"{candidate.subject.service}/{candidate.subject.operation}: {candidate.problem}",
        figure=f"{figure(observed.value)} {observed.unit}, n = {observed.n:,}",
        why="seen, and not looked at further" if entry.stop is None else entry.stop.reason,
    )


def _open(pull: HostedPull) -> Listed:
    return _listed(pull, f"since {_day(pull.created_ns)}{_predicted(pull)}")


def _merged(pull: HostedPull) -> Listed:
    return _listed(pull, f"{_day(pull.ended_ns or pull.updated_ns)}{_predicted(pull)}")


def _listed(pull: HostedPull, detail: str) -> Listed:
    return Listed(pull.number, inert(pull.title), fingerprint(pull) or Fingerprint(""), detail)


def _predicted(pull: HostedPull) -> str:
    block = block_in(pull)
    return "" if block is None else f"; predicted {figure(block.observed)} → {figure(block.expected)} {block.unit}"


def _declined(name: Fingerprint, pull: HostedPull | None, decision: Decision | None, entry: Entry | None) -> Listed:
    why = ended(pull.body) if pull is not None else None
    said = decision if decision is not None and decision.kind == "decline" else None
    who = f" by {Name(said.decided_by)}" if said is not None and said.decided_by else ""
    words = {"expired": "expired without an answer", "outdated": "withdrawn: it proves no longer on its base"}
    return Listed(
        number=number(pull),
        title=inert(pull.title) if pull is not None else "a finding without a pull request",
        fingerprint=name,
        detail=f"closed{who}" if why is None or said is not None else words[why],
        reason=Untrusted(said.reason).quoted(_REASON) if said is not None and said.reason else "",
        effect=_effect(pull, entry),
    )


def _effect(pull: HostedPull | None, entry: Entry | None) -> str:
    """How the finding's figure has moved since it was proposed."""
    block = block_in(pull) if pull is not None else None
    if block is None or entry is None:
        return ""
    observed = entry.finding.candidate.evidence.observed
    if observed.unit != block.unit:
        return ""
    return f"{figure(block.observed)} then, {figure(observed.value)} now ({observed.unit})"


def _day(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d")
