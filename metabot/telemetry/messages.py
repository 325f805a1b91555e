"""What a model span recorded of its request: texts in the order in which the model read them.

The texts are hashed (`pieces`) and dropped. Tools' definitions come first, because providers put them in front of the
messages (https://platform.openai.com/docs/guides/prompt-caching), then the system's instructions, then the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from metabot.telemetry import semconv
from metabot.telemetry.attributes import Attributes, as_text, first, items, numbered, parsed

_OF_A_PART: Final = ("text", "content", "input_text", "output_text")
_OF_A_CALL: Final = ("name", "arguments", "args", "input")
_OF_A_RESULT: Final = ("response", "result", "content", "output")


class Prompt(NamedTuple):
    texts: list[str]
    last: str | None  # text of the last message; None where it is no plain text


class Message(NamedTuple):
    texts: list[str]
    plain: str | None  # None where a part of it was recorded as data, which each instrumentation writes its own way


def prompt(attributes: Attributes) -> Prompt | None:
    """The whole request in order, or None where no text of it was recorded.

    Without texts where its beginning is lost: OpenTelemetry keeps 128 attributes of a span and drops the oldest ones.
    """
    for source in _REQUESTS:
        messages = source(attributes)
        if any(message.texts for message in messages):
            if source is _flattened and _begins_late(attributes):
                return Prompt([], messages[-1].plain)
            tools = [found for tool in tools_of(attributes) if (found := as_text(tool))]
            texts = [*tools, *(text for message in messages for text in message.texts)]
            return Prompt(texts, messages[-1].plain)
    return None


def _genai(attributes: Attributes) -> list[Message]:
    instructions = parsed(attributes.get(semconv.SYSTEM_INSTRUCTIONS))
    before = [message_of({"parts": instructions})] if instructions else []
    messages = _messages(parsed(attributes.get(semconv.INPUT_MESSAGES)))
    return [*before, *messages] if messages else []


def _flattened(attributes: Attributes) -> list[Message]:
    for prefix in semconv.PROMPT_LISTS:
        if found := numbered(attributes, prefix):
            return [unflattened(fields) for fields in found]
    return []


def _begins_late(attributes: Attributes) -> bool:
    """Whether the first of the flattened messages, number 0, is not recorded."""
    first_ones = tuple(f"{name}.0." for name in semconv.PROMPT_LISTS)
    return not any(key.startswith(first_ones) for key in attributes)


def _adk(attributes: Attributes) -> list[Message]:
    request = parsed(attributes.get(semconv.ADK_REQUEST))
    if not isinstance(request, dict):
        return []
    config = request.get("config")
    instructions = config.get("system_instruction") if isinstance(config, dict) else None
    before = [message_of({"content": instructions})] if instructions else []
    return [*before, *_messages(request.get("contents"))]


def _body(attributes: Attributes) -> list[Message]:
    """The request's body: OpenAI's, Anthropic's, Google's or LangChain's, or a text that is no JSON."""
    body = parsed(first(attributes, semconv.REQUEST_BODY))
    if not isinstance(body, dict):
        return _messages(body if isinstance(body, list) else [body])
    before = [message_of({"content": body[name]}) for name in ("system", "instructions") if body.get(name)]
    sent = first(body, ("messages", "input", "contents", "prompt"))
    batch = sent[0] if isinstance(sent, list) and len(sent) == 1 and isinstance(sent[0], list) else sent  # LangChain's
    return [*before, *_messages(batch if isinstance(batch, list) else [batch])]


_REQUESTS: Final[tuple[Callable[[Attributes], list[Message]], ...]] = (_genai, _flattened, _adk, _body)


def _messages(value: object) -> list[Message]:
    return [message_of(one) for one in items(value)]


def message_of(message: object) -> Message:
    texts: list[str] = []
    plain = True
    for found, is_plain in _parts(message):
        texts.append(found)
        plain = plain and is_plain
    return Message(texts, "\n".join(texts) if plain and texts else None)


def _parts(message: object) -> Iterator[tuple[str, bool]]:
    """Texts of a message or a part of one, each with whether it was recorded as plain text."""
    if isinstance(message, str):
        if message:
            yield message, True
    elif isinstance(message, list):
        for part in message:
            yield from _parts(part)
    elif isinstance(message, dict):
        yield from _parts_of(message)


def _parts_of(message: dict[str, object]) -> Iterator[tuple[str, bool]]:
    kwargs = message.get("kwargs")  # LangChain's serialized messages
    if isinstance(kwargs, dict):
        yield from _parts_of(kwargs)
        return
    inner = message.get("parts") or next((message[name] for name in _OF_A_PART if message.get(name)), None)
    yield from _parts(inner)
    for call in calls_of(message):
        yield from ((found, False) for name in _OF_A_CALL if (found := as_text(call.get(name))))
    answer = message.get("function_response") or (message if message.get("type") == "tool_call_response" else None)
    if isinstance(answer, dict):
        result = first(answer, _OF_A_RESULT)
        if result is not inner and (found := as_text(result)):
            yield found, isinstance(result, str)


def calls_of(message: dict[str, object]) -> Iterator[dict[str, object]]:
    """Tool calls that a message asks for, as OpenAI, the GenAI conventions and Google write them."""
    asked: list[object] = [*items(message.get("tool_calls")), message.get("function_call")]
    if message.get("type") in ("tool_call", "tool_use"):
        asked.append(message)
    for call in asked:
        if isinstance(call, dict):
            function = call.get("function")
            yield {**call, **function} if isinstance(function, dict) else call


def unflattened(fields: dict[str, object]) -> Message:
    """`message.content`, `message.contents.0.message_content.text`, `tool_calls.0.arguments` and their like."""
    own = {name.removeprefix("message."): value for name, value in fields.items()}
    content = parsed(own.get("content"))
    parts = [one.get("message_content.text") for one in numbered(own, "contents")]
    listed = content if isinstance(content, list) and any(isinstance(part, dict) for part in content) else None
    plain = own.get("content") if listed is None else listed
    message = message_of({"parts": [plain, *parts]})
    calls = [found for call in numbered(own, "tool_calls") for found in _call_texts(call)]
    return Message([*message.texts, *calls], None if calls else message.plain)


def _call_texts(call: dict[str, object]) -> list[str]:
    names = ("name", "arguments", "tool_call.function.name", "tool_call.function.arguments")
    return [found for name in names if (found := as_text(call.get(name)))]


def tools_of(attributes: Attributes) -> list[object]:
    """The tools that the request defines, as they were recorded."""
    defined = items(parsed(attributes.get(semconv.TOOL_DEFINITIONS)))
    for prefix in semconv.TOOL_LISTS:
        defined = defined or [tool.get("tool.json_schema") or tool for tool in numbered(attributes, prefix)]
    request = parsed(attributes.get(semconv.ADK_REQUEST))
    if not defined and isinstance(request, dict) and isinstance(request.get("config"), dict):
        defined = items(request["config"], "tools")
    return defined
