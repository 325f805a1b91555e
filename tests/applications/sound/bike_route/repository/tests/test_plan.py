import asyncio

import bike_route
import httpx2


def test_a_plan_waits_for_its_job(monkeypatch):
    async def said(client, km):
        return f"{km} km"

    async def work():
        transport = httpx2.MockTransport(bike_route.Service())
        async with httpx2.AsyncClient(transport=transport, base_url="http://r.test") as client:
            return await bike_route.plan(client, None, "Bonn")

    monkeypatch.setattr(bike_route, "sentence", said)
    assert asyncio.run(work()).endswith(" km")
