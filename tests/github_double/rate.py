"""How many requests a token has left until they are renewed."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field

from github_double.answers import RefusedError

_LIMIT = 5000
_SECONDS = 3600.0


@dataclass
class Rate:
    _left: int = _LIMIT  # to each token when the time began
    _used: Counter[str] = field(default_factory=Counter)  # by the token's name
    _until: float = field(default_factory=lambda: time.time() + _SECONDS)

    def leave(self, left: int, seconds: float) -> None:
        """So many requests are left to each token, and all come again after so long."""
        self._left, self._until = left, time.time() + seconds
        self._used.clear()

    def ask(self, token: str) -> None:
        """Raises GitHub's refusal where none is left."""
        if time.time() >= self._until:
            self.leave(_LIMIT, _SECONDS)
        if self.left(token) == 0:
            raise RefusedError(403, "API rate limit exceeded for user ID 101.")

    def use(self, token: str) -> None:
        self._used[token] += 1

    def left(self, token: str) -> int:
        return max(0, self._left - self._used[token])

    def told(self, token: str) -> dict[str, int]:
        left = self.left(token)
        return {"limit": _LIMIT, "remaining": left, "used": _LIMIT - left, "reset": math.ceil(self._until)}

    def headers(self, token: str) -> dict[str, str]:
        told = {**self.told(token), "resource": "core"}
        return {f"X-RateLimit-{name.title()}": str(value) for name, value in told.items()}
