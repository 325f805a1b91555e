"""Who&When: failed runs of several agents, each with the agent and the step that a person holds responsible.

The hand-crafted half has the agent in `role` ("WebSurfer", "Orchestrator (thought)", and "human" who asks), the
algorithm-generated half in `name`. A step is one agent's turn: which model calls it took is not recorded. Terminals
run code and are tools; those of AG2 and of AutoGen tell the exit status, each in its own words. The question of a
user has no span. `mistake_step` counts from 0 over all of `history`.
https://github.com/ag2ai/Agents_Failure_Attribution
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from metabot.telemetry import exit_status
from metabot.telemetry.attributes import as_text, integer, items, number, text
from metabot.telemetry.documents import each_listed
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Record, Span
from metabot.telemetry.spans import Unreadable
from metabot.telemetry.trajectory import ROOT, UNSET, Ended, Run, identified, named, place, whole

_ASKS: Final = frozenset({"human", "user"})
_VERDICTS: Final = ("is_correct", "is_corrected")  # the two halves' names for one thing
_TERMINAL: Final = re.compile(r"terminal|code_?executor", re.IGNORECASE)
_STATUS: Final = re.compile(r"exitcode: (\d{1,3}) \(|[Uu]nix exit code(?: was)?: (\d{1,3})")
_HEAD: Final = 400  # characters in which a terminal tells the status


def recognises(opening: Opening) -> bool:
    """One run, or runs in a list or one a line."""
    return any(
        opening.has(prefix + "history.item.content")
        and opening.paths & {prefix + "mistake_agent", prefix + "mistake_step"}
        for prefix in ("", "item.")
    )


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_listed(chunks, partial(whole, _run), "run")


def _run(value: object) -> Iterator[Record]:
    if not isinstance(value, dict) or not isinstance(value.get("history"), list):
        raise Unreadable("no run with a history")
    history = items(value, "history")
    question = as_text(value.get("question_ID")) or "unnamed"
    trace_id = identified("who-and-when", question, history)
    run = Run(trace_id=trace_id, service="who-and-when", session_id=named(f"question {question}", trace_id))
    yield run.span("workflow", ROOT, "invoke_workflow", place(0, max(len(history) - 1, 0)))
    steps = {at: step for at, message in enumerate(history) if (step := _step(run, at, message)) is not None}
    yield from steps.values()
    yield from _labels(run, value, len(history), steps)


def _step(run: Run, at: int, message: object) -> Span | None:
    agent = _agent(message)
    if not isinstance(message, dict) or agent is None:
        return None
    said = as_text(message.get("content"))
    if _TERMINAL.search(agent) and "->" not in agent:  # "Orchestrator (-> ComputerTerminal)" speaks to it
        result = {"gen_ai.tool.name": agent, "gen_ai.tool.call.result": said}
        return run.span("tool", at, agent, place(at), result, ended=_ended(said or ""))
    return replace(run.span("agent", at, agent, place(at)), output=said)


def _agent(message: object) -> str | None:
    if not isinstance(message, dict):
        return None
    name, role = text(message.get("name")), text(message.get("role"))
    return name or (None if role is None or role.lower() in _ASKS else role)


def _ended(said: str) -> Ended:
    told = _STATUS.search(said[:_HEAD])
    return exit_status.ended(int(told[1] or told[2]), None, said) if told else UNSET


def _labels(run: Run, value: dict[str, object], length: int, steps: dict[int, Span]) -> Iterator[Event]:
    when = place(0, max(length - 1, 0))
    for name in _VERDICTS:
        verdict = value.get(name)
        score = float(verdict) if isinstance(verdict, bool) else number(verdict)
        if score is not None:
            yield run.score("is_correct", score, when)
    agent, reason = as_text(value.get("mistake_agent")), as_text(value.get("mistake_reason"))
    if agent or reason:
        at = integer(value.get("mistake_step"))
        known = at is not None and at in steps
        told = ": ".join(part for part in (agent, reason) if part)
        yield run.score(
            "mistake", 0.0, place(at) if known and at is not None else when, text=told, of=at if known else ROOT
        )
