"""One question, one answer."""

from datetime import date

from openai import OpenAI
from opentelemetry import trace

from trail_guide.guide import instructions

MODEL = "gpt-4o-mini"
tracer = trace.get_tracer("trail_guide")


def answer(client: OpenAI, visitor: str, question: str) -> str:
    with tracer.start_as_current_span("answer", attributes={"gen_ai.operation.name": "invoke_agent"}):
        completion = client.chat.completions.create(
            model=MODEL,
            messages=[
                {"role": "system", "content": instructions(visitor, date.today())},
                {"role": "user", "content": question},
            ],
        )
        return completion.choices[0].message.content or ""
