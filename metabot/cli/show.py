"""`metabot show ID`: everything kept about one finding, drawn as far as it can be, and what came of it."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from analyzers.finding import Finding
from metabot.cli.console import out, settings_or_defaults, wrapped
from metabot.cli.drawing import terminal
from metabot.cli.findings import APART, also, costs, in_all, inexact, seen_in, times
from metabot.cli.parted_text import parted_lines
from metabot.cli.pictures import draw_picture
from metabot.cli.proposal_list import ended
from metabot.config import Settings
from metabot.errors import SettingsError
from metabot.ledger.ledger import Ledger
from metabot.ledger.proposals import ProposalEntry
from metabot.picture.picture import Picture
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped


def show(identity: str, *, traces: int, text: bool, config: Path | None) -> None:
    settings = settings_or_defaults(config, state=platformdirs.user_state_path("metabot"))
    found = Ledger(settings.ledger.path).find(identity)
    if not found:
        raise SettingsError(
            f"{identity}: {settings.ledger.path} knows no finding or proposal that begins so.\n"
            "  Take an ID from what metabot analyze or metabot run printed."
        )
    if len(found) > 1:
        listed = ", ".join(sorted(entry.finding.fingerprint for entry in found))
        raise SettingsError(f"{identity} is the beginning of {len(found)} fingerprints: {listed}.\n  Write more of it.")
    entry = found[0]
    out("\n".join(finding_page(entry.finding)))
    draw_picture(terminal(), entry.finding.candidate, entry.picture, traces=traces)
    if text:
        out()
        out("\n".join(_text(settings, entry.picture)))
    for kept in (entry.stop, *entry.proposals, entry.pull_request):
        if kept is not None:
            out()
            out("\n".join(_kept(kept)))


def _text(settings: Settings, picture: Picture | None) -> list[str]:
    if picture is None or picture.parting is None:
        return ["no text: nothing was kept of two prompts"]
    return parted_lines(settings, picture.parting)


def finding_page(finding: Finding) -> list[str]:
    candidate = finding.candidate
    subject = candidate.subject
    observed = candidate.evidence.observed
    seen, how = candidate.evidence.occurrences, inexact(candidate)
    rows = {
        "finding": f"{finding.fingerprint}  {candidate.analyzer}, rule version {candidate.rule_version}",
        "service": subject.service,
        "operation": subject.operation,
        "detail": subject.detail or "",
        "problem": candidate.problem,
        "observed": f"{observed.value:,.4g} {observed.unit} over n = {observed.n:,}{f', {how}' if how else ''}",
        "achievable": f"{candidate.evidence.achievable:,.4g} {observed.unit}",
        "seen": f"{seen:,} times in {candidate.traces:,} of {candidate.traces_examined:,} {seen_in(candidate)}s",
        "from": times(candidate),
        "cost": "; ".join(costs(candidate, finding.cost_usd_per_month)),
        "in all": in_all(finding),
        "only": "" if finding.production else APART,
        "because": candidate.cost_unknown or "",
        "not known": "; ".join(candidate.unknown),
        "exemplars": ", ".join(f"{one.trace_id}:{one.span_id}" for one in candidate.exemplars),
        "says": " | ".join(quote.quoted() for quote in candidate.quotes),
    }
    told = [(name, text) for name, text in rows.items() if text]
    told += [("also", f"{also(one)}: {one.candidate.problem}") for one in finding.consequences]
    return [line for name, text in told for line in _row(name, text)]


def _kept(kept: Stopped | ProposalEntry | PullRequest) -> list[str]:
    match kept:
        case Stopped():
            head = _row("stopped", f"at {kept.stage}: {kept.reason}")
            return head + [line for part in kept.detail.splitlines() for line in _row("", part.strip())]
        case PullRequest():
            return [
                *_row("pull request", f"#{kept.number} {kept.title} ({kept.state}{', draft' if kept.draft else ''})"),
                *_row("branch", kept.branch),
                *_row("text", kept.where),
            ]
        case ProposalEntry():
            return [
                *_row("proposal", f"{kept.title} (by {kept.author} {kept.recipe}): {ended(kept)}"),
                *_row("", f"metabot proposal show {kept.id} tells all about it"),
            ]


def _row(name: str, text: str) -> list[str]:
    return wrapped(text, first=f"{name:<13} ", indent=" " * 14)
