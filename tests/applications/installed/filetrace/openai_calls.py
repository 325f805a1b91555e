"""Model calls of the openai package as spans, after OpenTelemetry's GenAI or OpenInference's conventions."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from openai.resources.chat.completions import AsyncCompletions, Completions
from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind

from filetrace import genai, openinference
from filetrace.callers import caller

QUIET = context.create_key("filetrace-quiet")
"""Set while a model call is under way: the HTTP calls that it is made of are not recorded again."""


def instrument(*, convention: Literal["genai", "openinference"] = "genai", code: bool = False) -> None:
    words = genai if convention == "genai" else openinference
    tracer = trace.get_tracer(f"filetrace.{convention}")

    @contextmanager
    def recorded(asked: dict[str, Any]) -> Iterator[Span]:
        name, attributes = words.request(asked)
        attributes |= caller() if code else {}
        with tracer.start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes) as span:
            token = context.attach(context.set_value(QUIET, value=True))
            try:
                yield span
            finally:
                context.detach(token)

    plain, coroutine = Completions.create, AsyncCompletions.create

    @functools.wraps(plain)
    def create(self: Completions, **asked: Any) -> Any:
        with recorded(asked) as span:
            answer = plain(self, **asked)
            span.set_attributes(words.response(_whole(answer)))
            return answer

    @functools.wraps(coroutine)
    async def create_async(self: AsyncCompletions, **asked: Any) -> Any:
        with recorded(asked) as span:
            answer = await coroutine(self, **asked)
            span.set_attributes(words.response(_whole(answer)))
            return answer

    Completions.create, AsyncCompletions.create = create, create_async


def _whole(answer: Any) -> dict[str, Any]:
    return json.loads(answer.model_dump_json())
