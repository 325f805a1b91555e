"""What may be spent on a model, checked before each request by the most that it can cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from metabot.generate.asking.asked import Asked

_PER_MESSAGE: Final = 16  # tokens that a chat template may put around a message
DAY_NS: Final = 24 * 3600 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    tokens_per_proposal: int
    tokens_per_day: int
    usd_per_proposal: float
    usd_per_day: float

    def exceeded(self, more: Asked, *, of_proposal: Spent, of_day: Spent) -> str | None:
        """Which limit the request could exceed, in words; None: it is within all of them."""
        tokens = more.input_tokens + more.output_tokens
        usd = more.cost_usd or 0.0
        for name, spent, most in (
            ("budget_tokens_per_proposal", of_proposal.tokens, self.tokens_per_proposal),
            ("budget_tokens_per_day", of_day.tokens, self.tokens_per_day),
        ):
            if spent + tokens > most:
                return f"{spent:,} tokens are spent, the next request may take {tokens:,}, {name} is {most:,}"
        for name, dollars, limit in (
            ("budget_usd_per_proposal", of_proposal.usd, self.usd_per_proposal),
            ("budget_usd_per_day", of_day.usd, self.usd_per_day),
        ):
            if dollars + usd > limit:
                return f"{dollars:.4f} USD are spent, the next request may cost {usd:.4f}, {name} is {limit:g}"
        return None


@dataclass(frozen=True, slots=True)
class Books:
    """Where spending is written down: as a reservation before a request, as it was after it."""

    reserve: Callable[[Asked, Allowance], int | str]  # a number to settle it by, or which limit it could exceed
    settle: Callable[[int, Asked], None]


def most_input_tokens(messages: Sequence[Mapping[str, str]], more: str = "") -> int:
    """No tokenizer makes more tokens than a text has bytes."""
    texts = [message["content"] for message in messages]
    return sum(len(text.encode("utf-8", "replace")) + _PER_MESSAGE for text in texts) + len(more.encode())
