"""What a model span recorded of its answer: its text, the tool calls that it asks for, and why it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metabot.telemetry import semconv
from metabot.telemetry.attributes import Attributes, first, items, numbered, parsed, text
from metabot.telemetry.messages import Message, calls_of, message_of, unflattened


def tool_call_ids(attributes: Attributes) -> tuple[str, ...]:
    """Ids of the tool calls that the answer asks for, in order, each once."""
    return tuple(dict.fromkeys(_ids(attributes)))


def _ids(attributes: Attributes) -> Iterator[str]:
    for prefix in semconv.ANSWER_LISTS:
        for answer in numbered(attributes, prefix):
            own = {name.removeprefix("message."): value for name, value in answer.items()}
            for call in numbered(own, "tool_calls"):
                if found := text(call.get("id")) or text(call.get("tool_call.id")):
                    yield found
    for answer in _answers(attributes):
        yield from (found for call in _calls_in(answer) if (found := text(call.get("id"))))


def tools_called(attributes: Attributes) -> tuple[str, ...]:
    """Names of the tools that the answer asks for, in order, each once."""
    return tuple(dict.fromkeys(_called(attributes)))


def _called(attributes: Attributes) -> Iterator[str]:
    for prefix in semconv.ANSWER_LISTS:
        for answer in numbered(attributes, prefix):
            own = {name.removeprefix("message."): value for name, value in answer.items()}
            for call in numbered(own, "tool_calls"):
                if found := text(call.get("name")) or text(call.get("tool_call.function.name")):
                    yield found
    for answer in _answers(attributes):
        yield from (found for call in _calls_in(answer) if (found := text(call.get("name"))))


def _calls_in(answer: object) -> Iterator[dict[str, object]]:
    if isinstance(answer, list):
        for one in answer:
            yield from _calls_in(one)
    elif isinstance(answer, dict):
        yield from calls_of(answer)
        for name in ("parts", "content", "message"):
            yield from _calls_in(answer.get(name))


def _answers(attributes: Attributes) -> Iterator[dict[str, object]]:
    """The answer's messages, where they were recorded as JSON."""
    response = parsed(attributes.get(semconv.ADK_RESPONSE))
    body = parsed(first(attributes, semconv.RESPONSE_BODY))
    found = [*items(parsed(attributes.get(semconv.OUTPUT_MESSAGES))), response, *items(body, "choices")]
    yield from (one for one in found if isinstance(one, dict))


def answer(attributes: Attributes) -> str | None:
    """The answer as one text: what it says, then the names and arguments of the tool calls that it asks for."""
    for prefix in semconv.ANSWER_LISTS:
        if found := numbered(attributes, prefix):
            return _joined(unflattened(fields) for fields in found)
    if found_messages := [message_of(one.get("message") or one) for one in _answers(attributes)]:
        return _joined(found_messages)
    body = parsed(first(attributes, semconv.RESPONSE_BODY))
    return _joined([message_of(body)]) if isinstance(body, (str, dict)) else None


def _joined(messages: Iterable[Message]) -> str | None:
    return "\n".join(text for message in messages for text in message.texts) or None


def finish_reason(attributes: Attributes) -> str | None:
    """Why the answer ended, in the provider's word; the answer's own over the span's summary."""
    for prefix in semconv.ANSWER_LISTS:
        for answer in numbered(attributes, prefix):
            if found := text(answer.get("finish_reason")) or text(answer.get("message.finish_reason")):
                return found
    messages = items(parsed(attributes.get(semconv.OUTPUT_MESSAGES)))
    own = next((reason for one in messages if isinstance(one, dict) and (reason := _reason(one))), None)
    summary = own or reason_in(first(attributes, semconv.FINISH_REASONS))
    return summary or next((reason for one in _answers(attributes) if (reason := _reason(one))), None)


def reason_in(summary: object) -> str | None:
    """The first reason of a span's summary, which is a list, the JSON of one, or a reason."""
    told = parsed(summary)
    return next((reason for one in (told if isinstance(told, list) else [told]) if (reason := _reason(one))), None)


def _reason(candidate: object) -> str | None:
    found = text(candidate.get("finish_reason") if isinstance(candidate, dict) else candidate)
    return found and found.removeprefix("FinishReason.")  # an enumeration of Python, printed
