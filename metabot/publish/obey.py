"""Does what people with write access ask for in comments. Strangers get no answer at all.

A comment is acted on once: the answer to it, which comes last, says so also where the ledger was lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from metabot.ledger.people import Decision
from metabot.publish import remarks
from metabot.publish.commands import Command, addressed, commands
from metabot.publish.host import Comment, HostedPull
from metabot.publish.watching import Seen, Watching, What, said

About = tuple[HostedPull, str] | None
_ELSEWHERE: Final = "said elsewhere than on a pull request"
_MERGED: Final = "said of a merged one"
_VERBS: Final[dict[str, tuple[Literal["decline", "pause", "resume"], What]]] = {
    "decline": ("decline", "declined"),
    "pause": ("pause", "paused"),
    "resume": ("resume", "resumed"),
}
_ANSWERS: Final[dict[What, str]] = {
    "declined": remarks.DECLINED,
    "paused": remarks.PAUSED,
    "resumed": remarks.RESUMED,
    "unknown command": remarks.UNKNOWN,
}


_REFUSALS: Final = {_ELSEWHERE: remarks.ELSEWHERE, _MERGED: remarks.MERGED}


def obey(at: Watching, number: int, comments: Sequence[Comment], *, about: About = None) -> Iterator[Seen]:
    """`about` is the pull request that the comments are on, with its finding; None: they are the dashboard's."""
    decided = {(one.decided_by, one.decided_ns) for one in at.decisions}
    for comment in comments:
        done = said(comments, _key(comment))
        kept = (comment.author, comment.created_ns) in decided
        if comment.own or (done and kept) or not addressed(comment.body) or not at.may_write(comment.author):
            continue
        asked = commands(comment.body)
        if kept and any(_overtaken(at, comment, command, about) for command in asked):
            continue  # somebody deleted the answer to it
        seen = [_decided(at, number, comment, command, about, done=done or kept) for command in asked]
        if done or not asked:
            continue
        if about is not None and about[0].state == "open" and any(one.what == "declined" for one in seen):
            at.host.close(number)
        at.host.say(number, _key(comment), remarks.signed("\n\n".join(_answers(seen))))
        yield from seen


def _answers(seen: Sequence[Seen]) -> Iterator[str]:
    for one in dict.fromkeys(seen):
        yield _REFUSALS.get(one.detail) or _ANSWERS[one.what]


def _key(comment: Comment) -> str:
    return f"answer-{comment.id}"


def _decided(at: Watching, number: int, comment: Comment, command: Command, about: About, *, done: bool) -> Seen:
    if command.verb not in _VERBS:
        return Seen(number, "unknown command")
    kind, what = _VERBS[command.verb]
    if kind == "decline" and about is None:
        return Seen(number, "unknown command", _ELSEWHERE)
    if kind == "decline" and about is not None and about[0].state == "merged":
        return Seen(number, "unknown command", _MERGED)
    # A command that was written into an older comment holds from now on.
    late = not done and _overtaken(at, comment, command, about)
    at.record(
        Decision(
            fingerprint=_named(command, about),
            kind=kind,
            reason=command.reason,
            decided_by=comment.author,
            decided_ns=at.now_ns if late else comment.created_ns,
            number=number or None,
        )
    )
    return Seen(number, what, comment.author)


def _named(command: Command, about: About) -> str:
    """The finding that a command is about; empty: metabot as a whole."""
    return about[1] if about is not None and command.verb == "decline" else ""


def _overtaken(at: Watching, comment: Comment, command: Command, about: About) -> bool:
    """Whether something else was decided after the comment was written."""
    kinds = ("decline", "revive") if command.verb == "decline" else ("pause", "resume")
    name = _named(command, about)
    told = (one for one in reversed(at.decisions) if one.fingerprint == name and one.kind in kinds)
    last = next(told, None)
    return last is not None and last.decided_ns > comment.created_ns
