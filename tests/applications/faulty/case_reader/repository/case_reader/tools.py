"""What the model may call."""

import json

from opentelemetry import trace

from case_reader import archive

tracer = trace.get_tracer("case_reader")


def _definition(name, description):
    parameters = {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


DEFINITIONS = [
    _definition("read_case", "The text of a case."),
    _definition("cite", "How a case is cited."),
]


def read_case(number):
    return archive.case_text(number)


def cite(number):
    return archive.citation(number)


FUNCTIONS = {"read_case": read_case, "cite": cite}


def execute(call):
    name = call.function.name
    with tracer.start_as_current_span(f"execute_tool {name}") as span:
        span.set_attribute("gen_ai.operation.name", "execute_tool")
        span.set_attribute("gen_ai.tool.name", name)
        span.set_attribute("gen_ai.tool.call.id", call.id)
        span.set_attribute("gen_ai.tool.call.arguments", call.function.arguments)
        result = FUNCTIONS[name](**json.loads(call.function.arguments))
        span.set_attribute("gen_ai.tool.call.result", result)
        return result
