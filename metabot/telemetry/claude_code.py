"""Claude Code's session files: JSON lines, one row per block of a message, written while the session runs.

What a run without a terminal prints (`claude --print --output-format stream-json`) is read too; older versions print
no times.

A session is one trace under an agent span; a sub-agent, whose rows lie in a file of its own or among the session's, is
an agent span below the tool call that launched it. A message of the model is one call, however many rows repeat its
usage: the counts grow while it streams, so the largest holds. `input_tokens` excludes what was read from and written
to the cache (https://platform.claude.com/docs/en/build-with-claude/prompt-caching) and is added up here.

A call begins when the last thing that it answers was written, and ends with its last row; where the former is not in
the file, its first row is all that is known of its time. Its request is the conversation as far as the file holds it.
System prompt and tool definitions are not recorded, so that its length, the hash of the whole and its blocks are
unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from metabot.telemetry.attributes import integer, text
from metabot.telemetry.claude_agents import Agents
from metabot.telemetry.claude_conversation import Conversation, Turn
from metabot.telemetry.claude_printed import Printed, Totals, is_printed, timed
from metabot.telemetry.claude_rows import FORMAT, Row, row_of, said
from metabot.telemetry.claude_tools import tools
from metabot.telemetry.documents import documents
from metabot.telemetry.identity import span_id_of
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Record, Reject, Span
from metabot.telemetry.spans import RawSpan, Unreadable, normalized, reject

_LOUD: Final = frozenset({"error", "warning"})
_TOLD: Final = frozenset({"api_error", "compact_boundary"})
_SYNTHETIC: Final = "<synthetic>"  # the program's own words in the model's place
_PROVIDERS: Final = {"msg_bdrk_": "aws.bedrock", "msg_vrtx_": "gcp.vertex_ai"}  # by what a message's id begins with
_BANNER: Final = b"Claude Code v"
_BANNER_WITHIN: Final = 4_096  # bytes
_DEEPEST: Final = 5  # errors within errors
_ROWS: Final = (
    ("sessionId", "uuid", "parentUuid", "type"),
    ("sessionId", "uuid", "isSidechain", "timestamp", "type"),
    ("summary", "leafUuid", "type"),
    ("snapshot", "isSnapshotUpdate", "type"),
    ("operation", "sessionId", "timestamp", "type"),
    ("session_id", "message.content", "type"),
)


def recognises(opening: Opening) -> bool:
    return any(opening.has(*(prefix + name for name in names)) for prefix in ("", "item.") for names in _ROWS)


def is_terminal(opening: Opening) -> bool:
    """What a terminal showed of a session: the program's banner stands in its first lines."""
    return not opening.is_json and _BANNER in opening.head[:_BANNER_WITHIN]


def is_typed(opening: Opening) -> bool:
    """The prompts of all sessions, as they were typed."""
    return opening.has("display", "pastedContents", "timestamp", "project")


def is_result_alone(opening: Opening) -> bool:
    """What a run prints at its end: sums over its calls."""
    return opening.has("type", "subtype", "session_id", "num_turns") and not opening.has("message.content")


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Rows refer to each other in both directions and stand only roughly in the order of time: held until the end."""
    rows: dict[str, Row] = {}
    printed = Printed()
    for document in documents(chunks):
        if isinstance(document, Reject):
            yield document
            continue
        place, value = document
        for number, one in enumerate(value, 1) if isinstance(value, list) else ((0, value),):
            at = f"{place or 'row'} {number}" if number else place or "line 1"
            row = printed.row_of(at, one) if is_printed(one) else row_of(at, one)
            if isinstance(row, Reject):
                yield row
            elif row is not None:
                rows.setdefault(row.uuid, row)
    yield from _records(sorted(timed(list(rows.values())), key=lambda row: row.time_ns))


def _records(rows: list[Row]) -> Iterator[Record]:
    agents, conversation = Agents(rows), Conversation(rows)
    yield from agents.spans()
    totals = Totals(rows, [turn.rows for turn in conversation.answers])
    for turn in conversation.answers:
        yield from _call(turn, agents, conversation, totals)
    yield from tools(rows, agents)
    for row in rows:
        told = text(row.fields.get("subtype")) in _TOLD or text(row.fields.get("level")) in _LOUD
        if row.kind == "system" and told:
            yield _log(row, agents)


def _call(turn: Turn, agents: Agents, conversation: Conversation, totals: Totals) -> Iterator[Span | Reject]:
    first = turn.rows[0]
    failed = _gave_up(first)
    if first.message.get("model") == _SYNTHETIC and not failed:
        return
    message_id = text(first.message.get("id"))
    began_ns = conversation.began_ns(turn)
    timed = began_ns is not None or first.clock == "order"
    raw = RawSpan(
        trace_id=first.trace_id,
        span_id=span_id_of(FORMAT, first.session, "message", message_id or first.uuid),
        parent_id=agents.span_of(first),
        name="chat",
        kind="client",
        start_ns=first.time_ns if began_ns is None else began_ns,
        end_ns=max(row.time_ns for row in turn.rows) if timed else first.time_ns,
        status="error" if failed else "ok",
        status_message=said(first.content) if failed else None,
        scope=None,
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.conversation.id": first.session,
            "gen_ai.response.id": message_id or first.uuid,
            **(_failure(first) if failed else _answer(turn, totals)),
        },
        resource=first.resource,
        events=(),
        clock=first.clock if timed else "utc start",
    )
    try:
        span = normalized(raw)
        assert span.model_call is not None
        sent, texts = conversation.sent(turn)
        call = replace(span.model_call, request_hashes=sent, texts={**span.model_call.texts, **texts})
        yield replace(span, model_call=call)
    except Unreadable as unreadable:
        yield reject(first.place, str(unreadable), first.fields)
    except RecursionError:
        yield reject(first.place, "a value is nested too deeply", first.fields)


def _gave_up(row: Row) -> bool:
    """Whether the program says in the model's place that the request failed; what a run prints may not mark it."""
    if any(row.fields.get(mark) is True for mark in ("isApiErrorMessage", "is_api_error_message")):
        return True
    return row.message.get("model") == _SYNTHETIC and text(row.fields.get("error")) is not None


