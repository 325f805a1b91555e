"""One look at what people did with metabot's pull requests, and what follows from it.

Everything is read anew from the place where they live, and whatever is done leaves a trace there: a look that was
killed is finished by the next one, and a ledger that was lost is filled again. A base that moved is the publisher's
affair.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from metabot import life
from metabot.config import Settings
from metabot.errors import PublishError
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.publish import known, onboarding, posting, tend
from metabot.publish.commands import REASON, commands
from metabot.publish.ended import ended
from metabot.publish.host import Comment, Host, HostedPull
from metabot.publish.identity import block_in
from metabot.publish.kill_switch import thrown
from metabot.publish.obey import obey
from metabot.publish.pull_request import PullRequest
from metabot.publish.watching import DASHBOARD, DAY, Seen, Watching

_RECENT: Final = 7 * DAY  # so long after its last change comments on an ended pull request are still read
_EARLIER: Final = 3_600 * 10**9  # so long before closing
_LATER: Final = 600 * 10**9  # and so long after it something may be said as its reason


def watch(
    host: Host,
    settings: Settings,
    ledger: Ledger,
    *,
    clock: Callable[[], int] = time.time_ns,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Seen]:
    """What was seen and done, in order. A pull request that cannot be looked at is `failed`, and the others go on.

    While the kill switch is thrown only ends are noted, and nothing is written where people work; where the settings
    open nothing, the dashboard alone is. Raises `PublishError` where the pull requests cannot be listed.
    """
    life.telling(settings)
    stopped = thrown(host)
    only_reports = not settings.meta_layer.pr_generation_enabled
    if stopped is not None or only_reports:
        progress(f"only looking, not acting: {stopped or 'the settings say pr_generation_enabled = false.'}")
    acts = stopped is None and not only_reports
    at = Watching(host=host, settings=settings, ledger=ledger, now_ns=clock(), acts=acts)
    kept = {(one.number, one.fingerprint): one for one in ledger.pull_requests()}
    seen: list[Seen] = []
    pulls = host.pulls()
    for pull in pulls:
        fingerprint = known.fingerprint(pull)
        try:
            if fingerprint is not None:
                seen += _looked_at(at, pull, fingerprint, kept.get((pull.number, fingerprint)))
            elif pull.branch == onboarding.BRANCH and pull.own_branch and pull.state == "open" and at.acts:
                seen += obey(at, pull.number, host.comments(pull.number), about=(pull, ""))
        except PublishError as error:
            seen.append(Seen(pull.number, "failed", str(error)))
    if settings.publish.dashboard and stopped is None:
        try:
            seen += posting.attended(at, pulls) if acts else ()
            if posting.posted(host, settings, ledger, clock=clock):
                seen.append(Seen(DASHBOARD, "dashboard written"))
        except PublishError as error:
            seen.append(Seen(DASHBOARD, "failed", str(error)))
    for one in seen:
        life.ended(one.number, one.what)
    return seen


def _looked_at(at: Watching, pull: HostedPull, fingerprint: str, before: PullRequest | None) -> Iterator[Seen]:
    if pull.state == "open":
        if not at.acts:
            return
        yield from tend.tended(at, pull, fingerprint, before)
        pull = at.host.pull(pull.number)
    else:
        yield from _ended(at, pull, fingerprint, before)
    now = known.pull_request(pull, before)
    if now is not None and now != before:
        at.ledger.record_pull_request(None, now)


def _ended(at: Watching, pull: HostedPull, fingerprint: str, before: PullRequest | None) -> Iterator[Seen]:
    """Long after its end, once that is known, nothing is asked about it any more."""
    old = pull.updated_ns < at.now_ns - _RECENT
    if old and _is_known(at, pull, before):
        return
    comments = () if old and pull.state == "merged" else at.host.comments(pull.number)
    if at.acts:
        yield from tend.finished(at, pull, comments)
        yield from obey(at, pull.number, comments, about=(pull, fingerprint))
    if pull.state == "closed" and ended(pull.body) is None:
        yield from _closed_by_a_person(at, pull, fingerprint, comments, noticed=_noticed(at, pull, before))
    elif pull.state == "merged" and (before is None or before.state != "merged"):
        yield Seen(pull.number, "merged")


def _is_known(at: Watching, pull: HostedPull, before: PullRequest | None) -> bool:
    """By the ledger, which keeps nothing of a merged one whose text lost its block: that one is taken as known."""
    if before is not None or block_in(pull) is not None:
        return before is not None and before.state == pull.state
    return pull.state == "merged" or any(one.number == pull.number for one in at.decisions)


def _noticed(at: Watching, pull: HostedPull, before: PullRequest | None) -> int:
    """When it ended; where that is not told, now, if it was open the last time."""
    if pull.ended_ns is not None:
        return pull.ended_ns
    return at.now_ns if before is not None and before.state == "open" else pull.updated_ns


def _closed_by_a_person(
    at: Watching, pull: HostedPull, fingerprint: str, comments: Sequence[Comment], *, noticed: int
) -> Iterator[Seen]:
    """That is a decline, unless one is known already, or a person brought the finding back since."""
    decided = at.decided(fingerprint)
    if decided is not None and (decided.kind == "decline" or decided.decided_ns >= noticed):
        return
    if pull.ended_by is None:
        pull = at.host.pull(pull.number)  # a list may leave out who closed them
    words = _closing_words(at, pull, comments, noticed)
    at.record(
        Decision(
            fingerprint=fingerprint,
            kind="decline",
            reason=words,
            decided_by=pull.ended_by or "",
            decided_ns=noticed,
            number=pull.number,
        )
    )
    yield Seen(pull.number, "closed", pull.ended_by or "")


def _closing_words(at: Watching, pull: HostedPull, comments: Sequence[Comment], noticed: int) -> str:
    """What whoever closed it said last, if they have write access; else nothing is known of why."""
    told = [
        comment
        for comment in comments
        if not comment.own
        and noticed - _EARLIER <= comment.created_ns <= noticed + _LATER
        and (pull.ended_by is None or comment.author == pull.ended_by)
        and not commands(comment.body)
    ]
    if not told or not at.may_write(told[-1].author):
        return ""
    return told[-1].body.strip()[:REASON]
