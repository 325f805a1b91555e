"""One line on top of the board, by a small model."""

import json
from typing import Any

import httpx2
from opentelemetry import trace

MODEL = "llama-3.1-8b"
tracer = trace.get_tracer("city_board")


async def headline(model: httpx2.AsyncClient, city: str, weather: dict[str, Any], events: dict[str, Any]) -> str:
    messages = [
        {"role": "system", "content": "You write one short line for the board of a city."},
        {"role": "user", "content": f"City: {city}\nWeather: {weather['sky']}\nEvents: {json.dumps(events)}"},
    ]
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": MODEL,
        **{f"llm.input_messages.{n}.message.{key}": one[key] for n, one in enumerate(messages) for key in one},
    }
    with tracer.start_as_current_span("headline", attributes=attributes) as span:
        response = await model.post("chat/completions", json={"model": MODEL, "messages": messages}, timeout=20.0)
        response.raise_for_status()
        said = response.json()
        span.set_attribute("llm.token_count.prompt", said["usage"]["prompt_tokens"])
        span.set_attribute("llm.token_count.completion", said["usage"]["completion_tokens"])
        span.set_attribute("llm.output_messages.0.message.content", said["choices"][0]["message"]["content"])
        return said["choices"][0]["message"]["content"]
