"""Plays a script: everything between a request's bytes and its answer, without HTTP."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NoReturn

from metabot.replay.answer import answer
from metabot.replay.chat_request import ChatRequest, read
from metabot.replay.completion import completion
from metabot.replay.played import Due, NotServed, Played
from metabot.replay.prompt_cache import PromptCache
from metabot.replay.script import Script
from metabot.replay.timing import draw
from metabot.replay.tokens import tokens
from metabot.replay.tool_request import ToolRequest


class Player:
    """One script with its cache and its seed. Safe to use from many threads."""

    def __init__(self, script: Script, *, seed: int, speed: float, clock: Callable[[], float]) -> None:
        self.script = script
        self._seed = seed
        self._speed = speed
        self._cache = PromptCache(script.cache, clock)
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def models(self) -> tuple[str, ...]:
        return (self.script.model,)

    def chat(self, body: bytes, _headers: Mapping[str, str]) -> Played:
        """BadRequest: the request is malformed. NotServed: another model, or no rule answers it."""
        request = read(body)
        if request.model != self.script.model:
            raise NotServed(
                f"The model `{request.model}` does not exist: {self.script.path} plays `{self.script.model}`.",
                code="model_not_found",
                param="model",
            )
        found = answer(self.script, request)
        if found is None:
            raise NotServed(_no_rule(self.script, request), code="no_rule", param="messages")
        seen = self._count(request.digest)
        prompt = tokens(request.prompt())
        cached = self._cache.cached_tokens(request.model, prompt)
        said = completion(
            found,
            model=request.model,
            identity=f"{self._seed} {request.digest} {seen}",
            prompt_tokens=len(prompt),
            cached_tokens=cached,
            max_tokens=request.max_tokens,
        )
        times = draw(
            self.script.timing,
            seed=self._seed,
            digest=request.digest,
            seen=seen,
            uncached_tokens=len(prompt) - cached,
            speed=self._speed,
        )
        rest = times.output_token * max(0, said.completion_tokens - 1)
        return Played(
            way="rule",
            status=200,
            completion=said,
            body=None,
            due=Due(first_token=times.first_token, token=times.output_token, whole=times.first_token + rest),
            stream=request.stream,
            include_usage=request.include_usage,
            row={"request": request.digest, "rule": found.rule, **said.counts()},
            read_prompt=lambda: self._cache.keep(request.model, prompt),
        )

    def tool(self, request: ToolRequest, _headers: Mapping[str, str]) -> NoReturn:
        """NotServed, whatever it is: a script plays a model alone."""
        raise NotServed(f"Invalid URL ({request.method} {request.path})", code="unknown_url", param=None)

    def _count(self, digest: str) -> int:
        with self._lock:
            self._seen[digest] += 1
            return self._seen[digest]


def _no_rule(script: Script, request: ChatRequest) -> str:
    turns = sum(message.role == "assistant" for message in request.messages)
    results = sorted({message.tool for message in request.messages if message.tool is not None})
    last = request.messages[-1]
    return (
        f"No rule of {script.path} answers this request: {turns} assistant turns, results of "
        f"{', '.join(results) or 'no tool'}, last message from {last.role}: {last.text[:200]!r}. Add a rule for it."
    )
