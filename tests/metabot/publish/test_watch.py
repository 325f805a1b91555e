"""What metabot notices of what people did, and what it does then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzers.finding import Fingerprint
from metabot import config
from metabot.generate.proposal import Prediction
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.publish.ended import ended
from metabot.publish.host import Check, Commit
from metabot.publish.pull_request import PullRequest
from metabot.publish.watch import watch
from metabot.publish.watching import Seen
from tests.memory_host import DAY, NOW, MemoryHost

ONE = f"{1:012x}"


class Desk:
    """A host and a ledger beside it, looked at again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.host = folder, MemoryHost()
        self.lose_the_ledger()

    def lose_the_ledger(self) -> None:
        """And begin a new one."""
        (self.folder / "ledger.sqlite").unlink(missing_ok=True)
        self.ledger = Ledger(self.folder / "ledger.sqlite")

    def look(self, *, later: int = 0, **publish: Any) -> list[Seen]:
        self.host.now_ns += later
        settings = config.parse({"publish": {"dashboard": False, **publish}}, name="config.toml", root=self.folder)
        return watch(self.host, settings, self.ledger, clock=lambda: self.host.now_ns)

    def decisions(self) -> list[tuple[str, str, str, str]]:
        return [(one.fingerprint, one.kind, one.reason, one.decided_by) for one in self.ledger.decisions()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_nothing_happened(desk: Desk) -> None:
    """Then nothing is done and nothing is said."""
    desk.host.add(1)
    assert desk.look() == []
    assert desk.host.did == []


def test_a_merge_is_kept(desk: Desk) -> None:
    """With the prediction that its text registered; once."""
    desk.host.add(1, state="merged", title="Ask @once\u200b")
    assert desk.look() == [Seen(1, "merged")]
    assert desk.look() == []
    assert desk.ledger.pull_requests() == [
        PullRequest(
            number=1,
            fingerprint=Fingerprint(ONE),
            state="merged",
            branch=f"metabot/prompt-cache-miss-{ONE}",
            head_revision=f"{1:040x}",
            title="Ask (at)once\\u200b",
            draft=True,
            where="https://github.test/shop/desk/pull/1",
            prediction=Prediction(unit="calls per trace", observed=3.0, expected=1.0),
        )
    ]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param([("ada", "Not now.\nReally.")], "Not now.\nReally.", id="by whoever closed it"),
        pytest.param([("ada", "Why?"), ("ada", "No."), ("bob", "Pity.")], "No.", id="the last one"),
        pytest.param([("bob", "I like it.")], "", id="by somebody else"),
        pytest.param([], "", id="nothing"),
    ],
)
def test_closing_is_declining(desk: Desk, said: list[tuple[str, str]], reason: str) -> None:
    """The reason is what whoever closed it said last."""
    desk.host.add(1)
    desk.look()
    for author, text in said:
        desk.host.comment(1, author, text)
    desk.host.end(1, "ada")
    assert desk.look() == [Seen(1, "closed", "ada")]
    assert desk.decisions() == [(ONE, "decline", reason, "ada")]
    assert desk.look() == []
    desk.lose_the_ledger()
    desk.look()
    assert desk.decisions() == [(ONE, "decline", reason, "ada")]
    assert desk.host.did == []


def test_a_strangers_reason_is_not_kept(desk: Desk) -> None:
    """Who may close but not write has no word in it; the pull request stays closed all the same."""
    desk.host.add(1)
    desk.host.comment(1, "eve", "Because I say so.")
    desk.host.end(1, "eve")
    desk.look()
    assert desk.decisions() == [(ONE, "decline", "", "eve")]


def test_declined_by_comment(desk: Desk) -> None:
    """Closed, answered once, and kept with its reason."""
    desk.host.add(1)
    desk.host.comment(1, "ada", "Thanks, but\n\n/metabot decline too risky")
    assert desk.look() == [Seen(1, "declined", "ada")]
    assert desk.host.did == ["close 1", "say answer-1000"]
    assert desk.decisions() == [(ONE, "decline", "too risky", "ada")]
    assert desk.look() == []
    desk.lose_the_ledger()
    assert desk.look() == []
    assert desk.decisions() == [(ONE, "decline", "too risky", "ada")]
    assert desk.host.did == ["close 1", "say answer-1000"]


