"""How much metabot asks of people: how many pull requests wait, come on a day, stay without an answer, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from analyzers.untrusted import Untrusted
from metabot.config import Publish
from metabot.ledger.people import Decision
from metabot.narrowing import PATH
from metabot.publish.ended import ended
from metabot.publish.host import HostedPull
from metabot.publish.identity import names_of
from metabot.stopped import Reason
from metabot.windows import is_open

Refusal = tuple[Reason, str]
NS: Final = 10**9


def paused(pulls: Sequence[HostedPull], decisions: Sequence[Decision], settings: Publish) -> Refusal | None:
    """By a person's word; or while too many in a row expired unanswered since the last word to go on."""
    said = [one for one in decisions if not one.fingerprint and one.kind in ("pause", "resume")]
    if said and said[-1].kind == "pause":
        why = f" ({Untrusted(said[-1].reason).quoted()})" if said[-1].reason else ""
        who = Untrusted(said[-1].decided_by).quoted()
        return "paused", f"{who} asked metabot to pause{why}. To go on: metabot pr resume, or comment /metabot resume."
    resumed_ns = said[-1].decided_ns if said else 0
    done = sorted((pull for pull in _proposals(pulls) if pull.state != "open"), key=_end, reverse=True)
    since = (pull for pull in done if _end(pull) > resumed_ns and ended(pull.body) != "outdated")
    expired = list(takewhile(lambda pull: pull.state == "closed" and ended(pull.body) == "expired", since))
    if not settings.pause_after_unanswered or len(expired) < settings.pause_after_unanswered:
        return None
    listed = ", ".join(f"#{pull.number}" for pull in reversed(expired))
    todo = "To go on: metabot pr resume, or comment /metabot resume."
    return "paused", f"the last {len(expired)} pull requests expired without a word from a person: {listed}. {todo}"


def full(pulls: Sequence[HostedPull], settings: Publish, now_ns: int) -> Refusal | None:
    """Why no further one may be opened now."""
    waiting = [pull for pull in _proposals(pulls) if pull.state == "open"]
    if len(waiting) >= settings.max_open:
        todo = f"Merge or close one of them, or raise {_where('max_open', settings.max_open)}."
        return "too many open", f"{_counted(len(waiting))} open: {_listed(waiting)}. {todo}"
    now = _moment(now_ns, settings)
    today = [pull for pull in _proposals(pulls) if _moment(pull.created_ns, settings).date() == now.date()]
    if len(today) >= settings.max_new_per_day:
        todo = f"The next day one may come, or raise {_where('max_new_per_day', settings.max_new_per_day)}."
        return "enough for today", f"{_counted(len(today))} opened on {now:%Y-%m-%d}: {_listed(today)}. {todo}"
    if not is_open(settings.windows, now):
        when = f"It is {now:%a %H:%M} in {settings.time_zone}"
        return "outside the windows", f"{when}, outside [publish] windows: {', '.join(settings.windows)}."
    return None


def _where(key: str, value: int) -> str:
    """The lower one of two files holds."""
    return f"{key} = {value} of [publish], and of {PATH} where that says no more"


def _proposals(pulls: Sequence[HostedPull]) -> list[HostedPull]:
    return [pull for pull in pulls if names_of(pull)]


def _end(pull: HostedPull) -> int:
    return pull.ended_ns or pull.updated_ns


def _moment(ns: int, settings: Publish) -> datetime:
    return datetime.fromtimestamp(ns / NS, ZoneInfo(settings.time_zone))


def _counted(number: int) -> str:
    return "1 pull request is" if number == 1 else f"{number} pull requests are"


def _listed(pulls: Sequence[HostedPull]) -> str:
    return ", ".join(f"#{pull.number}" for pull in sorted(pulls, key=lambda pull: pull.number))
