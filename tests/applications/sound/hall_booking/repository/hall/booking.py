"""Books the hall for one evening."""

import json

from openai import AsyncOpenAI
from opentelemetry import trace

from hall.office import Office

tracer = trace.get_tracer("hall")


async def book(model: AsyncOpenAI, office: Office, date: str, guests: int) -> str:
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "input.value": json.dumps([date, guests]),
        "code.function.name": "hall.booking.book",
        "code.file.path": __file__,
    }
    with tracer.start_as_current_span("book", attributes=attributes):
        held = await office.hold(date, guests)
        paid = await office.charge(date, guests)
        completion = await model.chat.completions.create(
            model="gpt-4o-mini",
            messages=[
                {"role": "system", "content": "Confirm the booking in one sentence."},
                {"role": "user", "content": f"{held['code']} {paid['receipt']}"},
            ],
        )
        return completion.choices[0].message.content or ""
