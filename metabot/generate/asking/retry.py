"""Which failures are tried again, and after how long: what the server asks for, else longer each time."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import tenacity

from metabot.generate.asking.answered import Failed

T = TypeVar("T")
ATTEMPTS: Final = 4
_PASSING: Final = (408, 409, 429)
_FOR_GOOD: Final = ("insufficient_quota", "billing_hard_limit_reached")  # said with 429
_LONGER: Final = tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)


def passes(failed: Failed) -> bool:
    """Whether the same request may be answered later."""
    if failed.status is None:
        return failed.why in ("unreachable", "stalled", "broken")
    passing = failed.status in _PASSING or failed.status >= 500
    return passing and failed.code not in _FOR_GOOD


def tried_again(
    attempt: Callable[[], T | Failed], *, left: Callable[[], float], sleep: Callable[[float], None]
) -> T | Failed:
    """The result of the first attempt that does not fail in passing, else the last failure.

    A wait that would not end within what is `left` is not begun.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda result: isinstance(result, Failed) and passes(result)),
        wait=_wait,
        stop=lambda state: state.attempt_number >= ATTEMPTS or state.upcoming_sleep >= left(),
        sleep=sleep,
        retry_error_callback=_last,
    )
    result: T | Failed = retrying(attempt)
    return result


def _wait(state: tenacity.RetryCallState) -> float:
    asked = _last(state).retry_after
    return _LONGER(state) if asked is None else asked


def _last(state: tenacity.RetryCallState) -> Failed:
    assert state.outcome is not None
    failed = state.outcome.result()
    assert isinstance(failed, Failed)
    return failed


def retry_after(header: str | None) -> float | None:
    """Seconds that a `Retry-After` asks to wait: a number or a date. None where it is neither."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (aware - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
