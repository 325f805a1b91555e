"""Who is asked for a review: the owners that a CODEOWNERS file names for paths. The last line that matches counts.

The rules are GitHub's, https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners:
those of gitignore, without `!`, `[ ]` and an escaped `#`. A line without owners takes the paths' owners away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # the first that is there counts
_LARGEST: Final = 3_000_000  # characters; GitHub does not read one over 3 MB
_OWNER: Final = re.compile(r"@([A-Za-z0-9][A-Za-z0-9-]*(?:/[A-Za-z0-9._-]+)?)\Z")
_WILD: Final = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def owners(read: Callable[[str], str | None], paths: Iterable[str]) -> tuple[str, ...]:
    """Logins, and teams as `owner/team`, of any of the paths. `read` gives a file of the base. E-mail addresses are
    left out: nobody can be asked for a review by one."""
    text = next((text for place in PLACES if (text := read(place)) is not None), "")
    lines = list(_lines(text)) if len(text) <= _LARGEST else []
    named = [owner for path in paths for owner in _of(path, lines)]
    return tuple(dict.fromkeys(found[1] for owner in named if (found := _OWNER.match(owner))))


def _of(path: str, lines: list[tuple[re.Pattern[str], list[str]]]) -> list[str]:
    return next((who for pattern, who in reversed(lines) if pattern.match(path)), [])


def _lines(text: str) -> Iterator[tuple[re.Pattern[str], list[str]]]:
    for line in text.splitlines():
        words = re.split(r"\s#", line, maxsplit=1)[0].strip()
        if not words or words.startswith(("#", "!", "\\#")) or "[" in words:
            continue
        # A backslash takes a space, or another character, for itself.
        pattern, *who = re.findall(r"(?:\\.|[^\s\\])+", words) or [""]
        if pattern:
            yield _pattern(pattern), who


def _pattern(written: str) -> re.Pattern[str]:
    """As gitignore reads it: with a slash inside it counts from the top, and a folder's name takes all below."""
    anchored = "/" in written.rstrip("/")
    body = "".join(_WILD.get(part) or re.escape(part[-1]) for part in _parts(written.strip("/")))
    below = "/.*" if written.endswith("/") else "" if written.endswith("/*") else "(?:/.*)?"
    return re.compile(f"{'' if anchored else '(?:.*/)?'}{body}{below}\\Z", re.DOTALL)


def _parts(pattern: str) -> list[str]:
    return re.findall(r"\*\*/|\*\*|\\.|.", pattern, re.DOTALL)
