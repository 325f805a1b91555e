"""SWE-agent's trajectories (.traj): every step with the model's answer, the command and what came of it.

Since 1.1 a step has `query`, what was sent to the model (1.0: `messages`). Older ones have the whole `history` alone,
of which the model was shown a part; there the request stays unknown. `model_stats` count the whole run, in a log line
of its own; a run that sent no token asked no model: its answers were replayed or written by a person, and its steps are
an agent's. `execution_time` of a command is left out, because nothing tells when it began.
A run that was tried again holds each try as `attempts`, the best one a second time.
https://swe-agent.com/latest/usage/trajectories/ and sweagent/agent/agents.py
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from metabot.telemetry.attributes import as_text, integer, items, number, parsed, text
from metabot.telemetry.documents import each_value
from metabot.telemetry.messages import calls_of
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Record, Span
from metabot.telemetry.spans import Unreadable
from metabot.telemetry.trajectory import ROOT, UNSET, Ended, Run, identified, named, place, whole

_EXIT: Final = re.compile(r"(?:^|\()((?:exit_(?!command\b)|early_exit|skipped)\w*)")
_GIVEN_UP: Final = re.compile(r"Exit(?:ing)? due to ")
# What the environment puts at the end of an observation: sweagent/environment/swe_env.py until 0.7, then the default
# of `command_cancelled_timeout_template` and `shell_check_error_template`.
_TIMED_OUT: Final = re.compile(
    r"^(?:EXECUTION TIMED OUT|The command '.*' was cancelled because it took more)", re.M | re.S
)
_NOT_RUN: Final = re.compile(
    r"^(?:COMMAND FAILED TO EXECUTE|BROKEN PIPE ERROR|EXECUTION FAILED OR COMMAND MALFORMED"
    r"|COMMAND PRODUCED TOO MANY NON-UNICODE|Your bash command contained syntax errors and was NOT executed)",
    re.M,
)  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]{0,39}")
_MESSAGE: Final = 1_000  # characters of an observation's end that tell what failed


class _Calls:
    """The tool calls of each answer: only the history has them, in the message of the same text."""

    def __init__(self, history: list[dict[str, object]]) -> None:
        self._of: defaultdict[tuple[str | None, ...], deque[list[object]]] = defaultdict(deque)
        for message in history:
            if message.get("role") == "assistant" and (calls := items(message, "tool_calls")):
                self._of[as_text(message.get("content")), as_text(message.get("action"))].append(calls)

    def taken(self, step: dict[str, object]) -> list[object]:
        """Those of a step; steps of one text come in the history's order."""
        found = self._of.get((as_text(step.get("response")), as_text(step.get("action"))))
        return found.popleft() if found else []


@dataclass(frozen=True, slots=True)
class _Try:
    """One run of the agent, from the place of its first step on."""

    steps: list[dict[str, object]]
    calls: _Calls
    info: dict[str, object]
    model: str | None
    key: object  # of the span above its steps
    first: int

    @property
    def last(self) -> int:
        return self.first + max(2 * len(self.steps) - 1, 0)

    @property
    def asks_a_model(self) -> bool:
        stats = self.info.get("model_stats")
        counts = stats if isinstance(stats, dict) else {}
        return 0 not in (integer(counts.get("api_calls")), integer(counts.get("tokens_sent")))


def recognises(opening: Opening) -> bool:
    """A run, one that was tried again, or the history alone, as demonstrations have it."""
    told = any(opening.has(at + "trajectory.item.action") for at in ("", "attempts.item."))
    return told or (opening.has("history.item.role", "history.item.agent") and not opening.has("mistake_agent"))


def is_predictions(opening: Opening) -> bool:
    """A benchmark's patches: in a list, one a line, or by instance."""
    return any(path.rpartition(".")[2] == "model_patch" for path in opening.paths)


def is_report(opening: Opening) -> bool:
    return opening.has("total_instances", "resolved_instances")


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_value(chunks, partial(whole, _run))


def _run(value: object) -> Iterator[Record]:
    tries = _tries(value) if isinstance(value, dict) else []
    if not isinstance(value, dict) or not tries:
        raise Unreadable("no steps (trajectory, history)")
    info, problem = _dict(value.get("info")), _dict(_dict(_replay(value)).get("problem_statement"))
    trace_id = identified("swe-agent", *([one.steps, one.info] for one in tries))
    run = Run(
        trace_id=trace_id,
        service="SWE-agent",
        session_id=named(text(problem.get("id")) or "run", trace_id),
        version=text(info.get("swe_agent_version")),
        revision=_known(info.get("swe_agent_hash")),
    )
    yield run.span("agent", ROOT, "invoke_agent", place(0, tries[-1].last), ended=_ended(info, tries[-1].steps))
    yield from _totals(run, info, tries)
    for one in tries:
        if one.key != ROOT:
            ended = _ended(one.info, one.steps)
            yield run.span("agent", one.key, "attempt", place(one.first, one.last), ended=ended)
        for nth, step in enumerate(one.steps):
            yield from _step(run, one, one.first + 2 * nth, step)


