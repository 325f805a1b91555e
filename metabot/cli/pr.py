"""`metabot pr …`: the pull requests where they live, and what people decide about them."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from metabot.cli.console import out, settings_at, stopwatch
from metabot.cli.pr_pages import list_json, list_lines, seen_lines, show_json, show_lines
from metabot.config import Settings
from metabot.errors import PublishError, SettingsError
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.narrowed_settings import narrowed_settings
from metabot.publish import deciding
from metabot.publish.deciding import About, Person
from metabot.publish.host import Host, HostedPull
from metabot.publish.hosts import host_of
from metabot.publish.identity import names_of
from metabot.publish.known import fingerprint
from metabot.publish.watch import watch
from metabot.target_repository import target_repository

Output = Literal["table", "json"]


class _Place(NamedTuple):
    settings: Settings
    host: Host
    ledger: Ledger


def show_list(*, output: Output, config: Path | None) -> None:
    at = _place(config)
    pulls = at.host.pulls()
    if output == "json":
        sys.stdout.buffer.write(list_json(at.host.name, pulls))
    else:
        out("\n".join(list_lines(at.host.name, pulls)))


def show(identity: str, *, output: Output, config: Path | None) -> None:
    at = _place(config)
    about = _about(identity, at)
    decisions = [one for one in at.ledger.decisions() if one.fingerprint == about.fingerprint]
    comments = () if about.pull is None else at.host.comments(about.pull.number)
    if output == "json":
        sys.stdout.buffer.write(show_json(about, decisions, comments))
    else:
        out("\n".join(show_lines(about, decisions, comments)))


def decline(identity: str, *, reason: str, config: Path | None) -> None:
    at = _place(config)
    about = _about(identity, at)
    if about.pull is not None and about.pull.state == "merged":
        raise SettingsError(f"#{about.pull.number} is merged already.\n  Revert the merge where it was made.")
    deciding.decline(at.host, about, reason, _person(at.ledger))
    closed = "" if about.pull is None else f"; #{about.pull.number} is closed"
    out(f"{about.fingerprint} is declined{closed}. Only metabot pr revive {about.fingerprint} brings it back.")


def revive(identity: str, *, reason: str, config: Path | None) -> None:
    at = _place(config)
    about = _about(identity, at)
    if about.pull is not None and about.pull.state != "closed":
        raise SettingsError(f"#{about.pull.number} is {about.pull.state}: there is nothing to bring back.")
    deciding.revive(about, reason, _person(at.ledger))
    out(f"{about.fingerprint} may be proposed again: the next pass opens it, if it is found and proved.")


def say_to_all(kind: Literal["pause", "resume"], *, reason: str, config: Path | None) -> None:
    at = settings_at(config)
    person = _person(Ledger(at.ledger.path))
    person.keep(Decision(fingerprint="", kind=kind, reason=reason, decided_by=person.name, decided_ns=person.now_ns))
    opens = "opens nothing until metabot pr resume" if kind == "pause" else "goes on, within its limits"
    out(f"metabot {opens}.")


def watch_once(*, config: Path | None) -> None:
    at, say = _place(config), stopwatch()
    seen = watch(at.host, narrowed_settings(at.settings, say), at.ledger, progress=say)
    out("\n".join(seen_lines(seen)))
    failed = sum(one.what == "failed" for one in seen)
    if failed:
        raise PublishError(f"{at.host.name}: {failed} could not be looked at, as said above.\n  Mend that; look again.")


def _place(config: Path | None) -> _Place:
    settings = settings_at(config)
    return _Place(settings, host_of(settings, target_repository(settings)), Ledger(settings.ledger.path))


def _person(ledger: Ledger) -> Person:
    return Person(name=getpass.getuser(), now_ns=time.time_ns(), keep=ledger.record_decision)


def _about(identity: str, at: _Place) -> About:
    """By a pull request's number, or the beginning of a finding's ID. Raises SettingsError: it is none, or several."""
    wanted = identity.strip().lower().removeprefix("#")
    pulls = [pull for pull in at.host.pulls() if names_of(pull)]
    by_number = next((pull for pull in pulls if str(pull.number) == wanted), None)
    if by_number is not None and (name := fingerprint(by_number)) is not None:
        return About(fingerprint=name, pull=by_number)
    named = {name for pull in pulls for name in names_of(pull) if wanted and name.startswith(wanted)}
    known = named | {entry.finding.fingerprint for entry in at.ledger.find(wanted) if wanted}
    if len(known) == 1:
        (name,) = known
        return About(fingerprint=name, pull=_newest(pulls, lambda pull: name in names_of(pull)))
    if known:
        listed = ", ".join(sorted(known))
        raise SettingsError(f"{identity} is the beginning of {len(known)} findings: {listed}.\n  Write more of it.")
    raise SettingsError(
        f"{identity}: {at.host.name} has no such pull request, and the ledger no finding that begins so.\n"
        "  metabot pr list shows the pull requests."
    )


def _newest(pulls: Sequence[HostedPull], mine: Callable[[HostedPull], bool]) -> HostedPull | None:
    return max(filter(mine, pulls), key=lambda pull: pull.number, default=None)
