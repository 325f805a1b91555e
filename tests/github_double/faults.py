"""How GitHub, or the way to it, fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from github_double.answers import Answer, RefusedError

When = Literal["before", "after"]

_SECONDARY: Final = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
_PRIMARY: Final = "API rate limit exceeded for user ID 100."


@dataclass(frozen=True)
class Fault:
    """An answer in place of the real one; without, the request is carried out after `seconds`, or the line is `cut`.

    `meanwhile` happens before the request is carried out, or after it and before it is answered.
    """

    answer: Callable[[], Answer] | None = None
    seconds: float = 0.0
    cut: When | None = None
    meanwhile: Callable[[], object] | None = None
    when: When = "before"

    def happens(self, when: When) -> None:
        if self.meanwhile is not None and self.when == when:
            self.meanwhile()


def broken(status: int = 502) -> Fault:
    """GitHub's page about a unicorn, as its load balancers send it."""
    page = (
        "<html><head><title>Unicorn! &middot; GitHub</title></head><body>looks like something went wrong!</body></html>"
    )
    return Fault(lambda: Answer(status, page, {"Content-Type": "text/html; charset=utf-8"}))


def web_page() -> Fault:
    """A proxy that wants somebody to sign in: 200, and no JSON."""
    return Fault(lambda: Answer(200, "<html>Sign in to continue</html>", {"Content-Type": "text/html"}))


def rate_limited(seconds: float = 3600.0, status: int = 403) -> Fault:
    """The hour's requests are spent; they come again after so long."""

    def answer() -> Answer:
        used = {"x_ratelimit_limit": "5000", "x_ratelimit_remaining": "0", "x_ratelimit_used": "5000"}
        return RefusedError(status, _PRIMARY, **used, x_ratelimit_reset=str(int(time.time() + seconds))).answer

    return Fault(answer)


def secondary_limit(retry_after: int | None = 60, status: int = 403) -> Fault:
    """Too much at once. GitHub does not always say how long to wait."""
    more = {} if retry_after is None else {"retry_after": str(retry_after)}
    return Fault(lambda: RefusedError(status, _SECONDARY, **more).answer)


def redirected(to: str) -> Fault:
    """To another address, which must not get the token."""
    return Fault(lambda: Answer(302, None, {"Location": to}))


def refused(status: int, message: str, *errors: dict[str, Any], **headers: str) -> Fault:
    return Fault(lambda: RefusedError(status, message, *errors, **headers).answer)


def slow(seconds: float) -> Fault:
    return Fault(seconds=seconds)


def meanwhile(act: Callable[[], object], when: When = "before") -> Fault:
    """Somebody does something just then: a person closes what is about to be edited, a client is killed."""
    return Fault(meanwhile=act, when=when)


def cut(when: When = "after") -> Fault:
    """The connection ends before the request was carried out, or after it, which the client cannot tell."""
    return Fault(cut=when)


@dataclass
class _Waiting:
    fault: Fault
    times: int
    method: str
    path: str
    skips: int


@dataclass
class Faults:
    _waiting: list[_Waiting] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, times: int, method: str, path: str, skips: int) -> None:
        with self._lock:
            self._waiting.append(_Waiting(fault, times, method, path, skips))

    def take(self, method: str, path: str) -> Fault:
        """The first that waits for such a request; else one that does nothing."""
        with self._lock:
            for waiting in self._waiting:
                if waiting.times == 0 or waiting.method not in ("", method) or waiting.path not in path:
                    continue
                if waiting.skips == 0:
                    waiting.times -= 1
                    return waiting.fault
                waiting.skips -= 1
        return Fault()
