"""Why metabot itself closed a pull request: a line at the end of its text. Closed without one, a person closed it.

The line is written before the pull request is closed, and what is said about it comes last: so that a run that was
killed in between is finished by the next one, and one that a person opened again is known as that.
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Why = Literal["expired", "outdated"]
"""`expired`: nobody said a word for so many days. `outdated`: its base moved, and the change no longer proves there."""

_WHYS: Final[dict[str, Why]] = {why: why for why in get_args(Why)}
_LINE: Final = re.compile(rf"^<!-- metabot ended ({'|'.join(_WHYS)}) -->$", re.MULTILINE)
_BROWSERS, _OURS = "\r\n", "\n"  # line ends
ROOM: Final = 80  # characters that a text leaves for the line


def marked(body: str, why: Why) -> str:
    """The text with the line, which stands in it once."""
    return body if ended(body) == why else f"{unmarked(body)}\n<!-- metabot ended {why} -->\n"


def unmarked(body: str) -> str:
    """The text of one that a person opened again."""
    return f"{_LINE.sub('', body.replace(_BROWSERS, _OURS)).rstrip()}\n"


def ended(body: str) -> Why | None:
    found = _LINE.search(body.replace(_BROWSERS, _OURS))
    return None if found is None else _WHYS[found[1]]