@pytest.mark.parametrize("step", ["close", "say"])
@pytest.mark.parametrize("lost", [False, True])
def test_ended_in_the_middle_of_a_decline(desk: Desk, step: str, *, lost: bool) -> None:
    """The next look finishes it: closed once, answered once, decided once."""
    desk.host.add(1)
    desk.host.comment(1, "ada", "/metabot decline too risky")
    desk.host.fails_at = step
    assert [one.what for one in desk.look()] == ["failed"]
    desk.host.fails_at = ""
    if lost:
        desk.lose_the_ledger()
    assert desk.look() == [Seen(1, "declined", "ada")]
    assert sorted(desk.host.did) == ["close 1", "say answer-1000"]
    assert desk.decisions() == [(ONE, "decline", "too risky", "ada")]


def test_paused_and_resumed_by_comment(desk: Desk) -> None:
    """Of metabot as a whole; also on a pull request that was merged some days ago."""
    desk.host.add(1, state="merged")
    desk.look()
    desk.host.comment(1, "ada", "/metabot pause the release is near")
    desk.host.change(1)
    assert desk.look(later=2 * DAY) == [Seen(1, "paused", "ada")]
    desk.host.comment(1, "bob", "/metabot resume")
    desk.host.change(1)
    assert desk.look() == [Seen(1, "resumed", "bob")]
    assert desk.decisions() == [("", "pause", "the release is near", "ada"), ("", "resume", "", "bob")]
    assert len(desk.host.own_comments(1)) == 2


@pytest.mark.parametrize("text", ["/metabot pause", "/metabot decline because", "/metabot merge"])
def test_strangers_get_no_answer(desk: Desk, text: str) -> None:
    """Whatever they ask for; they are asked about once in a look."""
    desk.host.add(1)
    for _ in range(3):
        desk.host.comment(1, "eve", text)
    assert desk.look() == []
    assert desk.host.did == []
    assert desk.decisions() == []
    assert desk.host.asked.count("may eve write") == 1


def test_metabot_does_not_obey_itself(desk: Desk) -> None:
    """What it says about commands is none."""
    desk.host.add(1)
    desk.host.say(1, "theirs", "/metabot pause")
    assert desk.look() == []
    assert desk.decisions() == []


def test_an_unknown_command_is_answered_once(desk: Desk) -> None:
    """With those that there are."""
    desk.host.add(1)
    desk.host.comment(1, "ada", "/metabot merge\n/metabot approve")
    assert [one.what for one in desk.look()] == ["unknown command", "unknown command"]
    assert desk.look() == []
    assert len(desk.host.own_comments(1)) == 1
    assert "`/metabot decline <reason>`" in desk.host.own_comments(1)[0]


@pytest.mark.parametrize("body", ["", "A text of somebody's.\r\n"])
def test_without_its_text_it_is_known_by_its_branch(desk: Desk, body: str) -> None:
    """A person may have written the text anew."""
    desk.host.add(1, body=body)
    desk.look()
    desk.host.end(1, "ada")
    assert desk.look() == [Seen(1, "closed", "ada")]
    assert desk.decisions() == [(ONE, "decline", "", "ada")]
    assert desk.look() == []


def test_a_persons_commit_makes_the_branch_theirs(desk: Desk) -> None:
    """Said once; it neither expires nor gets words about its checks any more, and a command is still obeyed."""
    desk.host.add(1)
    desk.host.theirs[1] = [Commit(revision="b" * 40, author_email="a@x.test", committer_email="a@x.test")]
    desk.host.failing = [Check(name="build", state="failed", required=True)]
    assert desk.look() == [Seen(1, "hands off")]
    assert desk.look(later=30 * DAY) == []
    assert desk.host.did == ["say theirs"]
    desk.host.comment(1, "ada", "/metabot decline mine is better")
    assert desk.look() == [Seen(1, "declined", "ada")]