def _tries(value: dict[str, object]) -> list[_Try]:
    found: list[_Try] = []
    attempts = [one for one in items(value, "attempts") if isinstance(one, dict)]
    for nth, attempt in enumerate(attempts or [value]):
        history = [one for one in items(attempt, "history") if isinstance(one, dict) and not one.get("is_demo")]
        recorded = [one for one in items(attempt, "trajectory") if isinstance(one, dict)]
        steps = recorded or list(_of_history(history))
        key = f"attempt {nth}" if attempts else ROOT
        first = found[-1].last + 1 if found else 0
        if steps or (attempts and "trajectory" in attempt):
            found.append(_Try(steps, _Calls(history), _dict(attempt.get("info")), _model(attempt, nth), key, first))
    return found


def _of_history(history: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Steps where only messages were kept: an answer, and the message behind it."""
    for message, after in zip(history, [*history[1:], {}], strict=False):
        if message.get("role") == "assistant":
            observed = after.get("content") if after.get("role") in ("user", "tool") else None
            yield {**message, "response": message.get("content"), "observation": observed}


def _step(run: Run, one: _Try, at: int, step: dict[str, object]) -> Iterator[Span]:
    action = (text(step.get("action")) or "").strip()
    query = step.get("query") or step.get("messages")
    if _gave_up(step):
        return
    asked = one.calls.taken(step)
    said = {"role": "assistant", "content": as_text(step.get("response")), "tool_calls": asked}
    if one.asks_a_model:
        request = {
            "gen_ai.input.messages": [message for message in items(query) if isinstance(message, dict) and message],
            "gen_ai.output.messages": [said],
            "gen_ai.request.model": one.model,
        }
        yield run.span("model", at, "chat", place(at), request, parent=one.key)
    else:
        yield replace(run.span("agent", at, "step", place(at), parent=one.key), output=as_text(step.get("response")))
    if action and not _kept_back(step):
        yield _tool(run, one, at + 1, step, asked)


def _tool(run: Run, one: _Try, at: int, step: dict[str, object], asked: list[object]) -> Span:
    action, observed = (text(step.get("action")) or "").strip(), as_text(step.get("observation"))
    asking: dict[str, object] = {"tool_calls": asked}
    call = next(calls_of(asking), {})
    word = _NAME.match(action)
    name = text(call.get("name")) or (word[0] if word else "bash")
    attributes = {
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": text(call.get("id")),
        "gen_ai.tool.call.arguments": call.get("arguments") or action,
        "gen_ai.tool.call.result": observed,
    }
    return run.span("tool", at, name, place(at), attributes, ended=_observed(observed or ""), parent=one.key)


def _observed(observation: str) -> Ended:
    for marker, kind in ((_TIMED_OUT, "timeout"), (_NOT_RUN, "execution_failed")):
        if found := marker.search(observation):
            return Ended("error", observation[found.start() :][:_MESSAGE], kind)
    return UNSET


def _gave_up(step: dict[str, object]) -> bool:
    """A step that the agent wrote itself when it could not go on: no model answered in it."""
    action = (text(step.get("action")) or "").strip()
    return action.startswith("exit_") or (not action and bool(_GIVEN_UP.match(text(step.get("response")) or "")))


def _kept_back(step: dict[str, object]) -> bool:
    """A command that was refused: it took no time and nothing came of it."""
    return number(step.get("execution_time")) == 0 and not step.get("observation")


def _ended(info: dict[str, object], steps: list[dict[str, object]]) -> Ended:
    status = text(info.get("exit_status")) or ""
    if found := _EXIT.search(status):
        told = next((text(step.get("response")) for step in reversed(steps) if _gave_up(step)), None)
        return Ended("error", told or status, found[1])
    return Ended("ok") if status == "submitted" else UNSET


def _totals(run: Run, info: dict[str, object], tries: list[_Try]) -> Iterator[Event]:
    if stats := _dict(info.get("model_stats")):
        yield run.log("model_stats", as_text(stats), place(0, tries[-1].last))
    for one in tries:
        accepted = number(_dict(one.info.get("review")).get("accept"))
        if accepted is not None:
            yield run.score("review", accepted, place(one.first, one.last), of=one.key)


def _model(attempt: dict[str, object], nth: int) -> str | None:
    agent = _dict(_replay(attempt).get("agent"))
    configured = [one for one in items(agent, "agent_configs") if isinstance(one, dict)]
    own = configured[nth % len(configured)] if configured else agent
    return text(_dict(own.get("model")).get("name"))


def _replay(value: dict[str, object]) -> dict[str, object]:
    return _dict(parsed(value.get("replay_config")))  # JSON in a string since 1.0.1


def _known(revision: object) -> str | None:
    return None if revision == "unavailable" else text(revision)


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
