import asyncio
import json
import sys

import filetrace
import httpx2
from filetrace import http_calls, openai_calls
from openai import AsyncOpenAI

from museum.app import application
from museum.desk import Desk

WORKS = ("Ferry", "Orchard", "Mill", "Harvest", "Storm", "Bridge", "Tailor", "Market", "Snow", "Fountain")
asked: dict[str, int] = {}


def collection(request: httpx2.Request) -> httpx2.Response:
    title = request.url.params["title"]
    asked[title] = asked.get(title, 0) + 1
    if WORKS.index(title) % 3 == 0 and asked[title] == 1:
        return httpx2.Response(503)
    return httpx2.Response(200, text=f"The {title} hangs in wing {WORKS.index(title) + 1}.")


async def ask(app, visitor, question):
    sent = []

    async def receive():
        return {"type": "http.request", "body": json.dumps({"visitor": visitor, "question": question}).encode()}

    async def send(event):
        sent.append(event)

    await app({"type": "http", "method": "POST", "path": "/"}, receive, send)
    return json.loads(sent[1]["body"])["answer"]


async def answers():
    works = httpx2.AsyncClient(transport=httpx2.MockTransport(collection), base_url="http://works.local")
    async with AsyncOpenAI() as model, works:
        app = application(Desk(model, works))
        return [
            await ask(app, f"Visitor {number}", f"Where is the {work}{' and the hours' if number % 2 else ''}?")
            for number, work in enumerate(WORKS)
        ]


if __name__ == "__main__":
    filetrace.start("museum-desk")
    openai_calls.instrument(code=True)
    http_calls.instrument_httpx2(code=True)
    found = asyncio.run(answers())
    good = sum(f"wing {number}." in text for number, text in enumerate(found, 1))
    print(json.dumps({"score": good / len(found), "cases": len(found)} if "--score" in sys.argv else found))
