"""Spans around functions."""

import functools
import json

from opentelemetry import trace

tracer = trace.get_tracer("parcel_desk")


def tool(function):
    """Records a call with its arguments and its result."""

    @functools.wraps(function)
    def traced(*arguments):
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": function.__name__,
            "gen_ai.tool.call.arguments": json.dumps(arguments),
            **code_of(function),
        }
        with tracer.start_as_current_span(function.__name__, attributes=attributes) as span:
            result = function(*arguments)
            span.set_attribute("gen_ai.tool.call.result", json.dumps(result))
            return result

    return traced


def code_of(function):
    return {
        "code.filepath": function.__code__.co_filename,
        "code.function": function.__qualname__,
        "code.namespace": function.__module__,
        "code.lineno": function.__code__.co_firstlineno,
    }
