#!/usr/bin/env python3
"""Plans bicycle routes. Each step needs what the one before it found."""

import asyncio
import json
import os
import sys

import filetrace
import httpx2
from opentelemetry import trace

PLACES = ("Aalen", "Bonn", "Celle", "Dachau", "Emden", "Fulda", "Gotha", "Hamm")
tracer = trace.get_tracer("bike_route")


def traced(function):
    async def call(client, argument):
        attributes = {"openinference.span.kind": "TOOL", "input.value": json.dumps(argument)}
        with tracer.start_as_current_span(function.__name__, attributes=attributes) as span:
            result = await function(client, argument)
            span.set_attribute("output.value", json.dumps(result))
            return result

    return call


async def asked(client, path, **params):
    response = await client.get(path, params=params, timeout=5)
    response.raise_for_status()
    return response.json()


@traced
async def locate(client, place):
    return await asked(client, "/locate", place=place)


@traced
async def start_job(client, where):
    return await asked(client, "/route", north=where["north"], east=where["east"])


@traced
async def job_state(client, job):
    return await asked(client, "/jobs", job=job["job"])


async def sentence(client, km):
    messages = [{"role": "system", "content": "One sentence."}, {"role": "user", "content": f"{km} km"}]
    with tracer.start_as_current_span("chat phi-4", attributes={"gen_ai.operation.name": "chat"}) as span:
        response = await client.post("chat/completions", json={"model": "phi-4", "messages": messages}, timeout=30)
        response.raise_for_status()
        said = response.json()
        span.set_attribute("gen_ai.request.model", "phi-4")
        span.set_attribute("gen_ai.usage.input_tokens", said["usage"]["prompt_tokens"])
        span.set_attribute("gen_ai.usage.output_tokens", said["usage"]["completion_tokens"])
        return said["choices"][0]["message"]["content"]


async def plan(service, model, place):
    with tracer.start_as_current_span("plan", attributes={"input.value": place}):
        where = await locate(service, place)
        job = await start_job(service, where)
        state = await job_state(service, job)
        while "km" not in state:
            await asyncio.sleep(0.005)
            state = await job_state(service, job)
        return await sentence(model, state["km"])


class Service:
    """The routes' service on this machine; a job is done at the third look."""

    def __init__(self):
        self.looks = {}

    async def __call__(self, request):
        await asyncio.sleep(0.02)
        given = request.url.params
        if request.url.path == "/locate":
            number = PLACES.index(given["place"])
            return httpx2.Response(200, json={"north": 4811 + 37 * number, "east": 907 + 53 * number})
        if request.url.path == "/route":
            return httpx2.Response(200, json={"job": f"j{int(given['north']) * int(given['east']) % 99991}"})
        self.looks[given["job"]] = self.looks.get(given["job"], 0) + 1
        done = self.looks[given["job"]] == 3
        body = {"km": int(given["job"][1:]) % 200} if done else {"share": self.looks[given["job"]] / 3}
        return httpx2.Response(200, json=body)


async def plans():
    service = httpx2.AsyncClient(transport=httpx2.MockTransport(Service()), base_url="http://routes.local")
    async with service, httpx2.AsyncClient(base_url=os.environ["MODEL"].rstrip("/") + "/") as model:
        return [await plan(service, model, place) for place in PLACES]


if __name__ == "__main__":
    filetrace.start("bike-route", variable="SPANS")
    found = asyncio.run(plans())
    good = sum("kilometres" in text for text in found) / len(found)
    print(json.dumps({"score": good, "cases": len(found)} if "--score" in sys.argv else found))
