"""Logs of OpenAI-compatible calls: a request and its response in one record, as proxies and scripts keep them.

Read are LiteLLM's payloads and spend logs, OpenAI's batch results and stored completions, bare responses and their
chunks, `{"request": …, "response": …}` in its many spellings, and rows of `input`, `output`, `session_id`, `timestamp`.
Records of one session are one trace under an agent span from the first to the last of them; the others stand alone.
What an agent runs between two of them is read where their texts tell it (`fenced_commands`).
What a proxy answered out of its own cache is no model call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from metabot.telemetry.attributes import as_text, items, parsed, text
from metabot.telemetry.documents import documents
from metabot.telemetry.fenced_commands import Sessions
from metabot.telemetry.identity import span_id_of, trace_id_of
from metabot.telemetry.openai_body import answered, asked, usage_of
from metabot.telemetry.openai_failure import Failure, failure_of
from metabot.telemetry.openai_record import FORMAT, Logged, taken_apart, with_empty
from metabot.telemetry.openai_stream import is_chunk, whole
from metabot.telemetry.openai_times import Times, times_of
from metabot.telemetry.record import Clock, Record, Reject, Span
from metabot.telemetry.spans import RawSpan, Unreadable, normalized, reject

_EMBEDDING: Final = ("embedding", "aembedding", "embeddings")
_OF_A_CALL: Final = ("usage", "choices", "response", "output", "messages", "input", "request")
_LISTS: Final = ("data", "logs", "records", "requests")


@dataclass(slots=True)
class _Session:
    """From the first of its calls to the last, as far as the file goes."""

    trace_id: str
    service: str
    clock: Clock
    start_ns: int
    end_ns: int


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    sessions: dict[tuple[str, bool], _Session] = {}
    commands = Sessions()
    streams: dict[str, list[dict[str, object]]] = {}
    line = 0
    for document in documents(chunks):
        if isinstance(document, Reject):
            yield document
            continue
        for place, record in _records(*document):
            line += 1
            if isinstance(record, dict) and is_chunk(record) and text(record.get("id")):
                streams.setdefault(str(record["id"]), []).append(record)
            else:
                yield _span(place, line, record, sessions, commands)
    for chunk_id, stream in streams.items():
        yield _span(f"chunks of {chunk_id}", line, whole(stream), sessions, commands)
    for (session, _), found in sessions.items():
        yield _root(session, found)
    yield from commands.tools()


def _records(place: str, value: object) -> Iterator[tuple[str, object]]:
    """A record, or the records of a list, which may be a page of an interface's answer."""
    paged = isinstance(value, dict) and not any(name in value for name in _OF_A_CALL)
    name = next((name for name in _LISTS if items(value, name)), None) if paged else None
    listed = value if isinstance(value, list) else items(value, name) if name else None
    if listed is None:
        yield place or "line 1", value
        return
    for number, one in enumerate(listed, 1):
        yield ", ".join(part for part in (place, f"record {number}") if part), one


def _span(
    place: str, line: int, record: object, sessions: dict[tuple[str, bool], _Session], commands: Sessions
) -> Span | Reject:
    try:
        logged = taken_apart(record)
        span = normalized(_raw(logged, line))
    except Unreadable as unreadable:
        return reject(place, str(unreadable), record)
    except RecursionError:
        return reject(place, "a value is nested too deeply", record)
    if span.model_call is not None:
        span = replace(span, model_call=with_empty(span.model_call, logged))
    if span.session_id is not None:
        _note(sessions, span.session_id, span)
        commands.note(span, logged)
    return span


def _note(sessions: dict[tuple[str, bool], _Session], session: str, span: Span) -> None:
    fresh = _Session(span.trace_id, span.service, span.clock, span.start_ns, span.end_ns)
    known = sessions.setdefault((session, span.clock == "order"), fresh)
    known.clock = "utc" if span.clock == "utc" else known.clock
    known.start_ns, known.end_ns = min(known.start_ns, span.start_ns), max(known.end_ns, span.end_ns)


def _raw(logged: Logged, line: int) -> RawSpan:
    asked_at, answered_at = logged.around
    times = times_of(line, (logged.record, asked_at, logged.request), answered_at, logged.body)
    failure = failure_of(logged.record, logged.body)
    session, own_id = logged.session, logged.own_id
    identity = (own_id, text(logged.body.get("id")))
    if not any(identity):
        identity = (session, as_text(logged.record))
    span_id = span_id_of(FORMAT, *identity, "" if times.clock == "order" else times.start_ns)
    return RawSpan(
        trace_id=logged.trace_id or trace_id_of(FORMAT, span_id),
        span_id=span_id,
        parent_id=None if session is None else _root_id(session, timed=times.clock != "order"),
        name=logged.not_a_call or _operation(logged),
        kind="client",
        start_ns=times.start_ns,
        end_ns=times.end_ns,
        status="error" if failure.failed else "ok" if logged.is_answered else "unset",
        status_message=failure.message,
        scope=None,
        attributes={
            "gen_ai.conversation.id": session,
            **({} if logged.not_a_call else _of_the_call(logged, times, failure)),
        },
        resource={"service.name": logged.service},
        events=(),
        clock=times.clock,
    )


def _of_the_call(logged: Logged, times: Times, failure: Failure) -> dict[str, object]:
    parameters = parsed(logged.record.get("model_parameters"))
    before = parameters if isinstance(parameters, dict) else {}
    told = {} if logged.response is None else answered(logged.response)
    counts: dict[str, object] = {}
    for usage in (logged.record, logged.metadata.get("usage_object"), logged.record.get("usage")):
        counts |= {name: value for name, value in usage_of(usage).items() if value is not None}
    if failure.failed and not any(counts.values()):
        counts = {}  # of a call that failed, a logger's zero is none
    known = {name: value for name, value in told.items() if value is not None}
    return {
        "gen_ai.operation.name": _operation(logged),
        "gen_ai.provider.name": logged.provider,
        **asked({**before, **logged.request}),
        "gen_ai.request.model": text(logged.request.get("model")) or text(logged.record.get("model")),
        **counts,
        **known,
        "gen_ai.response.time_to_first_chunk": times.first_token_s,
        "error.type": failure.type,
        "http.response.status_code": failure.http_status,
    }


def _operation(logged: Logged) -> str:
    called = text(logged.record.get("call_type")) or ""
    vectors = [one for one in items(logged.body, "data") if isinstance(one, dict) and "embedding" in one]
    return "embeddings" if called in _EMBEDDING or vectors else "chat"


def _root_id(session: str, *, timed: bool) -> str:
    return span_id_of(FORMAT, "session", session, timed)


def _root(session: str, found: _Session) -> Span:
    """From the first to the last that is known of its calls."""
    timed, lasts = found.clock != "order", found.end_ns > found.start_ns
    return Span(
        trace_id=found.trace_id,
        span_id=_root_id(session, timed=timed),
        parent_id=None,
        service=found.service,
        operation="session",
        kind="agent",
        start_ns=found.start_ns,
        end_ns=found.end_ns,
        status="unset",
        clock="utc" if timed and lasts else found.clock,
        session_id=session,
    )
