"""Reads what people did with the dashboard, and keeps its text up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from metabot.config import Settings
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.publish import dashboard, limits, onboarding
from metabot.publish.host import Dashboard, Host, HostedPull
from metabot.publish.kill_switch import thrown
from metabot.publish.obey import obey
from metabot.publish.standing import Standing, declined
from metabot.publish.watching import DASHBOARD, Seen, Watching


def attended(at: Watching, pulls: Sequence[HostedPull]) -> Iterator[Seen]:
    """Commands in its comments, and ticks: only who may write can edit the text of an issue that is not theirs."""
    there = at.host.dashboard()
    if there is not None:
        yield from obey(at, there.number, at.host.comments(there.number))
        yield from (
            Seen(DASHBOARD, "revived", one) for one in _revived(there, pulls, at.decisions, at.record, at.now_ns)
        )


def posted(host: Host, settings: Settings, ledger: Ledger, *, clock: Callable[[], int] = time.time_ns) -> bool:
    """Whether the dashboard said something else and was written, which it is not while the kill switch is thrown.

    Ticks that nobody looked at yet are taken over before they are written over.
    """
    if not settings.publish.dashboard or thrown(host) is not None:
        return False
    pulls = host.pulls()
    there = host.dashboard()
    if there is not None:
        _revived(there, pulls, ledger.decisions(), ledger.record_decision, clock())
    decisions = ledger.decisions()
    standing = Standing(
        pulls=pulls, entries=ledger.find(""), decisions=decisions, paused=_closed(pulls, decisions, settings)
    )
    text = dashboard.text(standing)
    if there is not None and there.body.replace("\r\n", "\n").strip() == text.strip():
        return False
    host.write_dashboard(dashboard.TITLE, text)
    return True


def _revived(
    there: Dashboard,
    pulls: Sequence[HostedPull],
    decisions: Sequence[Decision],
    keep: Callable[[Decision], None],
    now_ns: int,
) -> Sequence[str]:
    """The declined findings that are ticked, each kept as a decision."""
    closed = declined(Standing(pulls=pulls, entries=(), decisions=decisions))
    ticked = [fingerprint for fingerprint in dashboard.ticked(there.body) if fingerprint in closed]
    for fingerprint in ticked:
        reason = "ticked on the dashboard"
        keep(Decision(fingerprint=fingerprint, kind="revive", reason=reason, decided_by="", decided_ns=now_ns))
    return ticked


def _closed(pulls: Sequence[HostedPull], decisions: Sequence[Decision], settings: Settings) -> str | None:
    """Why nothing is opened, in words."""
    if not settings.meta_layer.pr_generation_enabled:
        return "the settings say `pr_generation_enabled = false`."
    how_far = onboarding.introduced(pulls, settings, has_file=False)
    introduction = None if how_far == "not yet" else onboarding.refusal(how_far)
    refusal = introduction or limits.paused(pulls, decisions, settings.publish)
    return None if refusal is None else refusal[1]
