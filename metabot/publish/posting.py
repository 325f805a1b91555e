"""Reads what people did with the dashboard, and keeps its text up to date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabot.config import Settings
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.publish import dashboard, limits, onboarding
from metabot.publish.dashboard import Standing
from metabot.publish.host import Host, HostedPull
from metabot.publish.kill_switch import thrown
from metabot.publish.obey import obey
from metabot.publish.watching import DASHBOARD, Seen, Watching


def attended(at: Watching, pulls: Sequence[HostedPull]) -> Iterator[Seen]:
    """Commands in its comments, and ticks: only who may write can edit the text of an issue that is not theirs."""
    there = at.host.dashboard()
    if there is None:
        return
    yield from obey(at, there.number, at.host.comments(there.number))
    closed = dashboard.declined(Standing(pulls=pulls, entries=(), decisions=at.decisions))
    for fingerprint in dashboard.ticked(there.body):
        if fingerprint in closed:
            at.record(
                Decision(
                    fingerprint=fingerprint,
                    kind="revive",
                    reason="ticked on the dashboard",
                    decided_by="",
                    decided_ns=at.now_ns,
                )
            )
            yield Seen(DASHBOARD, "revived", fingerprint)


def posted(host: Host, settings: Settings, ledger: Ledger) -> bool:
    """Whether the dashboard said something else and was written, which it is not while the kill switch is thrown."""
    if not settings.publish.dashboard or thrown(host) is not None:
        return False
    pulls, decisions = host.pulls(), ledger.decisions()
    standing = Standing(
        pulls=pulls, entries=ledger.find(""), decisions=decisions, paused=_closed(pulls, decisions, settings)
    )
    there, text = host.dashboard(), dashboard.text(standing)
    if there is not None and there.body.replace("\r\n", "\n").strip() == text.strip():
        return False
    host.write_dashboard(dashboard.TITLE, text)
    return True


def _closed(pulls: Sequence[HostedPull], decisions: Sequence[Decision], settings: Settings) -> str | None:
    """Why nothing is opened, in words."""
    if not settings.meta_layer.pr_generation_enabled:
        return "the settings say `pr_generation_enabled = false`."
    how_far = onboarding.introduced(pulls, settings, has_file=False)
    introduction = None if how_far == "not yet" else onboarding.refusal(how_far)
    refusal = introduction or limits.paused(pulls, decisions, settings.publish)
    return None if refusal is None else refusal[1]
