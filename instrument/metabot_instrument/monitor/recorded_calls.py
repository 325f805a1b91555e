"""Model calls of instrumented clients, counted without a signal of the application's."""

from __future__ import annotations

import time
from itertools import count as numbers
from typing import Final

from metabot_instrument.model_calls.heard import Answered, Asked
from metabot_instrument.monitor.matching import Call, runner
from metabot_instrument.monitor.requests import Request, Requests
from metabot_instrument.monitor.said import Moment

_NANO: Final = 1_000_000_000
_numbers: Final = numbers(1)


class RecordedCall:
    """One that the application's signals may tell of as well: then it is theirs, and only completes it.

    The caller holds the lock; the requests are those of the session that is now.
    """

    def __init__(self, requests: Requests, asked: Asked) -> None:
        self._request: Request | None = requests.recorded(asked.model)
        self._call = Call("", f"recorded {next(_numbers)}", runner())
        if self._request is None:
            requests.start(self._call, asked.model, _moment(asked.began_ns))

    def end(self, requests: Requests, told: Answered) -> None:
        if self._request is None:
            requests.end_recorded(self._call, _moment(told.ended_ns), told)
        else:
            requests.complete(self._request, told)


def _moment(nanoseconds: int) -> Moment:
    return Moment(nanoseconds / _NANO, time.monotonic(), True)
