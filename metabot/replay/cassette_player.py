"""Plays a cassette: everything between a request and its recorded answer, without HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from metabot.replay import asked
from metabot.replay.asked import Asked
from metabot.replay.blanks import filled
from metabot.replay.cassette import Answer, Cassette, Exchange, Kind
from metabot.replay.chat_request import ChatRequest, read
from metabot.replay.completion import Completion
from metabot.replay.likeness import FLOOR
from metabot.replay.played import Due, NotServed, Played
from metabot.replay.prompt_cache import PromptCache
from metabot.replay.tape import Found, Missing, Tape
from metabot.replay.tokens import tokens
from metabot.replay.tool_request import ToolRequest

_SHOWN: Final = 200  # characters of a request that is missing


class CassettePlayer:
    """One cassette with its tape and its modelled prompt cache. Safe to use from many threads."""

    def __init__(self, cassette: Cassette, *, seed: int, speed: float, clock: Callable[[], float]) -> None:
        self.cassette = cassette
        self.tape = Tape(cassette, seed=seed)
        self._seed = seed
        self._speed = speed
        self._cache = PromptCache(cassette.cache, clock)

    @property
    def models(self) -> tuple[str, ...]:
        return self.cassette.models

    def chat(self, body: bytes, headers: Mapping[str, str]) -> Played:
        """BadRequest: the request is malformed. NotServed: nothing was recorded that is like it."""
        request = read(body)
        wanted = asked.chat(body, headers)
        found = self._found(wanted, f"model {request.model}, last message from {_last(request)}")
        exchange = found.exchange
        if not isinstance(exchange.answer, Answer):
            return self._plain(wanted, found)
        prompt = tokens(request.prompt())
        said = self._completion(exchange, _completed(exchange, exchange.answer, request), wanted, request, prompt)
        share = _share(exchange.answer, said)
        return Played(
            way=found.way,
            status=200,
            completion=said,
            body=None,
            due=self._due(exchange, len(said.pieces) + len(said.calls), share),
            stream=request.stream,
            include_usage=request.include_usage,
            row={**_row(wanted, found), **said.counts()},
            read_prompt=lambda: self._cache.keep(request.model, prompt),
        )

    def tool(self, request: ToolRequest, headers: Mapping[str, str]) -> Played:
        """NotServed: nothing was recorded that is like it."""
        wanted = asked.tool(request, headers)
        return self._plain(wanted, self._found(wanted, f"{request.method} {request.path}, body {request.body!r}"))

    def _found(self, wanted: Asked, described: str) -> Found:
        found = self.tape.find(wanted)
        if isinstance(found, Missing):
            nearest = (
                f"nothing of this model or tool was recorded, only of {', '.join(self._known(wanted.kind))}"
                if found.nearest is None
                else f"the nearest recorded request is like it by {found.nearest:.2f}, and {FLOOR} is the least"
            )
            raise NotServed(
                f"{self.cassette.path} holds no exchange for this request: {described[:_SHOWN]}; {nearest}. "
                "Record it, or add it to the cassette.",
                code="not_recorded",
                param=None,
            )
        return found

    def _known(self, kind: Kind) -> tuple[str, ...]:
        """Models, or methods and paths of tools."""
        of_kind = (one.likeness.model for one in self.cassette.exchanges if one.kind == kind)
        return tuple(dict.fromkeys(of_kind)) or (f"no {kind}",)

    def _plain(self, wanted: Asked, found: Found) -> Played:
        assert not isinstance(found.exchange.answer, Answer)
        return Played(
            way=found.way,
            status=found.exchange.answer.status,
            completion=None,
            body=found.exchange.answer.body,
            due=self._due(found.exchange, 0, 1.0),
            stream=False,
            include_usage=False,
            row=_row(wanted, found),
        )

    def _completion(
        self, exchange: Exchange, answer: Answer, wanted: Asked, request: ChatRequest, prompt: list[str]
    ) -> Completion:
        prompt_tokens = _prompt_tokens(exchange, answer, wanted)
        cached_share = self._cache.cached_tokens(request.model, prompt) / max(1, len(prompt))
        pieces, calls = tokens(answer.text), answer.calls
        counted = len(pieces) + sum(len(tokens(f"{tool}({arguments})")) for _, tool, arguments in calls)
        completion_tokens = counted if answer.completion_tokens is None else answer.completion_tokens
        limit = request.max_tokens
        cut = limit is not None and limit < completion_tokens
        if cut and limit is not None:
            pieces, calls = pieces[: len(pieces) * limit // completion_tokens], ()
        return Completion(
            id=f"chatcmpl-{hashlib.sha256(f'{self._seed} {wanted.request}'.encode()).hexdigest()[:28]}",
            model=request.model,
            pieces=tuple(pieces),
            calls=calls,
            finish_reason="length" if cut else answer.finish_reason,
            prompt_tokens=prompt_tokens,
            cached_tokens=int(prompt_tokens * cached_share),
            completion_tokens=limit if cut and limit is not None else completion_tokens,
        )

    def _due(self, exchange: Exchange, parts: int, share: float) -> Due:
        """What is unknown takes no time; without a first token's time the parts come evenly."""
        total = exchange.total_ms or 0.0
        first = total / (parts + 1) if exchange.first_token_ms is None else exchange.first_token_ms
        rest = max(0.0, total - first) * share
        return Due(
            first_token=first / 1000 / self._speed,
            token=rest / max(1, parts) / 1000 / self._speed,
            whole=(first + rest) / 1000 / self._speed,
        )


def _completed(exchange: Exchange, answer: Answer, request: ChatRequest) -> Answer:
    """With what was redacted in it and stands in the request."""
    texts = [message.text for message in request.messages]
    return replace(
        answer,
        text=filled(answer.text, exchange.blanks, texts),
        calls=tuple(
            (identity, name, filled(arguments, exchange.blanks, texts, is_json=True))
            for identity, name, arguments in answer.calls
        ),
    )


def _prompt_tokens(exchange: Exchange, answer: Answer, wanted: Asked) -> int:
    """The provider's own count, in proportion where another text is sent: so two requests are counted alike."""
    if answer.prompt_tokens is None or not exchange.modelled_tokens:
        return wanted.modelled_tokens if answer.prompt_tokens is None else answer.prompt_tokens
    if _same_texts(exchange, wanted):
        return answer.prompt_tokens
    return round(answer.prompt_tokens * wanted.modelled_tokens / exchange.modelled_tokens)


def _same_texts(exchange: Exchange, wanted: Asked) -> bool:
    return len(exchange.texts) == len(wanted.texts) and all(
        recorded in spellings for recorded, spellings in zip(exchange.texts, wanted.texts, strict=True)
    )


def _share(answer: Answer, said: Completion) -> float:
    """Of the answer that was recorded, how much is said."""
    return min(1.0, said.completion_tokens / answer.completion_tokens) if answer.completion_tokens else 1.0


def _last(request: ChatRequest) -> str:
    last = request.messages[-1]
    return f"{last.role}: {last.text!r}"


def _row(wanted: Asked, found: Found) -> dict[str, object]:
    one = found.exchange
    return {"request": wanted.request, "match": found.way, "exchange": f"{one.sequence} {one.number}"}
