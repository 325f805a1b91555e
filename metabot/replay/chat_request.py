"""A request to `/v1/chat/completions`, read and checked as the service itself would."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

_ROLES: Final = {"system", "developer", "user", "assistant", "tool"}


class BadRequest(Exception):  # noqa: N818 - HTTP's own name for it
    """The request is refused with status 400. `param` names the field that is wrong."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: str  # developer is read as system
    text: str
    calls: tuple[tuple[str, str, str], ...] = ()  # id, tool, arguments as JSON
    tool: str | None = None  # of a tool message: whose result it is


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    model: str
    messages: tuple[Message, ...]
    tools: tuple[str, ...]  # names
    tools_json: str  # the definitions as they stand at the head of the prompt; empty without tools
    stream: bool
    include_usage: bool
    max_tokens: int | None
    digest: str  # of the whole request, hexadecimal

    def prompt(self) -> str:
        """The prompt in the order in which a provider caches it: tools first, then the messages."""
        parts = [self.tools_json]
        for message in self.messages:
            calls = "".join(f"\n{name}({arguments})" for _, name, arguments in message.calls)
            parts.append(f"{message.role}\n{message.text}{calls}")
        return "\n\n".join(parts)


def read(body: bytes) -> ChatRequest:
    """BadRequest: no JSON object, a field is missing or wrong, or tool calls and results do not belong together."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from error
    if not isinstance(request, dict):
        raise BadRequest("The body must be a JSON object.")
    model = request.get("model")
    if not isinstance(model, str) or not model:
        raise BadRequest("You must provide a model parameter.", "model")
    if request.get("n", 1) not in (1, None):
        raise BadRequest("This server answers one choice for each request.", "n")
    tools = _tools(request.get("tools"))
    options = request.get("stream_options")
    return ChatRequest(
        model=model,
        messages=_messages(request.get("messages")),
        tools=tuple(tool["function"]["name"] for tool in tools),
        tools_json=json.dumps(tools) if tools else "",
        stream=request.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        max_tokens=_max_tokens(request),
        digest=hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest(),
    )


def _max_tokens(request: dict[str, Any]) -> int | None:
    for key in ("max_completion_tokens", "max_tokens"):
        limit = request.get(key)
        if limit is not None and (type(limit) is not int or limit < 1):
            raise BadRequest(f"Invalid {key}: write a whole number from 1 on.", key)
        if limit is not None:
            return int(limit)
    return None


def _tools(tools: object) -> list[dict[str, Any]]:
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise BadRequest("tools must be a list.", "tools")
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise BadRequest("A tool must be a function with a name.", f"tools[{index}]")
    return tools


def _messages(written: object) -> tuple[Message, ...]:
    if not isinstance(written, list) or not written:
        raise BadRequest("messages must be a list with at least one message.", "messages")
    messages: list[Message] = []
    open_calls: dict[str, str] = {}  # id of a call that waits for its result, and its tool
    for index, entry in enumerate(written):
        where = f"messages[{index}]"
        message, call_id = _message(entry, where, open_calls)
        if call_id is not None:
            del open_calls[call_id]
        elif open_calls:
            raise _unanswered(open_calls, where)
        open_calls |= {call: name for call, name, _ in message.calls}
        messages.append(message)
    if open_calls:
        raise _unanswered(open_calls, "messages")
    return tuple(messages)


def _message(entry: object, where: str, open_calls: dict[str, str]) -> tuple[Message, str | None]:
    if not isinstance(entry, dict) or not isinstance(entry.get("role"), str) or entry["role"] not in _ROLES:
        raise BadRequest(f"A message needs a role, one of {', '.join(sorted(_ROLES))}.", f"{where}.role")
    role, calls = entry["role"], _calls(entry, where)
    text = _content(entry.get("content"), f"{where}.content", required=not calls)
    if role != "tool":
        return Message(role="system" if role == "developer" else role, text=text, calls=calls), None
    call_id = entry.get("tool_call_id")
    if not isinstance(call_id, str) or call_id not in open_calls:
        raise BadRequest(
            "A message with role 'tool' must answer a tool call of the assistant message before it.",
            f"{where}.tool_call_id",
        )
    return Message(role="tool", text=text, tool=open_calls[call_id]), call_id


def _calls(entry: dict[str, Any], where: str) -> tuple[tuple[str, str, str], ...]:
    calls = entry.get("tool_calls")
    if not calls:
        return ()
    if entry["role"] != "assistant" or not isinstance(calls, list):
        raise BadRequest("tool_calls is a list in a message of the assistant.", f"{where}.tool_calls")
    return tuple(_call(call, f"{where}.tool_calls[{index}]") for index, call in enumerate(calls))


def _call(call: object, where: str) -> tuple[str, str, str]:
    function = call.get("function") if isinstance(call, dict) else None
    if isinstance(call, dict) and isinstance(function, dict):
        parts = (call.get("id"), function.get("name"), function.get("arguments"))
        if all(isinstance(part, str) for part in parts):
            return str(parts[0]), str(parts[1]), str(parts[2])
    raise BadRequest("A tool call needs an id and a function with its name and arguments.", where)


def _content(content: object, where: str, *, required: bool) -> str:
    if isinstance(content, str):
        return content
    if content is None and not required:
        return ""
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        if len(texts) == len(content) and all(isinstance(text, str) for text in texts):
            return "".join(str(text) for text in texts)
    raise BadRequest("content must be a text or a list of text parts.", where)


def _unanswered(open_calls: dict[str, str], where: str) -> BadRequest:
    return BadRequest(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. These did not have response messages: {', '.join(open_calls)}.",
        where,
    )
