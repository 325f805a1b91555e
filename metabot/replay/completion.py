"""Answers in the shape of OpenAI's chat completions, whole and as a stream of chunks."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from metabot.replay.answer import Answer
from metabot.replay.tokens import tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """An answer with its identity and its counts. All token counts are approximations."""

    id: str
    model: str
    pieces: tuple[str, ...]  # the text, token by token
    calls: tuple[tuple[str, str, str], ...]  # id, tool, arguments as JSON
    finish_reason: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int

    def usage(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }

    def counts(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "cached_tokens": self.cached_tokens,
            "completion_tokens": self.completion_tokens,
        }

    def whole(self) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.pieces) or None, "refusal": None}
        if self.calls:
            message["tool_calls"] = [_call(*call) for call in self.calls]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self.usage()}

    def chunks(self, *, include_usage: bool) -> Iterator[dict[str, Any]]:
        """The chunks of a stream: the role, one chunk a token, the tool calls, the finish reason, the usage."""
        yield self._chunk({"role": "assistant", "content": ""})
        for piece in self.pieces:
            yield self._chunk({"content": piece})
        for index, call in enumerate(self.calls):
            yield self._chunk({"tool_calls": [{"index": index, **_call(*call)}]})
        yield self._chunk({}, self.finish_reason)
        if include_usage:
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": self.usage()}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": int(time.time()), "model": self.model}


def completion(
    answer: Answer, *, model: str, identity: str, prompt_tokens: int, cached_tokens: int, max_tokens: int | None
) -> Completion:
    """`identity` tells this answer from any other; a text longer than `max_tokens` is cut and ends with `length`."""
    digest = hashlib.sha256(identity.encode()).hexdigest()
    text = tokens(answer.text or "")
    cut = max_tokens is not None and len(text) > max_tokens
    pieces = text[:max_tokens]
    calls = () if cut else tuple((f"call_{digest[:20]}{n:04d}", *call) for n, call in enumerate(answer.calls))
    ended = "tool_calls" if calls else "stop"
    return Completion(
        id=f"chatcmpl-{digest[:28]}",
        model=model,
        pieces=tuple(pieces),
        calls=calls,
        finish_reason="length" if cut else ended,
        prompt_tokens=prompt_tokens,
        cached_tokens=cached_tokens,
        completion_tokens=len(pieces) + sum(len(tokens(f"{tool}({arguments})")) for _, tool, arguments in calls),
    )


def _call(identity: str, tool: str, arguments: str) -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": tool, "arguments": arguments}}
