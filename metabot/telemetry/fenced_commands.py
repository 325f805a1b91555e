"""Commands of agents that speak in texts alone: the answer holds one fenced command, the next request what it returned.

So does mini-SWE-agent: its answers say "```bash", and what comes back begins with `<returncode>`. A log of such calls
holds no tools; here they are found, each between two calls of one session, where the second one tells one result more
than the first. When a command began is not known, only that it had ended: it has a place in the order, no duration.
https://mini-swe-agent.com/latest/usage/output_files/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from metabot.telemetry import exit_status
from metabot.telemetry.attributes import items
from metabot.telemetry.identity import span_id_of
from metabot.telemetry.openai_record import FORMAT, Logged
from metabot.telemetry.record import Span
from metabot.telemetry.spans import RawSpan, normalized
from metabot.telemetry.trajectory import Ended

BLOCK: Final = re.compile(r"```(?:bash|mswea_bash_command)\s*\n(.*?)\n```", re.DOTALL)
RETURNED: Final = re.compile(r"\s*(?:<exception>.*?</exception>\s*)?<returncode>(-?\d{1,5})</returncode>", re.DOTALL)
_TAG: Final = "<returncode>"
_LONGEST: Final = 100_000  # characters of a result; what a model was shown is shorter


@dataclass(frozen=True, slots=True)
class _Turn:
    call: Span
    asks: str | None  # the command of the answer
    told: str | None  # the last result in the request
    results: int  # in the request


@dataclass(slots=True)
class Sessions:
    """The calls of each session, which may be noted in any order."""

    turns: dict[tuple[str, bool], list[_Turn]] = field(default_factory=dict)

    def note(self, call: Span, logged: Logged) -> None:
        """Costs the memory of one command and one result for a call; nothing for calls of other agents."""
        asks, (told, results) = _asks(logged), _told(logged)
        if call.session_id is not None and call.model_call is not None and (asks or results):
            turn = _Turn(call, asks, told, results)
            self.turns.setdefault((call.session_id, call.clock == "order"), []).append(turn)

    def tools(self) -> Iterator[Span]:
        for turns in self.turns.values():
            ordered = sorted(turns, key=lambda turn: (turn.call.start_ns, turn.results))
            for before, after in pairwise(ordered):
                one_more = after.results == before.results + 1 and after.call.start_ns > before.call.start_ns
                if before.asks and after.told and one_more:
                    yield _tool(before.call, before.asks, after.told, after.call.start_ns - 1)


def returned(command: str, shown: str) -> Ended | None:
    """How a command ended by what it returned; None where that does not say."""
    found = RETURNED.match(shown)
    if not found:
        return None
    return exit_status.ended(int(found[1]), command, without_tags(shown[found.end() :]))


def without_tags(output: str) -> str:
    return output.strip().removeprefix("<output>").removesuffix("</output>")


def _asks(logged: Logged) -> str | None:
    answer = logged.response
    if isinstance(answer, dict):
        choices = [one for one in items(answer, "choices") if isinstance(one, dict)]
        message = choices[0].get("message") if choices else None
        answer = message.get("content") if isinstance(message, dict) else None
    blocks = BLOCK.findall(answer) if isinstance(answer, str) else []
    return blocks[0].strip() if len(blocks) == 1 else None


def _told(logged: Logged) -> tuple[str | None, int]:
    """The last result that the request tells, and how many it tells."""
    sent = logged.request.get("input") or logged.request.get("prompt")
    if isinstance(sent, str):
        at = sent.rfind(_TAG)
        return (None if at < 0 else sent[at : at + _LONGEST].strip()), sent.count(_TAG)
    messages = [one for one in items(logged.request, "messages") if isinstance(one, dict)]
    said = [one["content"] for one in messages if isinstance(one.get("content"), str)]
    results = [text for text in said if RETURNED.match(text)]
    last = said[-1] if said and results and said[-1] is results[-1] else None
    return (None if last is None else last[:_LONGEST].strip()), len(results)


def _tool(call: Span, command: str, shown: str, ended_ns: int) -> Span:
    ended = returned(command, shown) or Ended()
    return normalized(
        RawSpan(
            trace_id=call.trace_id,
            span_id=span_id_of(FORMAT, "command", call.trace_id, call.span_id),
            parent_id=call.parent_id,
            name="bash",
            kind="internal",
            start_ns=ended_ns,
            end_ns=ended_ns,
            status=ended.status,
            status_message=ended.message,
            scope=None,
            attributes={
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "bash",
                "gen_ai.conversation.id": call.session_id,
                "gen_ai.tool.call.arguments": command,
                "gen_ai.tool.call.result": shown,
                "error.type": ended.type,
            },
            resource={"service.name": call.service},
            events=(),
            clock="order",
        )
    )
