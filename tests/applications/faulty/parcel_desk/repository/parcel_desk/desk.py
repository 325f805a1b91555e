"""Answers where a parcel is."""

import json
import os

import requests

from parcel_desk import carrier
from parcel_desk.tracing import code_of, tracer

MODEL = "mistral-small"


def status(number: str) -> dict:
    """What the page of a parcel shows."""
    attributes = {"gen_ai.operation.name": "invoke_agent", "input.value": number, **code_of(status)}
    with tracer.start_as_current_span("status", attributes=attributes):
        where = carrier.position(number)
        duty = carrier.customs(number)
        return {"number": number, "duty": duty["euro"], "text": sentence(where, duty)}


def sentence(where: dict, duty: dict) -> str:
    messages = [
        {"role": "system", "content": "Say in one sentence where the parcel is."},
        {"role": "user", "content": json.dumps({**where, **duty})},
    ]
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": MODEL, **code_of(sentence)}
    with tracer.start_as_current_span(f"chat {MODEL}", attributes=attributes) as span:
        response = requests.post(
            f"{os.environ['PARCEL_MODEL']}/chat/completions", json={"model": MODEL, "messages": messages}, timeout=30
        )
        response.raise_for_status()
        said = response.json()
        span.set_attribute("gen_ai.usage.input_tokens", said["usage"]["prompt_tokens"])
        span.set_attribute("gen_ai.usage.output_tokens", said["usage"]["completion_tokens"])
        return said["choices"][0]["message"]["content"]
