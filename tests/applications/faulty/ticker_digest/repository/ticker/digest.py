"""A digest of the headlines about one topic."""

from __future__ import annotations

import httpx2
from openai import AsyncOpenAI
from opentelemetry import trace

from ticker.news import headlines

tracer = trace.get_tracer("ticker")


async def digest(model: AsyncOpenAI, news: httpx2.AsyncClient, topic: str) -> str:
    with tracer.start_as_current_span("digest", attributes={"openinference.span.kind": "AGENT"}):
        found = await headlines(news, topic)
        completion = await model.chat.completions.create(
            model="gpt-4o-mini",
            messages=[
                {"role": "system", "content": "Sum up the headlines in one line."},
                {"role": "user", "content": "\n".join(f"- {line}" for line in found)},
            ],
        )
        return completion.choices[0].message.content or ""
