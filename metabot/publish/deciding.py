"""What a person decides at the command line about a finding: written down, and done where the pull request lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from analyzers.finding import Fingerprint
from analyzers.untrusted import Untrusted
from metabot.ledger.people import Decision
from metabot.publish.host import Host, HostedPull
from metabot.publish.remarks import DECLINED, signed

_REASON: Final = 500  # characters of a reason that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A finding, and its newest pull request if it has one."""

    fingerprint: Fingerprint
    pull: HostedPull | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who decides, and when; `keep` writes it into the ledger."""

    name: str
    now_ns: int
    keep: Callable[[Decision], None]


def decline(host: Host, about: About, reason: str, by: Person) -> None:
    """Closes what is open for it, with the reason in a comment. It stays closed until it is revived."""
    _decided(about, "decline", reason, by)
    if about.pull is not None and about.pull.state == "open":
        said = f"{Untrusted(by.name).quoted()} declined this: {Untrusted(reason).quoted(_REASON)}.\n\n{DECLINED}"
        host.say(about.pull.number, "declined", signed(said))
        host.close(about.pull.number)


def revive(about: About, reason: str, by: Person) -> None:
    """The next pass may open it again."""
    _decided(about, "revive", reason, by)


def _decided(about: About, kind: Literal["decline", "revive"], reason: str, by: Person) -> None:
    number = None if about.pull is None else about.pull.number
    by.keep(
        Decision(
            fingerprint=about.fingerprint,
            kind=kind,
            reason=reason,
            decided_by=by.name,
            decided_ns=by.now_ns,
            number=number,
        )
    )
