"""Answers a question about a case."""

from opentelemetry import trace

from case_reader import tools

MODEL = "gpt-4o"
SYSTEM = "You answer questions about decided cases. Read the case first, then cite it."
tracer = trace.get_tracer("case_reader")


def ask(client, question, turns=6):
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "reader"}
    with tracer.start_as_current_span("invoke_agent reader", attributes=attributes):
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
        for _ in range(turns):
            completion = client.chat.completions.create(model=MODEL, messages=messages, tools=tools.DEFINITIONS)
            message = completion.choices[0].message
            if not message.tool_calls:
                return message.content
            messages.append({"role": "assistant", "content": message.content, "tool_calls": _calls(message)})
            for call in message.tool_calls:
                output = tools.execute(call)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": output})
        return "I could not find out."


def _calls(message):
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.function.name, "arguments": call.function.arguments},
        }
        for call in message.tool_calls
    ]
