"""`metabot proposal list|show|verify`: what was proposed, how it was tried, and whether that still says the same."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from metabot.cli.console import out, settings_at
from metabot.cli.proposal_json import list_json, show_json
from metabot.cli.proposal_list import list_lines
from metabot.cli.proposal_page import page_lines
from metabot.cli.proposal_verify import again_lines, agree, judged_again, rerun_lines, tried_again
from metabot.errors import SettingsError
from metabot.funnel import funnel
from metabot.ledger.ledger import Ledger
from metabot.ledger.proposals import ProposalEntry
from metabot.publish.figures import Labels

DISAGREES: Final = 4  # the exit code where a verdict does not hold

_NEAR: Final = 3  # IDs that an error names


def list_proposals(*, output: Literal["table", "json"], config: Path | None) -> None:
    ledger = Ledger(settings_at(config).ledger.path)
    steps, entries = funnel(ledger.ends()), ledger.proposals()
    if output == "json":
        sys.stdout.buffer.write(list_json(steps, entries))
    else:
        out("\n".join(list_lines(steps, entries)))


def show(identity: str, *, output: Literal["table", "json"], tails: bool, config: Path | None) -> None:
    settings = settings_at(config)
    ledger = Ledger(settings.ledger.path)
    entry = chosen(identity, ledger.proposals(), settings.ledger.path)
    tried = ledger.tried(entry)
    labels = Labels.of_target(settings.target).of_change(tried.proposal)
    if output == "json":
        sys.stdout.buffer.write(show_json(entry, tried, labels, output=tails))
    else:
        out("\n".join(page_lines(entry, tried, labels, output=tails)))


def verify(identity: str, *, rerun: bool, config: Path | None) -> None:
    settings = settings_at(config)
    ledger = Ledger(settings.ledger.path)
    entry = chosen(identity, ledger.proposals(), settings.ledger.path)
    tried = ledger.tried(entry)
    labels = Labels.of_target(settings.target).of_change(tried.proposal)
    judged = judged_again(tried, settings)
    holds = judged is None or agree(judged.end, tried.end)
    out("\n".join(again_lines(entry, tried, judged, labels)))
    if rerun:
        again = tried_again(tried, settings)
        holds = holds and agree(again.end, tried.end)
        out("\n".join(["", *rerun_lines(tried, again, labels)]))
    sys.exit(0 if holds else DISAGREES)


def chosen(identity: str, entries: Sequence[ProposalEntry], ledger: Path) -> ProposalEntry:
    """The one whose ID begins so. Raises SettingsError, naming what is near, where it is none or several."""
    wanted = identity.strip().lower()
    found = [entry for entry in entries if entry.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(sorted(entry.id for entry in found))
        raise SettingsError(
            f"{identity} is the beginning of {len(found)} proposals' IDs: {listed}.\n  Write more of it."
        )
    of_finding = [entry.id for entry in entries if wanted and entry.fingerprint.startswith(wanted)]
    if of_finding:
        message = f"{identity} is a finding and no proposal: {', '.join(of_finding)} was written for it."
        raise SettingsError(f"{message}\n  Take that ID, or metabot show {identity}.")
    raise SettingsError(f"{identity}: {ledger} knows no proposal that begins so.\n  {_near(wanted, entries)}")


def _near(wanted: str, entries: Sequence[ProposalEntry]) -> str:
    if not entries:
        return "There is none yet: metabot run writes them."
    near = difflib.get_close_matches(wanted, [entry.id for entry in entries], n=_NEAR, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}? metabot proposal list shows all."
    newest = ", ".join(entry.id for entry in entries[:_NEAR])
    return f"The newest are {newest}; metabot proposal list shows all."
