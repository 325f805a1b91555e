"""How a call failed, told without the server's words: these may repeat a key, a header or a part of the prompt."""

from __future__ import annotations

import re
from typing import Any, Final

from metabot_instrument.model_calls.values import text, whole
from metabot_instrument.settings import Capture
from metabot_instrument.vocabulary import attributes as names

_CODE: Final = re.compile(r"[A-Za-z0-9_.\-]{1,80}")
_KEY: Final = re.compile(r"(?i)\bsk-[\w.*-]+|\bbearer\s+\S+|\b(?=[\w*-]*\d)[\w*-]{20,}")  # and long identifiers
_LONGEST: Final = 300  # characters of the server's message


def attributes(error: BaseException) -> dict[str, Any]:
    status = whole(getattr(error, "status_code", None))
    return {names.ERROR_TYPE: type(error).__name__, names.HTTP_STATUS: status}


def described(error: BaseException, capture: Capture) -> str:
    """The status and the code of it; where texts are captured its message, too, without what looks like a key."""
    found = (getattr(error, name, None) for name in ("status_code", "code", "type"))
    codes = [str(one) for one in found if one is not None and _CODE.fullmatch(str(one))]
    if not codes and error.__cause__ is not None:
        codes = [type(error.__cause__).__name__]
    told = " ".join([type(error).__name__, *codes])
    if capture != "text":
        return told
    return f"{told}: {_KEY.sub('[key]', text(str(error)) or '')[:_LONGEST]}"
