"""The collection, over HTTP. It restarts now and then, and is asked again."""

import asyncio

import httpx2

MOST_CHARACTERS = 2000
WAITS = (0.01, 0.02)


async def describe(client: httpx2.AsyncClient, title: str) -> str:
    """What the collection says of a work, cut where it becomes long."""
    for wait in (*WAITS, None):
        response = await client.get("/works", params={"title": title}, timeout=5)
        if response.status_code != 503 or wait is None:
            break
        await asyncio.sleep(wait)
    response.raise_for_status()
    return response.text[:MOST_CHARACTERS]
