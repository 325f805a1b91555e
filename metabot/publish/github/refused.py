"""GitHub's no, in words: where, what, and what to do."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from metabot.errors import PublishError
from metabot.git_environment import words_of
from metabot.publish.github.address import Address
from metabot.publish.github.answers import Refusal
from metabot.publish.github.connection import Answer, Lost

_RIGHTS: Final = "Contents, Pull requests and Issues: read and write"


class RefusedError(PublishError):
    def __init__(self, message: str, status: int, said: str) -> None:
        super().__init__(message)
        self.status = status
        self.said = said


def refused(address: Address, what: str, answer: Answer) -> RefusedError:
    """`what` is what could not be done: "open a pull request"."""
    said = _said(answer)
    why, todo = _explained(address, answer, said)
    message = f"{address.page}: GitHub did not {what}: {why} ({answer.status}{f': {said}' if said else ''}).\n  {todo}"
    return RefusedError(message, answer.status, said)


def unreachable(address: Address, what: str, lost: Answer | Lost) -> PublishError:
    how = lost.why if isinstance(lost, Lost) else f"it answers with {lost.status}"
    again = ", also when tried again" if isinstance(lost, Answer) or lost.sent else ""
    return PublishError(
        f"{address.api}: could not {what}: {how}{again}.\n"
        "  Look at the network and at www.githubstatus.com; the next run goes on from here."
    )


def limited(address: Address, what: str, again: str) -> PublishError:
    return PublishError(
        f"{address.api}: could not {what}: GitHub's rate limit is reached.\n"
        f"  It works again at {again}. Run then, or less often: [schedule] watch."
    )


def unreadable(address: Address, what: str, answer: Answer) -> PublishError:
    kind = words_of(answer.headers.get("content-type", "no content type"))[:80]
    return PublishError(
        f"{address.api}: could not {what}: the answer ({kind}) is not what GitHub describes.\n"
        "  Look at [github] api_url, and whether a proxy answers in GitHub's place."
    )


def _said(answer: Answer) -> str:
    try:
        refusal = msgspec.json.decode(answer.text, type=Refusal)
    except msgspec.MsgspecError:
        return ""
    return words_of("; ".join([refusal.message, *map(_detail, refusal.errors)]).strip("; "))[:400]


def _detail(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    parts = [error.get(key) for key in ("message", "resource", "field", "code")]
    return str(parts[0]) if parts[0] else " ".join(str(part) for part in parts if part)


def _explained(address: Address, answer: Answer, said: str) -> tuple[str, str]:
    name = address.token_variable
    if 300 <= answer.status < 400:
        to = words_of(answer.headers.get("location", "another address"))[:200]
        why = f"the address leads to {to}, and metabot follows none"
        return why, "If the repository was renamed or moved, write its new name into [github] repository."
    if answer.status == 403:
        return _forbidden(address, answer, said)
    known = {
        401: (
            f"it does not know the token in {name}, or no longer",
            f"Make a fine-grained token and put it into {name}.",
        ),
        404: (
            f"there is no such thing, or the token in {name} does not show it",
            f"Look at [github] repository, and whether the token lists {address.repository}.",
        ),
        410: ("issues are off in this repository", "Turn them on there, or set [publish] dashboard = false."),
        422: ("the request does not fit the repository", "Look at what GitHub says."),
    }
    return known.get(answer.status, ("it refuses", "Look at what GitHub says."))


def _forbidden(address: Address, answer: Answer, said: str) -> tuple[str, str]:
    name = address.token_variable
    if "archived" in said.lower():
        return "the repository is archived", "Nobody can change it: unarchive it, or stop metabot for it."
    if "is locked" in said:
        return "the conversation is locked", "Unlock it there; until then metabot can say nothing in it."
    if "x-github-sso" in answer.headers:
        return f"the token in {name} is not authorised for the organisation", "Authorise it there for single sign-on."
    needed = _needed(answer.headers.get("x-accepted-github-permissions", ""))
    if needed or "not accessible by" in said:
        wanted = needed or _RIGHTS
        return f"the token in {name} lacks a right", f"Give it, for {address.repository}: {wanted}."
    return "it is forbidden", f"Look at what GitHub says, and at the rights of the token in {name}: {_RIGHTS}."


def _needed(accepted: str) -> str:
    """`issues=write; pull_requests=write` as a person reads it on the page where tokens are made."""
    words = words_of(accepted)[:200].replace("_", " ").replace(",", " and ").replace(";", " or ").replace("=", ": ")
    return " ".join(words.split())
