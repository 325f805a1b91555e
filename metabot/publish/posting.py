"""Reads what people did with the dashboard, and keeps its text up to date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabot.config import Settings
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.publish import dashboard, limits
from metabot.publish.dashboard import Standing
from metabot.publish.host import Host, HostedPull
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


def posted(host: Host, settings: Settings, ledger: Ledger, *, closed_to: str | None = None) -> bool:
    """Whether the dashboard said something else and was written. `closed_to` is why nothing is opened, if so."""
    pulls, decisions = host.pulls(), ledger.decisions()
    paused = limits.paused(pulls, decisions, settings.publish)
    standing = Standing(
        pulls=pulls,
        entries=ledger.find(""),
        decisions=decisions,
        paused=closed_to or _off(settings) or (paused and paused[1]),
    )
    there, text = host.dashboard(), dashboard.text(standing)
    if there is not None and there.body.replace("\r\n", "\n").strip() == text.strip():
        return False
    host.write_dashboard(dashboard.TITLE, text)
    return True


def _off(settings: Settings) -> str | None:
    return None if settings.meta_layer.pr_generation_enabled else "the settings say `pr_generation_enabled = false`."
