"""metabot's hidden marks in texts on GitHub, and texts as they were before a browser sent them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

OPENING: Final = "\n\n<!-- metabot opening -->"
DASHBOARD: Final = "\n\n<!-- metabot dashboard -->"
GHOST: Final = "ghost"  # the account that GitHub shows for one that is gone
_KEY: Final = re.compile(r"\A[\w.:-]{1,120}\Z")
_KEYED: Final = re.compile(r"\n\n<!-- metabot key ([\w.:-]{1,120}) -->\s*\Z")


def plain(text: str | None) -> str:
    """A browser sends each line end as two characters."""
    return (text or "").replace("\r\n", "\n")


def keyed(text: str, key: str) -> str:
    assert _KEY.match(key), key
    return f"{text.rstrip()}\n\n<!-- metabot key {key} -->"


def parted(body: str) -> tuple[str, str]:
    """A comment's text and its key, which is empty where there is none at the end."""
    found = _KEYED.search(body)
    return (body[: found.start()], found[1]) if found else (body, "")


def nanoseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000_000
