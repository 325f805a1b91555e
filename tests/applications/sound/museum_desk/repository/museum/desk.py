"""The desk: tools that one answer asks for run side by side, and of a long talk the last turns are kept."""

import asyncio
import json
from typing import Any

import httpx2
from openai import AsyncOpenAI
from opentelemetry import trace

from museum.collection import describe
from museum.prompt import system_prompt

KEPT = 12  # messages
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "find_work",
            "description": "Where a work hangs.",
            "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
        },
    },
    {
        "type": "function",
        "function": {
            "name": "opening_hours",
            "description": "When the museum is open.",
            "parameters": {"type": "object", "properties": {}},
        },
    },
]
tracer = trace.get_tracer("museum")


class Desk:
    def __init__(self, model: AsyncOpenAI, collection: httpx2.AsyncClient) -> None:
        self._model = model
        self._collection = collection

    async def answer(self, visitor: str, question: str) -> str:
        attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "desk"}
        with tracer.start_as_current_span("invoke_agent desk", attributes=attributes):
            talk: list[Any] = [{"role": "user", "content": question}]
            for _ in range(4):
                messages = [{"role": "system", "content": system_prompt(visitor)}, *talk[-KEPT:]]
                completion = await self._model.chat.completions.create(
                    model="gpt-4.1-mini", messages=messages, tools=TOOLS, max_tokens=400, timeout=30
                )
                message = completion.choices[0].message
                if not message.tool_calls:
                    return message.content or ""
                talk.append(message.model_dump(exclude_none=True))
                talk += await asyncio.gather(*map(self._run, message.tool_calls))
            return "Please ask at the entrance."

    async def _run(self, call: Any) -> dict[str, str]:
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.function.name,
            "gen_ai.tool.call.id": call.id,
            "gen_ai.tool.call.arguments": call.function.arguments,
        }
        with tracer.start_as_current_span(f"execute_tool {call.function.name}", attributes=attributes) as span:
            arguments = json.loads(call.function.arguments or "{}")
            if call.function.name == "opening_hours":
                result = "from nine to five, not on Mondays"
            elif "title" in arguments:
                result = await describe(self._collection, arguments["title"])
            else:
                result = "error: name the title"
            span.set_attribute("gen_ai.tool.call.result", result)
            return {"role": "tool", "tool_call_id": call.id, "content": result}
