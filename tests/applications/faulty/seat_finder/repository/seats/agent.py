"""The agent at the box office."""

import json

from opentelemetry import trace

from seats.hall import free_seats

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find_seats",
            "description": "Free seats for an event, in an area of the hall.",
            "parameters": {
                "type": "object",
                "properties": {"event": {"type": "string"}, "area": {"type": "string", "enum": ["stalls", "balcony"]}},
                "required": ["event"],
            },
        },
    }
]
tracer = trace.get_tracer("seats")


class BoxOffice:
    """Answers one guest after the other."""

    model = "gpt-4.1-mini"
    most_turns = 4

    def __init__(self, client) -> None:
        self.client = client

    def answer(self, request: str) -> str:
        attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "box office"}
        with tracer.start_as_current_span("invoke_agent box office", attributes=attributes):
            messages = [
                {"role": "system", "content": "You sell seats for Faust and Medea."},
                {"role": "user", "content": request},
            ]
            for _ in range(self.most_turns):
                message = self._ask(messages)
                if not message.tool_calls:
                    return message.content or ""
                messages.append(message.model_dump(exclude_none=True))
                for call in message.tool_calls:
                    result = self.run_tool(call)
                    messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
            raise RuntimeError("no answer")

    def _ask(self, messages):
        completion = self.client.chat.completions.create(model=self.model, messages=messages, tools=TOOLS)
        return completion.choices[0].message

    def run_tool(self, call) -> str:
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.function.name,
            "gen_ai.tool.call.id": call.id,
            "gen_ai.tool.call.arguments": call.function.arguments,
        }
        with tracer.start_as_current_span(f"execute_tool {call.function.name}", attributes=attributes) as span:
            arguments = json.loads(call.function.arguments)
            seats = free_seats(arguments["event"], arguments["area"])
            result = json.dumps({"seats": seats})
            span.set_attribute("gen_ai.tool.call.result", result)
            return result
