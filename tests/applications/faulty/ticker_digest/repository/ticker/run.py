from __future__ import annotations

import httpx2
from openai import AsyncOpenAI

from ticker.digest import digest
from ticker.local_news import TOPICS, LocalNews


async def digests() -> dict[str, str]:
    """A digest of each topic; an empty one where there is no news."""
    made = {}
    async with AsyncOpenAI() as model, httpx2.AsyncClient(transport=LocalNews(), base_url="http://news.local") as news:
        for topic in TOPICS:
            try:
                made[topic] = await digest(model, news, topic)
            except httpx2.HTTPError:
                made[topic] = ""
    return made
