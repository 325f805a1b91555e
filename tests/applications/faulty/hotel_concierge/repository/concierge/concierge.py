"""One wish of one guest."""

import json

from openai import OpenAI
from opentelemetry import trace

from concierge import actions
from concierge.definitions import TOOLS

tracer = trace.get_tracer("concierge")
SYSTEM = "You are the concierge of a hotel by a lake. Do what the guest asks, with the tools you have."


class Concierge:
    def __init__(self, client: OpenAI) -> None:
        self._client = client

    def serve(self, wish: str) -> str:
        attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "concierge"}
        with tracer.start_as_current_span("invoke_agent concierge", attributes=attributes):
            messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": wish}]
            while True:
                message = self._next(messages)
                if not message.tool_calls:
                    return message.content or ""
                messages.append(message.model_dump(exclude_none=True))
                messages += [self._run(call) for call in message.tool_calls]

    def _next(self, messages):
        return (
            self._client.chat.completions.create(model="gpt-4.1-mini", messages=messages, tools=TOOLS)
            .choices[0]
            .message
        )

    def _run(self, call):
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.function.name,
            "gen_ai.tool.call.id": call.id,
        }
        with tracer.start_as_current_span(f"execute_tool {call.function.name}", attributes=attributes):
            action = getattr(actions, call.function.name)
            result = action(**json.loads(call.function.arguments))
        return {"role": "tool", "tool_call_id": call.id, "content": result}