def _failure(row: Row) -> dict[str, object]:
    """Of a request that the program gave up: what it then says in the model's place."""
    words = (said(row.content) or "").split()
    shown = words[2] if words[:2] == ["API", "Error:"] and len(words) > 2 else None
    return {
        "error.type": text(row.fields.get("error")) or "api_error",
        "http.response.status_code": row.fields.get("apiErrorStatus") or shown,
    }


def _answer(turn: Turn, totals: Totals) -> dict[str, object]:
    first = turn.rows[0]
    model, message_id = text(first.message.get("model")), text(first.message.get("id")) or ""
    hosted = next((name for start, name in _PROVIDERS.items() if message_id.startswith(start)), None)
    reasons = [text(row.message.get("stop_reason")) for row in turn.rows]
    return {
        "gen_ai.provider.name": hosted or ("anthropic" if model and model.startswith("claude") else None),
        "gen_ai.response.model": model,
        "gen_ai.response.finish_reasons": next((reason for reason in reversed(reasons) if reason), None),
        "gen_ai.output.messages": [
            {"role": "assistant", "content": [block for row in turn.rows for block in row.content]}
        ],
        **_usage(totals.usage_of(turn.rows)),
    }


def _usage(rows: list[object]) -> dict[str, object]:
    """Of all rows of a message together. Anthropic counts what was cached beside the input."""
    counted = [row for row in rows if isinstance(row, dict)]
    fresh, read, written, output = (
        max((count for row in counted if (count := integer(row.get(name))) is not None), default=None)
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
    )
    return {
        "gen_ai.usage.input_tokens": None if fresh is None else fresh + (read or 0) + (written or 0),
        "gen_ai.usage.cache_read.input_tokens": read,
        "gen_ai.usage.cache_creation.input_tokens": written,
        "gen_ai.usage.output_tokens": output,
        "gen_ai.usage.reasoning.output_tokens": max(map(_thought, counted), default=None, key=lambda one: one or 0),
    }


def _thought(usage: dict[str, object]) -> int | None:
    details = usage.get("output_tokens_details")
    return integer(details.get("thinking_tokens")) if isinstance(details, dict) else None


def _log(row: Row, agents: Agents) -> Event:
    """What the program noted of a failed attempt or of a conversation that was cut short."""
    kind, message = _error(row.fields)
    return Event(
        trace_id=row.trace_id,
        span_id=agents.span_of(row),
        service=FORMAT,
        kind="log",
        name=text(row.fields.get("subtype")) or "system",
        time_ns=row.time_ns,
        clock=row.clock,
        session_id=row.session,
        severity=(text(row.fields.get("level")) or "info").lower(),
        text=message or text(row.fields.get("content")),
        exception_type=kind,
        exception_message=message,
    )


def _error(fields: dict[str, object]) -> tuple[str | None, str | None]:
    """Type and message of the innermost error that has them."""
    kind = message = None
    here: object = fields
    for _ in range(_DEEPEST):
        here = (here.get("error") or here.get("cause")) if isinstance(here, dict) else None
        if isinstance(here, dict):
            kind = text(here.get("type")) or text(here.get("code")) or kind
            message = text(here.get("message")) or message
    return kind, message
