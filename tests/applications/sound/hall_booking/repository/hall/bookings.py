import asyncio
import json
import sys

import filetrace
import httpx2
from filetrace import openai_calls
from openai import AsyncOpenAI

from hall.booking import book
from hall.office import Office

WISHES = [(f"2027-0{month}-1{month}", 20 + month) for month in range(1, 9)]


async def answered(request: httpx2.Request) -> httpx2.Response:
    """An office on this machine."""
    await asyncio.sleep(0.05)
    wish = json.loads(request.content)
    number = wish["guests"] * 31
    body = {"code": f"H{number}"} if request.url.path == "/hold" else {"receipt": f"R{number + 7}"}
    return httpx2.Response(200, json=body)


async def bookings() -> list[str]:
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answered), base_url="http://office.local")
    async with AsyncOpenAI() as model, client:
        office = Office(client)
        return [await book(model, office, date, guests) for date, guests in WISHES]


if __name__ == "__main__":
    filetrace.start("hall-booking")
    openai_calls.instrument()
    made = asyncio.run(bookings())
    good = sum(f"H{guests * 31}" in text for text, (_, guests) in zip(made, WISHES, strict=True))
    print(json.dumps({"score": good / len(made), "cases": len(made)} if "--score" in sys.argv else made))
