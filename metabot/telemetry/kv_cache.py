"""Sessions of coding agents as kv-cache-tester publishes them: lengths, times and ids of prompt blocks, and no text.

One JSON file or line a session. `t` is seconds since the session began; a sub-agent's requests count from the start of
the sub-agent or, where the first of them is not earlier than the sub-agent itself, from the session's too. `api_time`
and `ttft` are seconds. Where `api_time` is missing, how long the request took is unknown. `hash_ids` number blocks of
`block_size` tokens, by default within the session, which sub-agents share; an equal id means an equal prompt up to the
block's end. In earlier releases most prompts were sent twice, streamed and then whole: each has times and tokens of its
own, and is a call.

The session's span goes from its first request to the last end that is known. A session is known by its id, which
releases use again, together with its first request.

https://github.com/callanjfox/kv-cache-tester/blob/master/docs/trace_replay_tester.md#trace-format
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from metabot.telemetry.attributes import integer, items, text
from metabot.telemetry.block_ids import BlockIds
from metabot.telemetry.documents import each_value
from metabot.telemetry.identity import span_id_of, trace_id_of
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import ModelCall, Record, Span, Status
from metabot.telemetry.spans import reject
from metabot.telemetry.times import scaled_ns

_NAME: Final = "kv-cache"
_SECOND_NS: Final = 10**9
_MS: Final = 1_000_000  # nanoseconds
_DEPTH: Final = 50  # sub-agents within one another
_STATUS: Final[dict[str, Status]] = {"completed": "ok", "failed": "error", "error": "error"}


def recognises(opening: Opening) -> bool:
    return opening.has("requests.item.hash_ids", "requests.item.t", "requests.item.in")


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_value(chunks, _session)


def _session(place: str, session: object) -> Iterator[Record]:
    if isinstance(session, dict) and isinstance(session.get("requests"), list):
        yield from _Session.of(session, place).records(session)
    else:
        yield reject(place or "line 1", "no session with a list of requests", session)


@dataclass(frozen=True, slots=True)
class _Agent:
    """Whose requests are read: the session's own, or a sub-agent's."""

    span_id: str
    place: str
    start_ns: int
    since_ns: int  # what its requests' times count from
    depth: int


@dataclass(slots=True)
class _Session:
    trace_id: str
    session_id: str | None
    place: str
    blocks: BlockIds
    block_size: int | None
    ended_ns: int = 0  # the last end that was seen

    @classmethod
    def of(cls, session: dict[str, object], place: str) -> _Session:
        own = (row for row in items(session, "requests") if isinstance(row, dict) and row.get("type") != "subagent")
        opening = next(own, {})
        session_id = text(session.get("id"))
        identity = (_NAME, session_id, *(_scalar(opening.get(name)) for name in ("model", "in", "out", "api_time")))
        everywhere = session.get("hash_id_scope") == "global"
        blocks = BlockIds(_NAME, "global") if everywhere else BlockIds(*identity)
        return cls(trace_id_of(*identity), session_id, place, blocks, integer(session.get("block_size")) or None)

    def records(self, session: dict[str, object]) -> Iterator[Record]:
        root = _Agent(span_id_of(self.trace_id), self.place, 0, 0, 0)
        yield from self._rows(items(session, "requests"), root)
        yield self._agent(root, None, "session", "unset", self.ended_ns)

    def _rows(self, rows: list[object], agent: _Agent) -> Iterator[Record]:
        for number, row in enumerate(rows, 1):
            place = ", ".join(part for part in (agent.place, f"request {number}") if part)
            start_ns = _start(row)
            if not isinstance(row, dict) or start_ns is None:
                yield reject(place, "no request with its time t in seconds", row)
            elif row.get("type") != "subagent":
                yield self._call(row, agent.since_ns + start_ns, agent, number)
            elif agent.depth < _DEPTH:
                start_ns += agent.since_ns
                since_ns = agent.since_ns if _counts_on(row) else start_ns
                below = _Agent(span_id_of(agent.span_id, number), place, start_ns, since_ns, agent.depth + 1)
                yield from self._sub_agent(row, below, agent)
            else:
                yield reject(place, f"more than {_DEPTH} sub-agents within one another", "")

    def _sub_agent(self, row: dict[str, object], agent: _Agent, parent: _Agent) -> Iterator[Record]:
        outside, self.ended_ns = self.ended_ns, agent.start_ns
        yield from self._rows(items(row, "requests"), agent)
        took = scaled_ns(row.get("duration_ms"), _MS)
        end_ns = self.ended_ns if took is None else agent.start_ns + took
        status = _STATUS.get(text(row.get("status")) or "", "unset")
        yield self._agent(agent, parent.span_id, text(row.get("subagent_type")) or "subagent", status, end_ns)
        self.ended_ns = max(outside, self.ended_ns, end_ns)

    def _agent(self, agent: _Agent, parent_id: str | None, operation: str, status: Status, end_ns: int) -> Span:
        return Span(
            trace_id=self.trace_id,
            span_id=agent.span_id,
            parent_id=parent_id,
            service=_NAME,
            operation=operation,
            kind="agent",
            start_ns=agent.start_ns,
            end_ns=end_ns,
            status=status,
            clock="relative",
            session_id=self.session_id,
        )

    def _call(self, row: dict[str, object], start_ns: int, agent: _Agent, number: int) -> Span:
        took, waited = scaled_ns(row.get("api_time"), _SECOND_NS), scaled_ns(row.get("ttft"), _SECOND_NS)
        end_ns = start_ns + (took or 0)
        self.ended_ns = max(self.ended_ns, end_ns)
        hashes = self.blocks.hashes(row.get("hash_ids"))
        return Span(
            trace_id=self.trace_id,
            span_id=span_id_of(agent.span_id, number),
            parent_id=agent.span_id,
            service=_NAME,
            operation="request",
            kind="model",
            start_ns=start_ns,
            end_ns=end_ns,
            status="unset",
            clock="relative start" if took is None else "relative",
            session_id=self.session_id,
            model_call=ModelCall(
                model=text(row.get("model")),
                input_tokens=integer(row.get("in")),
                output_tokens=integer(row.get("out")),
                finish_reason=text(row.get("stop")),
                first_token_ns=None if waited is None else start_ns + waited,
                block_hashes=hashes,
                block_size=self.block_size if hashes else None,
                block_unit="tokens" if hashes and self.block_size else None,
                scope=_NAME,
            ),
        )


def _scalar(value: object) -> object:
    return value if isinstance(value, (str, int, float)) else None


def _start(row: object) -> int | None:
    return scaled_ns(row.get("t"), _SECOND_NS) if isinstance(row, dict) else None


def _counts_on(agent: dict[str, object]) -> bool:
    """Whether a sub-agent's requests count from where it itself does."""
    own, first = _start(agent), next((at for row in items(agent, "requests") if (at := _start(row)) is not None), None)
    return own is not None and first is not None and first >= own
