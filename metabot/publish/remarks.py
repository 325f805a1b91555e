"""What metabot says in comments. Short, without a mention, and with nothing of strangers' but quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from analyzers.untrusted import Untrusted
from metabot.publish.host import Check, HostedPull

BOT: Final = "<sub>Written by metabot, a bot.</sub>"
_NAME: Final = 100
_PLAIN_LINK: Final = re.compile(r"https?://[\w.:-]+/[\w./%?=&#:+-]{0,300}\Z")

DECLINED: Final = (
    "Closed. This finding is not proposed again, and what becomes of its effect shows on the dashboard alone. A person "
    "with write access brings it back by ticking it there, or with `metabot pr revive`."
)
PAUSED: Final = "Paused: metabot opens nothing more here until somebody with write access comments `/metabot resume`."
RESUMED: Final = "Going on: metabot opens pull requests here again, within its limits."
ELSEWHERE: Final = "`decline` is said on the pull request that it is about."
MERGED: Final = "It is merged, so there is nothing to decline: to take it back, revert the merge."
UNKNOWN: Final = (
    "metabot does not know that. It knows `/metabot decline <reason>`, `/metabot pause` and `/metabot resume`."
)
HANDS_OFF: Final = (
    "Somebody committed to this branch, so it is theirs now: metabot pushes nothing more to it and no "
    "longer closes it by itself."
)


def expired(days: int) -> str:
    return (
        f"Closed after {days} days without a word from a person. That is no verdict: open it again, or tick it on the "
        "dashboard, and metabot keeps it. After a few such ends in a row metabot pauses."
    )


def failing(pull: HostedPull, checks: Iterable[Check]) -> str:
    """A list of checks, with links to the host's own pages alone."""
    lines = "\n".join(f"- {_check(pull, check)}" for check in sorted(checks, key=lambda check: check.name))
    return f"With this change as of `{pull.head_revision[:12]}` these checks fail:\n\n{lines}"


def signed(text: str) -> str:
    return f"{text}\n\n{BOT}"


def _check(pull: HostedPull, check: Check) -> str:
    name = Untrusted(check.name).quoted(_NAME)
    asked = "" if check.required else " (whether it is required, metabot may not see)"
    same = _PLAIN_LINK.match(check.where) is not None and urlsplit(check.where)[:2] == urlsplit(pull.where)[:2]
    return f"{name}{asked}{f', [details]({check.where})' if same else ''}"
