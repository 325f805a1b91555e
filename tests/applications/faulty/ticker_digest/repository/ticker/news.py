"""Headlines from the news service."""

from __future__ import annotations

import os

import httpx2

SERVICE = os.environ.get("NEWS_URL", "https://news.invalid")


async def headlines(client: httpx2.AsyncClient, topic: str) -> list[str]:
    """The newest headlines about a topic, at most five."""
    response = await client.get("/headlines", params={"topic": topic})
    response.raise_for_status()
    return response.json()["headlines"][:5]
