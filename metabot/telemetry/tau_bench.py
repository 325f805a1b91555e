"""tau-bench's results: a list of runs, each with its task, trial, messages and reward.

Every assistant message is one model call, whose request is all messages before it; the model's name and its tokens are
not recorded. The environment answers a tool's failure with "Error: …" and a tool that it does not have with "Unknown
action …" (`Env.step` in tau_bench/envs/base.py). An agent that calls tools in its text (strategies act and react) gets
their results as a user's message with "API output: " in front (tau_bench/agents/chat_react_agent.py).
https://github.com/sierra-research/tau-bench
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final, NamedTuple

from metabot.telemetry.attributes import as_text, first, items, number, parsed, text
from metabot.telemetry.documents import each_listed
from metabot.telemetry.messages import calls_of, message_of
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Record, Span
from metabot.telemetry.spans import Unreadable
from metabot.telemetry.trajectory import ROOT, UNSET, Ended, Run, identified, named, place, whole

_FAILED: Final = "Error: "
_NO_SUCH_TOOL: Final = "Unknown action "
_IN_TEXT: Final = "API output: "
_ACTION: Final = "Action:"
_ARGUMENTS: Final = ("arguments", "input")
_TASK_KEYS: Final = ("task_id", "reward", "traj")


class _Asked(NamedTuple):
    """A tool call that the model asked for; without an id where it stands in the text of the answer."""

    id: str | None
    name: str | None
    arguments: object


class _Told(NamedTuple):
    """A tool's result, and the call that it answers where one is known."""

    call: _Asked | None
    call_id: str | None
    name: str | None
    result: str


def recognises(opening: Opening) -> bool:
    """A list of runs, or runs one a line."""
    return any(opening.has(*(prefix + key for key in _TASK_KEYS)) for prefix in ("item.", ""))


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_listed(chunks, partial(whole, _run), "run")


def _run(value: object) -> Iterator[Record]:
    if not isinstance(value, dict) or not isinstance(value.get("traj"), list):
        raise Unreadable("no run with a list of messages (traj)")
    messages = [one for one in value["traj"] if isinstance(one, dict)]
    task, trial = as_text(value.get("task_id")), as_text(value.get("trial"))
    trace_id = identified("tau-bench", task, trial, messages, value.get("reward"))
    name = ", ".join(f"{what} {which}" for what, which in (("task", task), ("trial", trial)) if which is not None)
    run = Run(trace_id=trace_id, service="tau-bench", session_id=named(name or "run", trace_id))
    when = place(0, max(len(messages) - 1, 0))
    yield run.span("agent", ROOT, "invoke_agent", when, ended=_ended(value.get("info")))
    reward = number(value.get("reward"))
    if reward is not None:
        yield run.score("reward", reward, when)
    yield from _steps(run, messages)


def _ended(info: object) -> Ended:
    """A run that an exception ended has the exception and its traceback in place of what it knows about the task."""
    error = as_text(info.get("error")) if isinstance(info, dict) else None
    if not isinstance(info, dict) or error is None:
        return UNSET
    last = (text(info.get("traceback")) or "").strip().rpartition("\n")[2]
    kind = last.partition(":")[0]
    return Ended("error", error, kind if kind.replace(".", "").replace("_", "").isalnum() else None)


def _steps(run: Run, messages: list[dict[str, object]]) -> Iterator[Span]:
    asked: list[_Asked] = []
    for at, message in enumerate(messages):
        if message.get("role") == "assistant":
            request = {"gen_ai.input.messages": messages[:at], "gen_ai.output.messages": [message]}
            yield run.span("model", at, "chat", place(at), request)
            asked = _asked(message)
        else:
            for nth, told in enumerate(_told(message, asked)):
                yield _tool(run, at, nth, told)


def _asked(message: dict[str, object]) -> list[_Asked]:
    parts = [part for part in items(message, "content") if isinstance(part, dict)]  # Anthropic's messages
    calls = [call for holder in (message, *parts) for call in calls_of(holder)]
    if calls:
        return [_Asked(text(call.get("id")), text(call.get("name")), first(call, _ARGUMENTS)) for call in calls]
    _, action, after = (text(message.get("content")) or "").rpartition(_ACTION)
    called = parsed(after.strip()) if action else None
    name = text(called.get("name")) if isinstance(called, dict) else None
    return [_Asked(None, name, called.get("arguments"))] if isinstance(called, dict) and name else []


def _told(message: dict[str, object], asked: list[_Asked]) -> Iterator[_Told]:
    """The results that a message brings: one in a tool's message, several in parts, or one in a user's text."""
    content = message.get("content")
    for part in items(content):
        if isinstance(part, dict) and part.get("type") == "tool_result":
            call_id = text(part.get("tool_use_id"))
            yield _Told(_answered(asked, call_id), call_id, None, "\n".join(message_of(part.get("content")).texts))
    said = text(content) or ""
    if message.get("role") == "tool":
        call_id = text(message.get("tool_call_id"))
        yield _Told(_answered(asked, call_id), call_id, text(message.get("name")), said)
    elif asked and said.startswith(_IN_TEXT):
        yield _Told(asked[0], None, None, said.removeprefix(_IN_TEXT))


def _answered(asked: list[_Asked], call_id: str | None) -> _Asked | None:
    return next((call for call in asked if call.id == call_id), asked[0] if len(asked) == 1 else None)


def _tool(run: Run, at: int, nth: int, told: _Told) -> Span:
    call = told.call
    name = told.name or (call.name if call else None) or "unnamed"
    attributes = {
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": told.call_id or (call.id if call else None),
        "gen_ai.tool.call.arguments": call.arguments if call else None,
        "gen_ai.tool.call.result": told.result or None,
    }
    return run.span("tool", (at, nth) if nth else at, name, place(at), attributes, ended=_result(told.result))


def _result(result: str) -> Ended:
    if result.startswith(_NO_SUCH_TOOL):
        return Ended("error", result, "unknown_action")
    return Ended("error", result.removeprefix(_FAILED)) if result.startswith(_FAILED) else UNSET
