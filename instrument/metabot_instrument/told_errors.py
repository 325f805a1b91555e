"""How a call failed, told without the server's words: these may repeat a key, a header or a part of the prompt.

Standard library only.
"""

from __future__ import annotations

import re
from typing import Final

from metabot_instrument.settings import Capture

_CODE: Final = re.compile(r"[A-Za-z0-9_.\-]{1,80}")
_KEY: Final = re.compile(r"(?i)\bsk-[\w.*-]+|\bbearer\s+\S+|\b(?=[\w*-]*\d)[\w*-]{20,}")  # and long identifiers
_SECRET: Final = re.compile(r"(?i)\bsk-[\w.*-]+|\bbearer\s+\S+|\b(?:api[_ -]?key|token|password|secret)\s*[=:]\s*\S+")
_LONGEST: Final = 300  # characters of the server's message


def code_in(value: object) -> str | None:
    """A word that names an error; a sentence is none."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) and not _KEY.search(value) else None


def described(error: BaseException, capture: Capture) -> str:
    """The status and the code of it; where texts are captured its message, too, without what looks like a key."""
    found = (getattr(error, name, None) for name in ("status_code", "code", "type"))
    codes = [str(one) for one in found if one is not None and _CODE.fullmatch(str(one))]
    if not codes and error.__cause__ is not None:
        codes = [type(error.__cause__).__name__]
    told = " ".join([type(error).__name__, *codes])
    if capture != "text":
        return told
    return f"{told}: {_KEY.sub('[key]', _utf8(str(error)))[:_LONGEST]}"


def without_keys(words: str) -> str:
    """Text of the application's own, in which what is marked as a secret is left out."""
    return _SECRET.sub("[key]", words)


def in_words(error: BaseException, capture: Capture) -> str:
    """What an exception says: of the openai package as `described`, of any other its text without marked secrets."""
    if type(error).__module__.partition(".")[0] == "openai":
        return described(error, capture)
    return without_keys(str(error))


def _utf8(words: str) -> str:
    return words.encode("utf-8", "replace").decode()
