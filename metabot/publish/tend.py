"""What becomes of an open pull request between two passes: it is theirs, answered, failing, or expired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from metabot.git_environment import AUTHOR_EMAIL
from metabot.publish import remarks
from metabot.publish.ended import ended, marked, unmarked
from metabot.publish.host import Comment, HostedPull
from metabot.publish.obey import obey
from metabot.publish.pull_request import PullRequest
from metabot.publish.watching import DAY, Seen, Watching, said

_APPLICATION: Final = "[bot]"  # how GitHub ends the logins of applications
_THEIRS: Final = "theirs"
_EXPIRED: Final = "expired"


def tended(at: Watching, pull: HostedPull, fingerprint: str, before: PullRequest | None) -> Iterator[Seen]:
    """The first of these that ends it is the last."""
    comments = at.host.comments(pull.number)
    yield from _reopened(at, pull, fingerprint, comments, before)
    obeyed = list(obey(at, pull.number, comments, about=(pull, fingerprint)))
    yield from obeyed
    if any(one.what == "declined" for one in obeyed):
        return
    if at.host.branch(pull.branch) is None:
        if not at.host.closes_with_branch:  # else what was told of the branch lags behind
            yield from _without_branch(at, pull, fingerprint)
        return
    theirs = said(comments, _THEIRS) or _somebody_committed(at, pull)
    if theirs:
        if not said(comments, _THEIRS):
            at.host.say(pull.number, _THEIRS, remarks.signed(remarks.HANDS_OFF))
            yield Seen(pull.number, "hands off")
        return
    yield from _failing(at, pull, comments)
    yield from _expired(at, pull, comments)


def finished(at: Watching, pull: HostedPull, comments: Sequence[Comment]) -> Iterator[Seen]:
    """What a look that was killed left undone after it closed one."""
    if pull.state == "closed" and ended(pull.body) == "expired" and not said(comments, _EXPIRED):
        yield from _said_to_be_expired(at, pull)


def _expired(at: Watching, pull: HostedPull, comments: Sequence[Comment]) -> Iterator[Seen]:
    if _has_expired(at, pull, comments):
        at.host.edit(pull.number, body=marked(pull.body, "expired"))
        at.host.close(pull.number)
        yield from _said_to_be_expired(at, pull)
    elif ended(pull.body) == "expired" and not said(comments, _EXPIRED):  # a look was killed, and a word said since
        at.host.edit(pull.number, body=unmarked(pull.body))


def _said_to_be_expired(at: Watching, pull: HostedPull) -> Iterator[Seen]:
    at.host.delete_branch(pull.branch, at=pull.head_revision)
    at.host.say(pull.number, _EXPIRED, remarks.signed(remarks.expired(at.settings.publish.expire_days)))
    yield Seen(pull.number, "expired")


def _has_expired(at: Watching, pull: HostedPull, comments: Sequence[Comment]) -> bool:
    """Not again, once a person opened it again."""
    days = at.settings.publish.expire_days
    if not pull.draft:  # a person marked it ready
        return False
    words = [comment.created_ns for comment in comments if _of_a_person(comment)]
    silent_ns = at.now_ns - max((pull.created_ns, *words))
    return 0 < days * DAY <= silent_ns and not said(comments, _EXPIRED)


def _of_a_person(comment: Comment) -> bool:
    return not comment.own and not comment.author.endswith(_APPLICATION)


def _reopened(
    at: Watching, pull: HostedPull, fingerprint: str, comments: Sequence[Comment], before: PullRequest | None
) -> Iterator[Seen]:
    """What was closed and is open again, a person opened: that is a revival."""
    why = ended(pull.body)
    if (before is None or before.state != "closed") and (why is None or not said(comments, why)):
        return
    if at.declined(fingerprint):
        at.decide(pull, fingerprint, "revive", "the pull request was opened again")
    if why is not None:
        at.host.edit(pull.number, body=unmarked(pull.body))
    yield Seen(pull.number, "reopened")


def _without_branch(at: Watching, pull: HostedPull, fingerprint: str) -> Iterator[Seen]:
    """metabot deletes a branch only after it closed the pull request, so that a person did."""
    at.decide(pull, fingerprint, "decline", "its branch was deleted")
    at.host.close(pull.number)
    yield Seen(pull.number, "branch deleted")


def _somebody_committed(at: Watching, pull: HostedPull) -> bool:
    return any(commit.committer_email != AUTHOR_EMAIL for commit in at.host.commits(pull.number))


def _failing(at: Watching, pull: HostedPull, comments: Sequence[Comment]) -> Iterator[Seen]:
    """Said once for each revision; where more of its checks fail later, what was said then is added to."""
    failed = [check for check in at.host.checks(pull.head_revision) if check.state == "failed"]
    asked = [check for check in failed if check.required is not False]
    if not asked:
        return
    key, text = f"checks-{pull.head_revision[:12]}", remarks.signed(remarks.failing(pull, asked))
    if any(comment.own and comment.key == key and text in comment.body for comment in comments):
        return
    at.host.say(pull.number, key, text)
    yield Seen(pull.number, "checks fail", f"{len(asked)}")