def test_failing_checks_are_said_once_for_each_revision(desk: Desk) -> None:
    """With links to the host alone; those that are not required are not talked about."""
    desk.host.add(1)
    link = "https://github.test/shop/desk/actions/runs/7"
    desk.host.failing = [
        Check(name="build @all <b>", state="failed", required=True, where=link),
        Check(name="scan", state="failed", required=None, where="https://evil.test/x"),
        Check(name="fast", state="failed", required=False),
        Check(name="slow", state="pending", required=True),
    ]
    assert desk.look() == [Seen(1, "checks fail", "2")]
    assert desk.look() == []
    said = desk.host.own_comments(1)[0]
    assert f"- “build (at)all ‹b›”, [details]({link})\n" in said
    assert "- “scan” (whether it is required, metabot may not see)\n" in said
    assert all(word not in said for word in ("evil", "fast", "slow", "@"))
    desk.host.change(1, head_revision="c" * 40)
    desk.host.branches[desk.host.all[1].branch] = "c" * 40
    assert desk.look() == [Seen(1, "checks fail", "2")]
    assert len(desk.host.own_comments(1)) == 2


@pytest.mark.parametrize(
    "link",
    [
        "https://github.test.evil/shop/desk",
        "https://github.test@evil/shop/desk",
        "http://github.test/shop/desk",
        "https://github.test/a)[b](https://evil.test/x",
        "https://github.test/a\n# b",
        "javascript:alert(1)",
    ],
)
def test_links_elsewhere_are_left_out(desk: Desk, link: str) -> None:
    """Whoever reports a check chooses its address."""
    desk.host.add(1)
    desk.host.failing = [Check(name="build", state="failed", required=True, where=link)]
    desk.look()
    assert "- “build”\n" in desk.host.own_comments(1)[0]


def test_a_deleted_branch_is_a_decline(desk: Desk) -> None:
    """By a person: metabot deletes one only after it closed its pull request."""
    desk.host.add(1)
    desk.host.branches.clear()
    assert desk.look() == [Seen(1, "branch deleted")]
    assert desk.host.all[1].state == "closed"
    assert desk.decisions() == [(ONE, "decline", "its branch was deleted", "")]
    assert desk.look() == []


def test_expires_without_a_word_from_a_person(desk: Desk) -> None:
    """Marked, closed, its branch deleted, and said, once; that is no decline."""
    desk.host.add(1)
    desk.host.comment(1, "coverage[bot]", "98 %")
    assert desk.look(later=21 * DAY - 2) == []
    assert desk.look(later=1) == [Seen(1, "expired")]
    assert desk.host.did == ["edit 1", "close 1", f"delete metabot/prompt-cache-miss-{ONE}", "say expired"]
    assert ended(desk.host.all[1].body) == "expired"
    assert desk.decisions() == []
    desk.lose_the_ledger()
    assert desk.look(later=DAY) == []
    assert desk.decisions() == []


@pytest.mark.parametrize("step", ["edit", "close", "delete", "say"])
@pytest.mark.parametrize("lost", [False, True])
def test_ended_in_the_middle_of_an_expiry(desk: Desk, step: str, *, lost: bool) -> None:
    """The next look finishes it, and nothing is done twice."""
    desk.host.add(1)
    desk.look()
    desk.host.fails_at = step
    assert [one.what for one in desk.look(later=21 * DAY)] == ["failed"]
    desk.host.fails_at = ""
    if lost:
        desk.lose_the_ledger()
    assert desk.look() == [Seen(1, "expired")]
    assert desk.host.did == ["edit 1", "close 1", f"delete metabot/prompt-cache-miss-{ONE}", "say expired"]
    assert desk.decisions() == []


def test_a_word_keeps_it_open(desk: Desk) -> None:
    """So many days from the last one; also where a look was killed before it could close."""
    desk.host.add(1)
    desk.host.now_ns += 20 * DAY
    desk.host.comment(1, "eve", "What is this?")
    assert desk.look(later=2 * DAY) == []
    desk.host.fails_at = "close"
    desk.look(later=20 * DAY)
    desk.host.fails_at = ""
    assert ended(desk.host.all[1].body) == "expired"
    desk.host.comment(1, "ada", "We look at it.")
    assert desk.look() == []
    assert ended(desk.host.all[1].body) is None


def test_zero_days_never_expire(desk: Desk) -> None:
    """By the settings' word."""
    desk.host.add(1)
    assert desk.look(later=900 * DAY, expire_days=0) == []


