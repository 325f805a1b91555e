"""The three feeds that a board is made of."""

import json
from typing import Any

import httpx2
from opentelemetry import trace

tracer = trace.get_tracer("city_board")


async def weather(client: httpx2.AsyncClient, city: str) -> dict[str, Any]:
    return await _feed(client, "weather", city)


async def air(client: httpx2.AsyncClient, city: str) -> dict[str, Any]:
    return await _feed(client, "air", city)


async def events(client: httpx2.AsyncClient, city: str) -> dict[str, Any]:
    return await _feed(client, "events", city)


async def _feed(client: httpx2.AsyncClient, name: str, city: str) -> dict[str, Any]:
    attributes = {
        "openinference.span.kind": "TOOL",
        "tool.name": name,
        "input.value": json.dumps({"city": city}),
        "input.mime_type": "application/json",
    }
    with tracer.start_as_current_span(name, attributes=attributes) as span:
        response = await client.get(f"/{name}", params={"city": city}, timeout=5.0)
        response.raise_for_status()
        span.set_attribute("output.value", response.text)
        return response.json()
