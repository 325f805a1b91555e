"""mini-SWE-agent's trajectories (.traj.json): the messages of a run, and since 1.0 what they came of.

Every assistant message is a model call, whose request is all messages before it. Version 2 also keeps answers that it
could not read, in the message that complains of them, and when a message came: a call took from the message before it
until its own. Of the first call only the end is known, of several commands in one answer only when they began together,
and where a person confirms commands, not even that: those spans have an order and no duration.
Earlier versions have no times. The oldest files are a list of messages.
https://mini-swe-agent.com/latest/usage/output_files/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from metabot.telemetry import exit_status, openai_body
from metabot.telemetry.attributes import as_text, items, text
from metabot.telemetry.documents import each_value
from metabot.telemetry.fenced_commands import BLOCK, RETURNED, without_tags
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Record, Span
from metabot.telemetry.spans import Unreadable, is_calendar
from metabot.telemetry.times import scaled_ns
from metabot.telemetry.trajectory import ROOT, UNSET, Ended, Run, When, identified, named, place, whole

_S: Final = 1_000_000_000  # nanoseconds
_TIMED_OUT: Final = re.compile(r"\s*The last command <command>.*?</command> timed out", re.S)
_NOT_RUN: Final = ("action was not executed", "Command not executed", "Commands not executed")
_LIST: Final = b"<returncode>"


@dataclass(frozen=True, slots=True)
class _Action:
    command: str
    call_id: str | None


def recognises(opening: Opening) -> bool:
    """A run with its `info`; the oldest versions' list of messages by how it tells what a command returned."""
    told = opening.paths & {"trajectory_format", "info.mini_version", "info.model_stats", "info.exit_status"}
    a_list = opening.has("item.role", "item.content") and _LIST in opening.head
    return (bool(told) and opening.has("messages.item.role")) or a_list


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_value(chunks, partial(whole, _run))


def _run(value: object) -> Iterator[Record]:
    run_ = value if isinstance(value, dict) else {"messages": value}
    messages = [one for one in items(run_, "messages") if isinstance(one, dict)]
    if not messages:
        raise Unreadable("no run with messages")
    info = _dict(run_.get("info"))
    trace_id = identified("mini-swe-agent", _own(messages))
    run = Run(
        trace_id=trace_id,
        service="mini-swe-agent",
        session_id=named(text(run_.get("instance_id")) or "run", trace_id),
        version=text(info.get("mini_version")),
    )
    times = _times(messages)
    known = [time for time in times if time is not None]
    when = When(known[0], known[-1], "utc") if known else place(0, len(messages) - 1)
    yield run.span("agent", ROOT, "invoke_agent", when, ended=_ended(info, messages))
    if stats := info.get("model_stats"):
        yield run.log("model_stats", as_text(stats), when)
    yield from _steps(run, messages, times, _dict(info.get("config")))


def _own(messages: Sequence[dict[str, object]]) -> object:
    """What a run is known by: how it begins, if that is unlike any other run, because the file grows with the run."""
    begun = next((at for at, one in enumerate(messages) if _response(one) or _extra(one).get("timestamp")), None)
    return messages if begun is None else messages[: begun + 1]


def _times(messages: Sequence[dict[str, object]]) -> list[int | None]:
    found = (scaled_ns(_extra(one).get("timestamp"), _S) for one in messages)
    return [time if time is not None and is_calendar(time) else None for time in found]


def _steps(
    run: Run, messages: Sequence[dict[str, object]], times: Sequence[int | None], config: dict[str, object]
) -> Iterator[Span]:
    model = text(_dict(config.get("model")).get("model_name"))
    confirms = _dict(config.get("agent")).get("mode") in ("confirm", "human")
    asked: list[_Action] = []
    together = False
    before: int | None = None  # when the message came that led to this one
    for at, message in enumerate(messages):
        if (answer := _answer(message)) is not None:
            request = openai_body.asked({"model": model, "messages": list(_sent(messages[:at]))})
            yield run.span("model", at, "chat", _between(at, before, times), {**request, **answer})
            asked, together = [], False
        actions = _actions(message)
        if actions:
            asked, together = actions, len(actions) > 1
        elif asked and _is_result(message):
            action = _taken(asked, message)
            if not _not_run(message):
                when = _together(at, before, times) if together else _between(at, None if confirms else before, times)
                yield _tool(run, at, message, action, when)
        if not (together and asked) or actions:
            before = times[at] if times[at] is not None else before


