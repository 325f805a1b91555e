"""`metabot doctor`: what is in place, what is not, and what to do."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Final, Literal

from metabot.cli.console import out, printable, settings_at, wrapped
from metabot.cli.quantities import counted
from metabot.doctor.checks import CHECKS, Examined, examined
from metabot.doctor.model import asking
from metabot.redact import redact
from metabot.sensitive.credentials import CREDENTIALS, NAMED
from metabot.sensitive.tokens import TOKENS

_SECRETS: Final = (*CREDENTIALS, *TOKENS, NAMED)

SCHEMA: Final = "metabot.doctor/1"
PROBLEM: Final = 4
"""The exit code where at least one problem was found."""


def doctor(*, ask: bool, output: Literal["table", "json"], config: Path | None) -> None:
    settings = settings_at(config)
    checks = {**CHECKS, "model": asking} if ask else CHECKS
    found: list[Examined] = []
    for one in examined(settings, checks):
        found.append(one)
        if output == "table":
            _print(one)
    counts = Counter(one.line.state for one in found)
    if output == "json":
        lines = [{"check": one.check, "state": one.line.state, **_texts(one)} for one in found]
        out(json.dumps({"schema": SCHEMA, "problems": counts["problem"], "lines": lines}, indent=2))
    else:
        out(f"\n{counted(counts['problem'], 'problem')}, {counted(counts['warning'], 'warning')}")
    sys.exit(PROBLEM if counts["problem"] else 0)


def _texts(one: Examined) -> dict[str, str]:
    """Addresses and git's words may hold a password. A user's name in a path stays: it is that of whoever asks."""
    return {
        name: redact(printable(text), _SECRETS)[0] for name, text in (("said", one.line.said), ("todo", one.line.todo))
    }


def _print(one: Examined) -> None:
    texts = _texts(one)
    for line in wrapped(texts["said"], first=f"{one.check:8}  {one.line.state:7}  ", indent=" " * 19):
        out(line)
    for line in wrapped(texts["todo"], first=" " * 19 + "→ ", indent=" " * 21) if texts["todo"] else ():
        out(line)
