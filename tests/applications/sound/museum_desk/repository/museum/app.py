"""The desk as an ASGI application: POST / with {"visitor": …, "question": …}."""

import json

from opentelemetry import trace
from opentelemetry.trace import SpanKind

tracer = trace.get_tracer("museum")


def application(desk):
    async def app(scope, receive, send):
        event = await receive()
        asked = json.loads(event["body"])
        with tracer.start_as_current_span("POST /", kind=SpanKind.SERVER):
            text = await desk.answer(asked["visitor"], asked["question"])
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps({"answer": text}).encode()})

    return app
