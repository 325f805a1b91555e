"""Which observations a monitor looks at, and what its counts stand for."""

from __future__ import annotations

import random
from hashlib import blake2b
from typing import Any, Final

_WHOLE: Final = 2**32


class Sampling:
    """At a rate below 1 counts are estimates: `estimate` is what was counted over the rate."""

    def __init__(self, rate: float, where: str) -> None:
        """Raises ValueError where the rate is not above 0 and at most 1."""
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 1:
            raise ValueError(f"{where}: sample_rate is {rate!r}. Say a number above 0 and at most 1.")
        self.rate: Final = float(rate)
        self._random = random.Random()  # noqa: S311  # draws a sample, hides nothing

    def keeps(self) -> bool:
        """Whether to look at this one, by chance."""
        return self.rate == 1.0 or self._random.random() < self.rate

    def keeps_all_of(self, session: str | None) -> bool:
        """The same for every action of a session, in every process; by chance for one without a session."""
        if session is None or self.rate == 1.0:
            return self.keeps()
        digest = blake2b(session.encode(errors="replace"), digest_size=4).digest()
        return int.from_bytes(digest, "big") / _WHOLE < self.rate

    def counted(self, number: int) -> dict[str, Any]:
        return {"counted": number, "estimate": number / self.rate}
