"""Makes a recap of a meeting's notes."""

import json

from opentelemetry import trace

from recap.settings import SETTINGS

tracer = trace.get_tracer("recap")
SYSTEM = "Make a recap of the notes as JSON with title, decisions and actions."


def recap(client, notes):
    model = SETTINGS["model"]
    with tracer.start_as_current_span("recap"):
        completion = client.chat.completions.create(
            model=model["name"],
            temperature=model["temperature"],
            max_tokens=model["max_tokens"],
            messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": notes}],
        )
        return json.loads(completion.choices[0].message.content)
