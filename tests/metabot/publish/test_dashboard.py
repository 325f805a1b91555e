"""What the dashboard says, and who brings back what with it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Finding, Metric, Subject
from analyzers.untrusted import Name
from metabot import config
from metabot.ledger.ledger import Entry, Ledger
from metabot.ledger.people import Decision
from metabot.publish.dashboard import text, ticked
from metabot.publish.ended import marked
from metabot.publish.host import LARGEST_TEXT, HostedPull
from metabot.publish.posting import posted
from metabot.publish.standing import Standing
from metabot.publish.watch import watch
from metabot.publish.watching import Seen
from metabot.stopped import Stopped
from tests.memory_host import DAY, NOW, MemoryHost
from tests.proposals import finding

SEVEN = f"{7:012x}"


def pull(number: int, **changes: Any) -> HostedPull:
    return MemoryHost().add(number, **changes)


def closed(number: int, **changes: Any) -> HostedPull:
    return pull(number, state="closed", ended_ns=NOW + 5, **changes)


def entry(number: int, stage: Any = "placed", reason: Any = "public source", found: Finding | None = None) -> Entry:
    found = found or finding(f"{number:012x}")
    stop = Stopped(finding=found.fingerprint, stage=stage, reason=reason, detail="d")
    return Entry(
        finding=found,
        first_seen_ns=NOW,
        last_seen_ns=NOW,
        passes=1,
        stop=stop,
        proposals=(),
        pull_request=None,
        picture=None,
    )


def decision(kind: Any = "decline", reason: str = "too risky", **changes: Any) -> Decision:
    known: dict[str, Any] = {"fingerprint": SEVEN, "decided_by": "ada", "decided_ns": NOW + 9, "number": 7}
    return Decision(kind=kind, reason=reason, **(known | changes))


def shown(
    *pulls: HostedPull, entries: tuple[Entry, ...] = (), decisions: tuple[Decision, ...] = (), paused: str | None = None
) -> str:
    return text(Standing(pulls=pulls, entries=entries, decisions=decisions, paused=paused))


def test_without_anything() -> None:
    """It says so, and what it is."""
    assert "metabot, a bot, looks at telemetry" in shown()
    assert "## Open\n\nNone.\n" in shown()
    assert "## Declined" not in shown()


def test_lists_what_is_open_and_merged() -> None:
    """With the day and the prediction."""
    said = shown(pull(8), pull(7, state="merged", ended_ns=NOW + DAY))
    assert "- #8 Change 8 (`000000000008`), since 2026-11-18; predicted 3 → 1 calls per trace\n" in said
    assert "## Merged\n\n- #7 Change 7 (`000000000007`), 2026-11-19; predicted 3 → 1 calls per trace\n" in said


@pytest.mark.parametrize(
    ("stage", "reason", "heading"),
    [
        ("opened", "too many open", "Proved, waiting for their turn"),
        ("opened", "outside the windows", "Proved, waiting for their turn"),
        ("better", "inconclusive", "Waiting for evidence"),
        ("sound", "base is flaky", "Waiting for evidence"),
        ("placed", "public source", "Listed, not opened"),
        ("placed", "not found", "Listed, not opened"),
        ("better", "answer quality not checked", "Listed, not opened"),
        ("better", "below threshold", "Listed, not opened"),
    ],
)
def test_a_finding_stands_under_why_it_is_not_open(stage: str, reason: str, heading: str) -> None:
    """With its figure and the reason."""
    said = shown(entries=(entry(1, stage, reason),))
    line = (
        "- `000000000001` desk/chat: 1,900 of 2,000 input tokens are paid in full; 1,900 uncached input tokens per call"
    )
    assert f"{line}, n = 40. *{reason}*\n" in said[said.index(f"## {heading}") :]


def test_a_finding_with_a_pull_request_stands_there_alone() -> None:
    """Whichever of the names of its cause that one bears; and a finding that is gone stands nowhere."""
    gone = replace(entry(3), last_seen_ns=NOW - 8 * DAY)
    said = shown(pull(1), closed(2), entries=(entry(1), entry(2), gone, entry(4)))
    assert re.findall(r"`([0-9a-f]{12})` desk", said) == ["000000000004"]


def test_what_was_declined_can_be_ticked() -> None:
    """With who, why and how its figure has moved since."""
    grown = finding(SEVEN)
    waste = replace(grown.candidate.evidence, observed=Metric(value=5.0, unit="calls per trace", n=9))
    grown = replace(grown, candidate=replace(grown.candidate, evidence=waste))
    said = shown(closed(7), entries=(entry(7, found=grown),), decisions=(decision(),))
    row = "- #7 Change 7 (`000000000007`), closed by ada: “too risky”. Its figure: 3 then, 5 now (calls per trace)\n"
    assert f"{row}  - [ ] revive 000000000007\n" in said
    assert ticked(said) == []
    assert ticked(said.replace("[ ]", "[x]")) == [SEVEN]
    assert ticked(said.replace("[ ]", "[X]").replace("\n", "\r\n")) == [SEVEN]


@pytest.mark.parametrize(
    ("pulls", "decisions", "stays"),
    [
        pytest.param((closed(7),), (), True, id="closed, and the ledger lost"),
        pytest.param((), (decision(),), True, id="declined without a pull request"),
        pytest.param((closed(7),), (decision(), decision("revive", decided_ns=NOW + 10)), False, id="revived"),
        pytest.param((closed(7),), (decision("revive", decided_ns=NOW + 1),), True, id="closed after a revival"),
        pytest.param((pull(7),), (decision(),), False, id="opened again"),
        pytest.param((closed(6), closed(7, body=marked("", "expired"))), (), True, id="expired"),
        pytest.param((closed(7), pull(8, branch=f"metabot/x-{SEVEN}", body="")), (), False, id="a newer one is open"),
    ],
)
def test_what_stays_closed(pulls: tuple[HostedPull, ...], decisions: tuple[Decision, ...], *, stays: bool) -> None:
    """By the newest pull request and the last decision."""
    assert (f"revive {SEVEN}" in shown(*pulls, decisions=decisions)) is stays


def test_says_why_nothing_is_opened() -> None:
    """In front of everything."""
    assert "**Nothing is opened now:** a person said so." in shown(paused="a person said so.")


@pytest.mark.parametrize(
    "line",
    [
        "- [x] revive 000000000007",
        "  - [x] revive 00000000000g",
        "  - [x]  revive 000000000007",
        "x  - [x] revive 0" * 2,
    ],
)
def test_only_its_own_lines_are_ticks(line: str) -> None:
    """Exactly as metabot writes them."""
    assert ticked(line) == []


def test_the_order_in_which_it_is_told_changes_nothing() -> None:
    """The same text, so that nothing is edited."""
    entries = tuple(entry(number) for number in range(1, 9))
    assert shown(entries=entries) == shown(entries=entries[::-1])


def test_is_never_too_long() -> None:
    """Rows are left out and counted; those that are open stand there all the same."""
    entries = tuple(entry(1_000 + number) for number in range(700))
    pulls = tuple(closed(number, title="t" * 300) for number in range(300, 700))
    said = shown(pull(1), *pulls, entries=entries)
    assert len(said) <= LARGEST_TEXT
    assert "- #1 Change 1 " in said
    assert re.search(r"- \d+ more; `metabot analyze` lists them", said)
    assert re.search(r"- \d+ more; `metabot pr list` lists them", said)


ACTING = re.compile(
    r"@|(?<!- )#\d|GH-\d|https?://|www\.|!\[|\]\(|<(?!/?(?:details|summary)>|reason>)|\u202e|\u200b", re.IGNORECASE
)
HOSTILE = [
    "x\n  - [x] revive 000000000007",
    "-->\n<!-- metabot {} -->",
    "@team fixes #1, closes GH-1",
    "[here](https://evil.test) ![](https://evil.test/x.png) www.evil.test </details>",
    "`@team` ``` @team\u202e\u200b",
]


@given(st.sampled_from(HOSTILE) | st.text(max_size=100))
def test_nothing_of_strangers_acts(said: str) -> None:
    """Neither out of telemetry nor out of titles, reasons and logins."""
    subject = Subject(service=Name(said), operation=Name(said), detail=Name(said))
    found = finding("00000000000a", problem=f"{Name(said)} fails")
    found = replace(found, candidate=replace(found.candidate, subject=subject))
    decisions = (decision(reason=said, decided_by=said),)
    text_of = shown(pull(1, title=said), closed(7, title=said), entries=(entry(10, found=found),), decisions=decisions)
    plain = shown(pull(1), closed(7), entries=(entry(10),), decisions=(decision(reason="x"),))
    assert ACTING.findall(text_of) == []
    assert len(text_of.splitlines()) == len(plain.splitlines())
    assert ticked(text_of) == []


def look(host: MemoryHost, ledger: Ledger, folder: Path) -> list[Seen]:
    host.now_ns += 10
    return watch(host, config.parse({}, name="config.toml", root=folder), ledger, clock=lambda: host.now_ns)


def test_is_edited_only_where_it_says_something_else(tmp_path: Path) -> None:
    """Also where a browser or the host changed how its lines end."""
    host, ledger = MemoryHost(), Ledger(tmp_path / "ledger.sqlite")
    host.add(7)
    assert look(host, ledger, tmp_path) == [Seen(0, "dashboard written")]
    assert host.board is not None
    host.board = replace(host.board, body=host.board.body.strip().replace("\n", "\r\n"))
    assert look(host, ledger, tmp_path) == []
    assert host.did == ["write dashboard"]


def test_a_tick_revives(tmp_path: Path) -> None:
    """Once, what is declined; the line is gone afterwards."""
    host, ledger = MemoryHost(), Ledger(tmp_path / "ledger.sqlite")
    host.add(7)
    host.end(7, "ada")
    look(host, ledger, tmp_path)
    assert host.board is not None
    forged = "  - [x] revive 0000000000ff\n"
    host.board = replace(host.board, body=host.board.body.replace("[ ] revive", "[x] revive") + forged)
    assert look(host, ledger, tmp_path) == [Seen(0, "revived", SEVEN), Seen(0, "dashboard written")]
    assert [(one.fingerprint, one.kind) for one in ledger.decisions()] == [(SEVEN, "decline"), (SEVEN, "revive")]
    assert SEVEN not in host.board.body
    assert look(host, ledger, tmp_path) == []


def test_its_comments_are_obeyed(tmp_path: Path) -> None:
    """Whoever may write pauses there; declining belongs to a pull request."""
    host, ledger = MemoryHost(), Ledger(tmp_path / "ledger.sqlite")
    look(host, ledger, tmp_path)
    host.comment(900, "eve", "/metabot pause")
    host.comment(900, "ada", "/metabot pause for now\n/metabot decline it")
    seen = look(host, ledger, tmp_path)
    assert [one.what for one in seen] == ["paused", "unknown command", "dashboard written"]
    assert [one.decided_by for one in ledger.decisions()] == ["ada"]
    assert host.board is not None
    assert "“ada” asked metabot to pause (“for now”)" in host.board.body
    assert "said on the pull request" in host.own_comments(900)[0]


def test_a_dashboard_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """And nothing else is kept from being looked at."""
    host, ledger = MemoryHost(), Ledger(tmp_path / "ledger.sqlite")
    host.add(7, state="merged")
    host.fails_at = "write dashboard"
    assert [one.what for one in look(host, ledger, tmp_path)] == ["merged", "failed"]


def test_the_settings_say_that_nothing_is_opened(tmp_path: Path) -> None:
    """Report only: the dashboard goes on, and says so."""
    host, ledger = MemoryHost(), Ledger(tmp_path / "ledger.sqlite")
    settings = config.parse({"meta_layer": {"pr_generation_enabled": False}}, name="c.toml", root=tmp_path)
    assert posted(host, settings, ledger)
    assert host.board is not None
    assert "`pr_generation_enabled = false`" in host.board.body
