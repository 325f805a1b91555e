"""How pull requests print: the list, one of them, and what a look at them saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from analyzers.untrusted import Untrusted
from metabot.cli.console import wrapped
from metabot.cli.findings import moment
from metabot.cli.quantities import counted
from metabot.ledger.people import Decision
from metabot.publish.deciding import About
from metabot.publish.ended import ended
from metabot.publish.figures import figure
from metabot.publish.host import Comment, HostedPull
from metabot.publish.identity import block_in
from metabot.publish.known import fingerprint, inert
from metabot.publish.watching import Seen

_INDENT: Final = " " * 4
_QUOTED: Final = 300


def list_lines(where: str, pulls: Sequence[HostedPull]) -> list[str]:
    waiting = sum(pull.state == "open" for pull in pulls)
    head = f"{counted(len(pulls), 'pull request')}, {waiting} open, in {where}"
    return [head, *(line for pull in pulls for line in _entry(pull))]


def show_lines(about: About, decisions: Sequence[Decision], comments: Sequence[Comment]) -> list[str]:
    lines = [f"finding   {about.fingerprint}  (metabot show {about.fingerprint} tells all about it)"]
    if about.pull is None:
        lines.append("no pull request")
    else:
        lines += [*_entry(about.pull), f"{_INDENT}{about.pull.branch} at {about.pull.head_revision[:12]}"]
        lines += _prediction(about.pull)
    for heading, told in (("decided", map(_decision, decisions)), ("said", map(_comment, comments))):
        lines += [line for number, text in enumerate(told) for line in ([heading] if not number else []) + text]
    return lines


def seen_lines(seen: Sequence[Seen]) -> list[str]:
    """One line for what was seen or done, or that there was nothing."""
    lines = [line for one in seen for line in wrapped(_seen(one), indent="  ")]
    return lines or ["nothing new"]


def list_json(where: str, pulls: Sequence[HostedPull]) -> bytes:
    return _json({"schema": "metabot.pulls/1", "where": where, "pulls": [_values(pull) for pull in pulls]})


def show_json(about: About, decisions: Sequence[Decision], comments: Sequence[Comment]) -> bytes:
    return _json(
        {
            "schema": "metabot.pull/1",
            "finding": about.fingerprint,
            "pull": None if about.pull is None else _values(about.pull),
            "decisions": [
                {
                    "kind": one.kind,
                    "by": one.decided_by,
                    "at_ns": one.decided_ns,
                    "reason": _quoted(one.reason),
                }
                for one in decisions
            ],
            "comments": [
                {"by": one.author, "at_ns": one.created_ns, "own": one.own, "text": _quoted(one.body)}
                for one in comments
            ],
        }
    )


def _entry(pull: HostedPull) -> Iterator[str]:
    yield from wrapped(f"#{pull.number} {inert(pull.title)}", first="  ", indent=_INDENT)
    name = fingerprint(pull)
    yield f"{_INDENT}{_state(pull)}{f', for {name}' if name else ''}"
    yield f"{_INDENT}{pull.where}"


def _state(pull: HostedPull) -> str:
    if pull.state == "open":
        return f"open{', a draft' if pull.draft else ''}, since {moment(pull.created_ns)} UTC"
    why = ended(pull.body) if pull.state == "closed" else None
    by = "by metabot, " + why if why else f"by {Untrusted(pull.ended_by).quoted()}" if pull.ended_by else ""
    when = f" {moment(pull.ended_ns)} UTC" if pull.ended_ns else ""
    return f"{pull.state}{when}{f' {by}' if by else ''}"


def _prediction(pull: HostedPull) -> Iterator[str]:
    block = block_in(pull)
    if block is not None:
        yield f"{_INDENT}predicts {figure(block.observed)} → {figure(block.expected)} {block.unit}"


def _decision(one: Decision) -> list[str]:
    why = f": {_quoted(one.reason)}" if one.reason else ""
    who = Untrusted(one.decided_by).quoted() if one.decided_by else "somebody"
    return wrapped(f"{one.kind}, {moment(one.decided_ns)} UTC by {who}{why}", indent=_INDENT)


def _comment(one: Comment) -> list[str]:
    who = "metabot" if one.own else Untrusted(one.author).quoted()
    return wrapped(f"{moment(one.created_ns)} UTC {who}: {_quoted(one.body)}", indent=_INDENT)


def _seen(one: Seen) -> str:
    which = f"#{one.number} " if one.number else ""
    return f"{which}{one.what}{f': {_quoted(one.detail)}' if one.detail else ''}"


def _values(pull: HostedPull) -> dict[str, Any]:
    block = block_in(pull)
    predicted = None if block is None else {"unit": block.unit, "observed": block.observed, "expected": block.expected}
    return {
        "number": pull.number,
        "state": pull.state,
        "draft": pull.draft,
        "title": inert(pull.title),
        "finding": fingerprint(pull),
        "branch": pull.branch,
        "head_revision": pull.head_revision,
        "where": pull.where,
        "created_ns": pull.created_ns,
        "ended_ns": pull.ended_ns,
        "ended_by": pull.ended_by,
        "ended_why": ended(pull.body) if pull.state == "closed" else None,
        "prediction": predicted,
    }


def _quoted(text: str) -> str:
    return Untrusted(text).quoted(_QUOTED)


def _json(values: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n"
