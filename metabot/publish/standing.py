"""Where the findings stand, by what the host and the ledger hold: those that stay closed, and those that wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analyzers.finding import Fingerprint
from metabot.ledger.ledger import Entry
from metabot.ledger.people import Decision
from metabot.publish.host import HostedPull
from metabot.publish.known import fingerprint

_CURRENT: Final = 7 * 86_400 * 10**9  # a finding that was seen so long before the newest one is none any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that the dashboard tells. `paused` says why nothing is opened, where that is so."""

    pulls: Sequence[HostedPull]
    entries: Sequence[Entry]
    decisions: Sequence[Decision]
    paused: str | None = None


def declined(standing: Standing) -> dict[Fingerprint, tuple[HostedPull | None, Decision | None]]:
    """Findings that stay closed, each with its newest pull request and what was decided, newest first."""
    newest = {}
    for pull in sorted(standing.pulls, key=lambda pull: pull.number):
        if (name := fingerprint(pull)) is not None:
            newest[name] = pull
    decided = {
        Fingerprint(one.fingerprint): one for one in standing.decisions if one.kind in ("decline", "revive")
    }  # the last one of each
    found = {name: (newest.get(name), decided.get(name)) for name in {*newest, *decided} if name}
    closed = {name: one for name, one in found.items() if _stays_closed(*one)}
    return dict(sorted(closed.items(), key=lambda item: (-number(item[1][0]), item[0])))


def _stays_closed(pull: HostedPull | None, decision: Decision | None) -> bool:
    if pull is not None and pull.state != "closed":
        return False
    if decision is None:
        return pull is not None
    if decision.kind == "decline":
        return True
    return pull is not None and decision.decided_ns < (pull.ended_ns or pull.updated_ns)


def number(pull: HostedPull | None) -> int:
    return pull.number if pull is not None else 0


def current(standing: Standing, closed: Iterable[Fingerprint]) -> list[Entry]:
    """Findings of late that no pull request is for, the dearest first."""
    newest = max((entry.last_seen_ns for entry in standing.entries), default=0)
    away = {fingerprint(pull) for pull in standing.pulls if pull.state != "closed"} | set(closed)
    waiting = [
        entry for entry in standing.entries if entry.last_seen_ns > newest - _CURRENT and not entry.finding.names & away
    ]
    return sorted(waiting, key=lambda entry: (-_cost(entry), entry.finding.fingerprint))


def _cost(entry: Entry) -> float:
    candidate = entry.finding.candidate
    return (candidate.cost_usd_per_call or 0.0) * candidate.evidence.observed.n
