"""One exchange as a line of a cassette, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from metabot.replay import line_fields
from metabot.replay.canonical import request_digest
from metabot.replay.cassette import Answer, Exchange, Reply
from metabot.replay.chat_request import BadRequest, read
from metabot.replay.likeness import Likeness, of_chat, spellings, texts
from metabot.replay.line_fields import BrokenLineError
from metabot.replay.tokens import tokens
from metabot.replay.tool_request import ToolRequest

_SHARED: Final = ("kind", "sequence", "number", "request", "body", "answer", "error", "first_token_ms", "total_ms")
_KEYS: Final = {
    "model": (*_SHARED, "texts", "model", "tools", "roles", "pieces", "last", "modelled_tokens", "blanks"),
    "tool": (*_SHARED, "method", "path", "query", "pieces"),
}
_ANSWER: Final = ("message", "finish_reason", "usage")


def exchange(row: Mapping[str, Any]) -> Exchange:
    kind = row.get("kind")
    if kind not in ("model", "tool"):
        raise BrokenLineError(f"kind is {kind!r}. Write model or tool.")
    line_fields.known(row, _KEYS[kind], f"an exchange with a {kind}")
    return _with_model(row) if kind == "model" else _with_tool(row)


def line_of(one: Exchange) -> dict[str, Any]:
    """What stands in the line; `exchange` reads the same exchange out of it."""
    like = one.likeness
    line: dict[str, Any] = {"kind": one.kind, "sequence": one.sequence, "number": one.number, "request": one.request}
    if one.kind == "model":
        line |= {"texts": list(one.texts), "model": like.model, "tools": _listed(like.tools)}
        line |= {"roles": _listed(like.roles), "pieces": list(like.pieces), "last": list(like.last)}
        line |= {"modelled_tokens": one.modelled_tokens}
        line |= {"blanks": {kind: list(map(list, around)) for kind, around in one.blanks.items()}} if one.blanks else {}
    else:
        method, _, path = like.model.partition(" ")
        line |= {"method": method, "path": path, "pieces": list(like.pieces)}
    line |= {"first_token_ms": one.first_token_ms, "total_ms": one.total_ms}
    if isinstance(one.answer, Answer):
        return line | {"answer": _answer_line(one.answer)}
    return line | {"error" if one.failed else "answer": {"status": one.answer.status, "body": one.answer.body}}


def _with_model(row: Mapping[str, Any]) -> Exchange:
    body = row.get("body")
    if body is None:
        asked, modelled = _recorded_request(row), line_fields.number(row, "modelled_tokens", whole=True)
        hashes, request = line_fields.hashes(row, "texts"), line_fields.request_hash(row)
    else:
        try:
            read(json.dumps(body).encode())
        except BadRequest as error:
            raise BrokenLineError(f"body is no request to a model: {error}") from error
        said = texts(body)
        asked, modelled = of_chat(body), sum(len(tokens(text)) for text in said)
        hashes, request = tuple(spellings(text)[1] for text in said), request_digest(body)
    return Exchange(
        kind="model",
        **_place(row),
        request=request,
        texts=hashes,
        likeness=asked,
        modelled_tokens=None if modelled is None else int(modelled),
        answer=_failure(row) or _answer(row),
        blanks=_blanks(row),
        **_times(row),
    )


def _with_tool(row: Mapping[str, Any]) -> Exchange:
    method, path = row.get("method", "POST"), row.get("path")
    if not isinstance(method, str) or not isinstance(path, str) or not path.startswith("/tools/"):
        raise BrokenLineError(f"method is {method!r} and path is {path!r}. Write a path that begins with /tools/.")
    asked = ToolRequest(method=method, path=path, query=line_fields.text(row, "query", ""), body=row.get("body"))
    recorded = "pieces" in row
    pieces = line_fields.hashes(row, "pieces") if recorded else asked.likeness().pieces
    return Exchange(
        kind="tool",
        **_place(row),
        request=line_fields.request_hash(row) if recorded else asked.digest(),
        texts=(),
        likeness=Likeness(model=f"{method} {path}", tools=None, roles=None, pieces=pieces, last=pieces),
        modelled_tokens=None,
        answer=_failure(row) or _reply(row, "answer"),
        **_times(row),
    )


def _recorded_request(row: Mapping[str, Any]) -> Likeness:
    model = row.get("model")
    if not isinstance(model, str) or not model:
        raise BrokenLineError("names no model. Write model, or the body of the whole request.")
    return Likeness(
        model=model,
        tools=line_fields.names(row, "tools"),
        roles=line_fields.names(row, "roles"),
        pieces=line_fields.hashes(row, "pieces"),
        last=line_fields.hashes(row, "last"),
    )


def _answer(row: Mapping[str, Any]) -> Answer:
    said = row.get("answer")
    if not isinstance(said, dict) or not isinstance(said.get("message"), dict):
        raise BrokenLineError("has neither an answer with a message nor an error. Remove the line, or say what came.")
    line_fields.known(said, _ANSWER, "an answer")
    message, usage = said["message"], said.get("usage") or {}
    text, calls = message.get("content") or "", message.get("tool_calls") or []
    if not isinstance(text, str) or not isinstance(calls, list) or not isinstance(usage, dict):
        raise BrokenLineError("the answer's message is none of a model: content is a text, tool_calls a list.")
    return Answer(
        text=text,
        calls=tuple(_call(call, place) for place, call in enumerate(calls)),
        finish_reason=line_fields.text(said, "finish_reason", "tool_calls" if calls else "stop"),
        prompt_tokens=line_fields.count(usage, "prompt_tokens"),
        completion_tokens=line_fields.count(usage, "completion_tokens"),
    )


def _call(call: object, place: int) -> tuple[str, str, str]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise BrokenLineError(f"tool call {place} of the answer has no function with a name.")
    arguments = function.get("arguments", "{}")
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return line_fields.text(call, "id", f"call_{place}"), function["name"], written


def _answer_line(answer: Answer) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text}
    if answer.calls:
        message["tool_calls"] = [
            {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}
            for identity, name, arguments in answer.calls
        ]
    usage = {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens}
    return {"message": message, "finish_reason": answer.finish_reason, "usage": usage}


def _failure(row: Mapping[str, Any]) -> Reply | None:
    if "error" not in row:
        return None
    reply = _reply(row, "error")
    if reply.status < 400:
        raise BrokenLineError(f"error has status {reply.status}. Write one from 400 to 599, or an answer.")
    return reply


def _reply(row: Mapping[str, Any], name: Literal["answer", "error"]) -> Reply:
    said = row.get(name)
    if not isinstance(said, dict) or "body" not in said:
        raise BrokenLineError(f"has no {name} with a body. Remove the line, or say what came.")
    line_fields.known(said, ("status", "body"), f"an {name}")
    status = said.get("status", 200 if name == "answer" else 500)
    if type(status) is not int or not 200 <= status <= 599:
        raise BrokenLineError(f"{name} has status {status!r}. Write a number from 200 to 599.")
    return Reply(status=status, body=said["body"])


def _blanks(row: Mapping[str, Any]) -> dict[str, tuple[tuple[str, str], ...]]:
    blanks = row.get("blanks", {})
    if not isinstance(blanks, dict) or not all(map(_is_around, blanks.values())):
        raise BrokenLineError("blanks must be an object of lists of two texts: what stands before and after.")
    return {kind: tuple((before, after) for before, after in around) for kind, around in blanks.items()}


def _is_around(written: object) -> bool:
    pairs = written if isinstance(written, list) else [None]
    return all(isinstance(pair, list) and [type(text) for text in pair] == [str, str] for pair in pairs)


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    number = row.get("number")
    if type(number) is not int or number < 0:
        raise BrokenLineError(f"number is {number!r}. Write the place in its sequence, from 0 on.")
    return {"sequence": line_fields.text(row, "sequence", ""), "number": number}


def _times(row: Mapping[str, Any]) -> dict[str, Any]:
    first, total = line_fields.number(row, "first_token_ms"), line_fields.number(row, "total_ms")
    if first is not None and total is not None and first > total:
        raise BrokenLineError(f"first_token_ms is {first}, after total_ms, {total}.")
    return {"first_token_ms": first, "total_ms": total}


def _listed(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else list(names)