def _sent(messages: Iterable[dict[str, object]]) -> Iterator[object]:
    """A conversation as the model was sent it: a response's items, and not how the run ended."""
    for message in messages:
        if message.get("object") == "response":
            yield from items(message, "output")
        elif message.get("role") != "exit":
            yield message


def _between(at: int, before: int | None, times: Sequence[int | None]) -> When:
    end = times[at]
    if before is not None and end is not None:
        return When(before, end, "utc")
    known = end if end is not None else before
    return place(at) if known is None else When(known, known, "order")


def _together(at: int, before: int | None, times: Sequence[int | None]) -> When:
    """One of several commands: when the first began is known, and when all had ended."""
    return _between(at, None, times) if before is None else When(before, before, "utc start")


def _answer(message: dict[str, object]) -> dict[str, object] | None:
    """Attributes of the model's answer that this message is, or complains of; None where no model answered."""
    extra, response = _extra(message), _response(message)
    told = openai_body.answered(response) if response else {}
    if message.get("role") == "assistant" or message.get("object") == "response":
        said = [message] if message.get("object") != "response" else told["gen_ai.output.messages"]
        return {**told, "gen_ai.output.messages": said}
    if extra.get("interrupt_type") != "FormatError" or not (response or "model_response" in extra):
        return None
    said = [{"role": "assistant", "content": extra.get("model_response")}]
    return {"gen_ai.output.messages": said, **told}


def _response(message: dict[str, object]) -> dict[str, object]:
    return message if message.get("object") == "response" else _dict(_extra(message).get("response"))


def _actions(message: dict[str, object]) -> list[_Action]:
    """Commands that an answer or a person asks for; until version 2 they stand in the answer's text alone."""
    listed = [one for one in items(_extra(message), "actions") if isinstance(one, dict)]
    if listed or message.get("role") != "assistant":
        return [_Action(as_text(one.get("command")) or "", text(one.get("tool_call_id"))) for one in listed]
    blocks = BLOCK.findall(as_text(message.get("content")) or "")
    return [_Action(blocks[0].strip(), None)] if len(blocks) == 1 else []


def _is_result(message: dict[str, object]) -> bool:
    if message.get("role") in ("assistant", "system", "exit") or message.get("object") == "response":
        return False
    extra = _extra(message)
    told = message.get("role") == "tool" or message.get("type") == "function_call_output" or "returncode" in extra
    return told or not extra


def _taken(asked: list[_Action], message: dict[str, object]) -> _Action:
    """The command that a message is the result of: the one with its id, else the next."""
    call_id = message.get("tool_call_id") or message.get("call_id")
    at = next((at for at, action in enumerate(asked) if call_id is not None and action.call_id == call_id), 0)
    return asked.pop(at)


def _not_run(message: dict[str, object]) -> bool:
    told = text(_extra(message).get("exception_info")) or as_text(message.get("content")) or ""
    return told.startswith(_NOT_RUN)


def _tool(run: Run, at: int, message: dict[str, object], action: _Action, when: When) -> Span:
    extra = _extra(message)
    shown = as_text(message.get("output") if "output" in message else message.get("content"))
    attributes = {
        "gen_ai.tool.name": "bash",
        "gen_ai.tool.call.id": action.call_id,
        "gen_ai.tool.call.arguments": action.command,
        "gen_ai.tool.call.result": shown,
    }
    output = text(extra.get("raw_output")) or shown or ""
    return run.span("tool", at, "bash", when, attributes, ended=_returned(extra, action.command, output))


def _returned(extra: dict[str, object], command: str, output: str) -> Ended:
    if info := text(extra.get("exception_info")):
        return Ended("error", info, text(extra.get("exception_type")) or "exception")
    if _TIMED_OUT.match(output):
        return Ended("error", output.strip().split("\n", 1)[0], "timeout")
    status = extra.get("returncode")
    if not extra and (found := RETURNED.match(output)):
        status, output = int(found[1]), without_tags(output[found.end() :])
    known = status if isinstance(status, int) and not isinstance(status, bool) else None
    return exit_status.ended(known, command, output)


def _ended(info: dict[str, object], messages: Sequence[dict[str, object]]) -> Ended:
    last = _extra(messages[-1])
    status = text(info.get("exit_status")) or text(last.get("exit_status"))
    if status == "Submitted":
        return Ended("ok")
    told = text(last.get("exception_str")) or text(messages[-1].get("content"))
    return UNSET if status is None else Ended("error", told or status, status)


def _extra(message: dict[str, object]) -> dict[str, object]:
    return _dict(message.get("extra"))


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
