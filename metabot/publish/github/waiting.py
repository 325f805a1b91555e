"""How long GitHub's rate limits ask to wait.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit: `retry-after`
first, then the reset where nothing remains; else at least a minute, and longer each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_AT_LEAST: Final = 60.0
_SECONDARY: Final = re.compile(r"secondary rate limit|abuse detection", re.IGNORECASE)


def asked_to_wait(status: int, headers: Mapping[str, str], text: str, *, now: float, earlier: int) -> float | None:
    """Seconds, after so many earlier refusals; None where it is no rate limit that refuses."""
    if status not in (403, 429):
        return None
    after = _number(headers.get("retry-after"))
    if after is not None:
        return after
    reset = _number(headers.get("x-ratelimit-reset"))
    if _number(headers.get("x-ratelimit-remaining")) == 0 and reset is not None:
        return max(reset - now, 0.0) + 1.0  # whole seconds, and clocks differ
    if status == 429 or _SECONDARY.search(text):
        return _AT_LEAST * float(2**earlier)
    return None


def _number(header: str | None) -> float | None:
    """Also none of what is no count of seconds."""
    return float(header) if header is not None and re.fullmatch(r"\d{1,12}(\.\d+)?", header) else None
