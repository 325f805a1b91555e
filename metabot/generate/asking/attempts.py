"""One question, as often as it must be sent: within the budget, at the pace, in a form that the server takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import blake3

from analyzers.finding import Fingerprint
from metabot.config import Settings
from metabot.generate.asking import trail
from metabot.generate.asking.answered import Answered, Failed
from metabot.generate.asking.asked import Asked, Outcome
from metabot.generate.asking.budget import Allowance, Books, most_input_tokens
from metabot.generate.asking.dialect import Dialect
from metabot.generate.asking.gate import Gate
from metabot.generate.asking.retry import tried_again
from metabot.generate.asking.tariff import Tariff
from metabot.own_calls import validators_of
from metabot.stopped import Reason
from metabot.telemetry.prices import OwnPrice, provider_at

Send = Callable[[Mapping[str, Any], float], Answered | Failed]
"""Takes the body of a request and how many seconds its answer may take."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The request was not made."""

    reason: Reason
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    messages: Sequence[tuple[str, str]]  # role and text
    schema: Mapping[str, object] | None
    about: Fingerprint


@dataclass(frozen=True, slots=True)
class Replied:
    answer: Answered
    asked: Asked


@dataclass(slots=True)
class Attempts:
    """What a pass has learned of its server stays: the dialect, and when it was asked."""

    tariff: Tariff
    _: KW_ONLY
    server: str
    max_tokens: int
    allowance: Allowance
    books: Books
    spans: Path
    dialect: Dialect
    gate: Gate
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    @classmethod
    def of(cls, settings: Settings, books: Books) -> Attempts:
        chosen = settings.model
        own = tuple(OwnPrice(**price.model_dump()) for price in settings.prices)
        server = urlsplit(chosen.base_url).netloc
        return cls(
            Tariff(chosen.name, provider_at(chosen.base_url), own),
            server=server,
            max_tokens=chosen.max_tokens,
            allowance=Allowance(
                tokens_per_proposal=chosen.budget_tokens_per_proposal,
                tokens_per_day=chosen.budget_tokens_per_day,
                usd_per_proposal=chosen.budget_usd_per_proposal,
                usd_per_day=chosen.budget_usd_per_day,
            ),
            books=books,
            spans=settings.state / trail.FILE,
            dialect=Dialect.of(chosen.structured, chosen.temperature),
            gate=Gate(
                server,
                requests_per_minute=chosen.requests_per_minute,
                deadline_seconds=chosen.deadline_seconds,
                validators=validators_of(settings),
            ),
            clock=time.monotonic,
            sleep=time.sleep,
        )

    def answer(self, question: Question, send: Send, *, seconds: float) -> Replied | Failed | Denied:
        """Within so many seconds, waits included."""
        until = self.clock() + seconds

        def left() -> float:
            return until - self.clock()

        return tried_again(lambda: self._understood(question, send, left), left=left, sleep=self.sleep)

    def _understood(self, question: Question, send: Send, left: Callable[[], float]) -> Replied | Failed | Denied:
        """Asks again at once where the server refuses a parameter that can be left out; each only once."""
        result = self._once(question, send, left)
        while isinstance(result, Failed) and (milder := self.dialect.after(result)) is not None:
            self.dialect = milder
            result = self._once(question, send, left)
        return result

    def _once(self, question: Question, send: Send, left: Callable[[], float]) -> Replied | Failed | Denied:
        if left() <= 0 or not self.gate.turn(left()):
            return Denied("model unavailable", "the next request would come after deadline_seconds")
        request = self.dialect.request(
            question.messages, question.schema, model=self.tariff.model, max_tokens=self.max_tokens
        )
        most = self._at_most(question.about, request)
        number = self.books.reserve(most, self.allowance)
        if isinstance(number, str):
            unpriced = (
                "" if most.cost_usd is not None else f"; {self.tariff.model} has no known price, tokens count alone"
            )
            return Denied("budget spent", number + unpriced)
        began = self.clock()
        result = send(request, left())
        asked = self._settled(replace(most, seconds=self.clock() - began), result)
        self.books.settle(number, asked)
        trail.append(self.spans, asked)
        return result if isinstance(result, Failed) else Replied(result, asked)

    def _at_most(self, about: Fingerprint, request: Mapping[str, Any]) -> Asked:
        """What is written down before the request: the most that it can come to."""
        tokens = most_input_tokens(request["messages"], json.dumps(request.get("response_format", "")))
        return Asked(
            about=about,
            model=self.tariff.model,
            server=self.server,
            prompt_hash=blake3.blake3(json.dumps(request, sort_keys=True).encode()).hexdigest(),
            started_ns=time.time_ns(),
            seconds=0.0,
            outcome="under way",
            status=None,
            input_tokens=tokens,
            output_tokens=self.max_tokens,
            counted=False,
            cost_usd=self.tariff.usd(tokens, self.max_tokens),
        )

    def _settled(self, most: Asked, result: Answered | Failed) -> Asked:
        """The server's own counts; nothing for a request that it refused; else what was reserved stands."""
        if isinstance(result, Failed):
            ended = replace(most, outcome=result.why, status=result.status)
            free = None if most.cost_usd is None else 0.0
            return ended if result.was_paid else replace(ended, input_tokens=0, output_tokens=0, cost_usd=free)
        ended = replace(most, outcome=_outcome(result))
        if result.input_tokens is None or result.output_tokens is None:
            return ended
        cost = self.tariff.usd(result.input_tokens, result.output_tokens, result.cached_tokens or 0)
        return replace(
            ended,
            input_tokens=result.input_tokens,
            output_tokens=result.output_tokens,
            counted=True,
            cost_usd=cost,
        )


def _outcome(answer: Answered) -> Outcome:
    if answer.refusal or answer.finish_reason == "content_filter":
        return "refused"
    return "cut" if answer.finish_reason == "length" else "answered"
