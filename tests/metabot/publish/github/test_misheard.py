"""What people said on GitHub at an unlucky moment, or in an unusual form, is heard and not misheard."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from github_double.faults import broken, refused, secondary_limit

from metabot.config import Settings
from metabot.errors import PublishError
from metabot.publish.host import Check
from metabot.publish.limits import paused
from metabot.publish.posting import posted
from metabot.publish.publisher import Publisher
from metabot.publish.remarks import failing
from metabot.publish.watch import watch
from tests.metabot.publish.github import test_life as life
from tests.metabot.publish.github.places import Place
from tests.proposals import FINGERPRINT

pytestmark = pytest.mark.slow
DAY_NS = 86_400 * 10**9


@pytest.fixture
def desk(at: Place) -> life.Desk:
    return life.Desk(at)


def reports_only(desk: life.Desk) -> Settings:
    """Nothing that was asked until now counts."""
    desk.double.asked.clear()
    meta_layer = desk.settings.meta_layer.model_copy(update={"pr_generation_enabled": False})
    return desk.settings.model_copy(update={"meta_layer": meta_layer})


def test_a_tick_is_taken_over_before_a_pass_writes_over_it(desk: life.Desk) -> None:
    """No look came between the tick and the end of the pass."""
    desk.run()
    desk.double.close(1, by="ada")
    desk.look()
    desk.double.tick(2, FINGERPRINT)
    assert posted(desk.host, desk.settings, desk.ledger)
    assert [one.kind for one in desk.ledger.decisions()] == ["decline", "revive"]


@pytest.mark.parametrize("state", ["APPROVED", "COMMENTED"])
def test_a_review_without_words_is_a_word(desk: life.Desk, state: str) -> None:
    """Who approved, or remarked on lines alone, has answered."""
    desk.run()
    desk.double.advance(timedelta(days=20))
    desk.double.review(1, "ada", "", state)
    watch(desk.host, desk.settings, desk.ledger, clock=lambda: time.time_ns() + 22 * DAY_NS)
    assert desk.double.pull(1).state == "open"


def test_where_only_reports_are_wanted_nothing_expires(desk: life.Desk) -> None:
    """The dashboard alone is written."""
    desk.run()
    watch(desk.host, reports_only(desk), desk.ledger, clock=lambda: time.time_ns() + 30 * DAY_NS)
    assert desk.double.pull(1).state == "open"
    assert desk.double.pull(1).comments == []
    assert {path.rsplit("/", 1)[-1] for _, path in map(str.split, desk.writes())} == {"issues"}


def test_where_only_reports_are_wanted_nothing_is_finished(desk: life.Desk) -> None:
    """What an ended run left undone stays so."""
    desk.double.fail_next(broken(), 10, method="POST", path="/labels")
    with pytest.raises(PublishError):
        desk.run()
    Publisher(desk.host, desk.at.repository, reports_only(desk)).finish()
    assert desk.writes() == []


def test_a_command_written_into_an_older_comment_holds_from_now_on(desk: life.Desk) -> None:
    """What is answered is so."""
    desk.run()
    comment = desk.double.comment(1, "ben", "Nice.")
    for words in ("/metabot pause", "/metabot resume"):
        desk.double.advance(timedelta(minutes=1))
        desk.double.comment(1, "ben", words)
        desk.look()
    comment.body = "/metabot pause"
    later = time.time_ns() + DAY_NS
    assert [one.what for one in watch(desk.host, desk.settings, desk.ledger, clock=lambda: later)][:1] == ["paused"]
    assert paused(desk.host.pulls(), desk.ledger.decisions(), desk.settings.publish) is not None


def test_a_command_is_not_obeyed_again_because_its_answer_was_deleted(desk: life.Desk) -> None:
    """A person opened the pull request again since."""
    desk.run()
    desk.double.comment(1, "ben", "/metabot decline no")
    desk.look()
    desk.double.advance(timedelta(minutes=1))
    desk.double.reopen(1)
    later = time.time_ns() + DAY_NS
    watch(desk.host, desk.settings, desk.ledger, clock=lambda: later)
    pull = desk.double.pull(1)
    pull.comments = [comment for comment in pull.comments if comment.author == "ben"]
    watch(desk.host, desk.settings, desk.ledger, clock=lambda: later)
    assert pull.state == "open"


def test_praise_from_days_before_is_no_reason_for_closing(desk: life.Desk) -> None:
    """Only what was said around it is."""
    desk.run()
    desk.double.comment(1, "ada", "Lovely, I will merge this after the release!")
    desk.double.advance(timedelta(days=3))
    desk.double.close(1, by="ada")
    watch(desk.host, desk.settings, desk.ledger, clock=lambda: time.time_ns() + 3 * DAY_NS)
    assert [(one.kind, one.reason) for one in desk.ledger.decisions()] == [("decline", "")]


def test_a_merged_one_cannot_be_declined(desk: life.Desk) -> None:
    """The answer says so, and nothing is decided."""
    desk.run()
    desk.double.merge(1, by="ada")
    desk.double.comment(1, "ben", "/metabot decline too late")
    assert "unknown command" in desk.look()
    assert "revert the merge" in desk.double.pull(1).comments[-1].body
    assert desk.ledger.decisions() == []


def test_a_wait_that_no_server_means_is_told_in_words(desk: life.Desk) -> None:
    """A hundred centuries are beyond any calendar."""
    desk.double.fail_next(secondary_limit(999_999_999_999), 9)
    with pytest.raises(PublishError, match="rate limit"):
        desk.host.pulls()


def test_an_address_that_is_none_does_not_end_a_look(desk: life.Desk) -> None:
    """Whoever reports a check chooses its address."""
    desk.run()
    check = Check(name="x", state="failed", required=True, where="https://[bad")
    assert "details" not in failing(desk.host.pull(1), [check])


def test_a_persons_own_pull_request_from_metabots_branch_is_let_be(desk: life.Desk) -> None:
    """However long it stays silent: it is neither metabot's proposal nor counted as one."""
    desk.run()
    desk.double.close(1, by="ada")
    desk.double.open_pull("ada", life.BRANCH, base="main", title="Ada takes it on", body="Ada's words.")
    for days in (1, 22, 30):
        watch(desk.host, desk.settings, desk.ledger, clock=lambda days=days: time.time_ns() + days * DAY_NS)
    pull = desk.double.pull(2)
    assert (pull.state, pull.body, pull.comments) == ("open", "Ada's words.", [])
    assert life.BRANCH in desk.double.bare.branches()
    assert [one.own for one in desk.host.pulls()] == [False, True]


def test_what_a_person_marked_ready_does_not_expire(desk: life.Desk) -> None:
    """That is a word, too."""
    desk.run()
    desk.double.pull(1).draft = False
    desk.double.advance(timedelta(days=22))
    watch(desk.host, desk.settings, desk.ledger, clock=lambda: time.time_ns() + 22 * DAY_NS)
    assert desk.double.pull(1).state == "open"


def test_a_branch_that_seems_gone_for_a_moment_declines_nothing(desk: life.Desk) -> None:
    """GitHub closes a pull request with its branch: one that is open has one."""
    desk.run()
    desk.double.fail_next(refused(404, "Not Found"), 2, path="/git/ref/heads/metabot")
    assert "branch deleted" not in desk.look()
    assert desk.double.pull(1).state == "open"
    assert desk.ledger.decisions() == []