def test_what_expired_and_was_opened_again_stays_open(desk: Desk) -> None:
    """A person did that: it is said to have ended no longer, and does not expire again."""
    desk.host.add(1)
    desk.look(later=21 * DAY)
    desk.host.change(1, state="open", ended_ns=None, ended_by=None)
    desk.host.branches[desk.host.all[1].branch] = desk.host.all[1].head_revision
    desk.lose_the_ledger()
    assert desk.look(later=DAY) == [Seen(1, "reopened")]
    assert ended(desk.host.all[1].body) is None
    assert desk.look(later=90 * DAY) == []


def test_what_was_declined_and_opened_again_is_revived(desk: Desk) -> None:
    """It is not closed for the same comment again; closed once more, it is declined once more."""
    desk.host.add(1)
    desk.host.comment(1, "ada", "/metabot decline too risky")
    desk.look()
    desk.host.change(1, state="open", ended_ns=None, ended_by=None)
    assert desk.look(later=5) == [Seen(1, "reopened")]
    assert desk.look() == []
    assert [kind for _, kind, _, _ in desk.decisions()] == ["decline", "revive"]
    desk.host.end(1, "bob")
    assert desk.look(later=5) == [Seen(1, "closed", "bob")]
    assert [kind for _, kind, _, _ in desk.decisions()] == ["decline", "revive", "decline"]


def test_a_revival_outlasts_the_closed_pull_request(desk: Desk) -> None:
    """That it is closed does not decline it again."""
    desk.host.add(1)
    desk.host.end(1, "ada")
    desk.look()
    revival = Decision(fingerprint=ONE, kind="revive", reason="", decided_by="bob", decided_ns=desk.host.now_ns + 1)
    desk.ledger.record_decision(revival)
    assert desk.look(later=5) == []
    assert desk.decisions()[-1][1] == "revive"


def test_the_kill_switch_leaves_people_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends are noted, and nothing is written: not for commands, not for expiry."""
    monkeypatch.setenv("METABOT_STOP", "1")
    desk.host.add(1)
    desk.host.add(2)
    desk.host.comment(1, "ada", "/metabot decline too risky")
    desk.host.end(2, "ada")
    assert desk.look(later=30 * DAY) == [Seen(2, "closed", "ada")]
    monkeypatch.delenv("METABOT_STOP")
    desk.host.switch = "The label metabot: stop."
    assert desk.look() == []
    assert desk.host.did == []


def test_one_that_cannot_be_looked_at_does_not_keep_the_others(desk: Desk) -> None:
    """It is told with the host's words, and looked at again the next time."""
    desk.host.add(1)
    desk.host.add(2)
    desk.host.comment(1, "ada", "/metabot pause")
    desk.host.comment(2, "ada", "/metabot pause")
    desk.host.fails_at = "say answer-2"
    seen = desk.look()
    assert [(one.number, one.what) for one in seen] == [(2, "failed"), (1, "paused")]
    assert "Try again" in seen[0].detail


@pytest.mark.parametrize("text", ["with its block", "rewritten by a person"])
def test_old_ones_cost_nothing(desk: Desk, text: str) -> None:
    """Their comments are read once, while the ledger does not know them, and not again; of merged ones not at all."""
    body = {} if text == "with its block" else {"body": "Ours."}
    for number in range(1, 13):
        state = "closed" if number % 2 else "merged"
        desk.host.add(number, state=state, ended_by="ada", ended_ns=NOW, created_ns=NOW, **body)
    desk.look(later=8 * DAY)
    assert len(desk.decisions()) == 6
    assert desk.host.asked == [f"comments {number}" for number in range(11, 0, -2)]
    desk.host.asked.clear()
    assert desk.look() == []
    assert desk.host.asked == []


def test_the_introduction_is_left_to_people(desk: Desk) -> None:
    """It does not expire; declined by comment it is closed."""
    desk.host.add(1, branch="metabot/onboarding", body="")
    assert desk.look(later=90 * DAY) == []
    desk.host.comment(1, "ada", "/metabot decline not here")
    assert desk.look() == [Seen(1, "declined", "ada")]
    assert desk.host.all[1].state == "closed"
    assert desk.look() == []


def test_pull_requests_of_others_are_not_looked_at(desk: Desk) -> None:
    """Neither one from a fork with a branch of metabot's name, nor one of a person."""
    desk.host.add(1, own_branch=False)
    desk.host.add(2, branch="feature/x", body="")
    assert desk.look(later=30 * DAY) == []
    assert desk.host.asked == []
