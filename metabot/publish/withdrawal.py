"""Closes a pull request of metabot's own whose change could not be proved again: its base moved, or its evidence.

The mark in its text comes first and the comment last, so that a later run sees what one that was ended left undone.
"""

from __future__ import annotations

from typing import Final

from metabot.publish.ended import ended, marked
from metabot.publish.host import Host, HostedPull
from metabot.publish.remarks import signed
from metabot.publish.watching import DAY, said

_WHY: Final = "outdated"
_LATELY: Final = 3 * DAY  # longer ago nobody asks any more whether the comment is there


def withdraw(host: Host, pull: HostedPull, why: str) -> None:
    """`why` is a sentence that may be shown."""
    host.edit(pull.number, body=marked(pull.body, _WHY))
    host.close(pull.number)
    _say(host, pull, why)


def finish(host: Host, pull: HostedPull, now_ns: int) -> None:
    """What a run that was ended left undone after it closed one."""
    lately = now_ns - (pull.ended_ns or pull.updated_ns) < _LATELY
    if lately and pull.state == "closed" and ended(pull.body) == _WHY and not was_withdrawn(host, pull):
        _say(host, pull, "The run that found out was ended before it could say why.")


def was_withdrawn(host: Host, pull: HostedPull) -> bool:
    """Open nevertheless, it was opened again by a person."""
    return said(host.comments(pull.number), _WHY)


def _say(host: Host, pull: HostedPull, why: str) -> None:
    text = f"Closed: the change could not be proved again on the base as it is now. {why}"
    host.delete_branch(pull.branch, at=pull.head_revision)
    host.say(pull.number, _WHY, signed(text))
