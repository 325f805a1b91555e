"""The store's model calls and tool calls as the exchanges of a cassette, redacted.

Reads CALLS with the texts of requests and answers, and spans of tools and retrievals with their arguments and results.
What cannot be rebuilt is left out and counted, and so is what a public source wrote: nobody who can write to our input
shall answer in the place of a model. Texts go through redaction once more, whatever the store keeps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import polars as pl

from analyzers.frames import CALLS, SPANS
from metabot.redact import redact
from metabot.replay.blanks import Blanks, blanks_of
from metabot.replay.cassette import Answer, Cassette, Exchange, Reply
from metabot.replay.tool_request import read
from metabot.store.answer_text import taken_apart
from metabot.store.frames import Chosen, batches, frame
from metabot.store.recorded_failure import failure_of
from metabot.store.recorded_request import REDACTED, Known, request_of
from metabot.store.store import Store
from metabot.store.texts import texts_of

_AT_A_TIME: Final = 500  # calls whose texts are in memory at once
_ENDED: Final = {
    "stop": "stop", "end_turn": "stop", "stop_sequence": "stop", "eos": "stop",
    "tool_calls": "tool_calls", "tool_call": "tool_calls", "tool_use": "tool_calls", "function_call": "tool_calls",
    "length": "length", "max_tokens": "length", "content_filter": "content_filter", "safety": "content_filter",
}  # fmt: skip  # the providers' words for OpenAI's
_SPAN_OF_A_TOOL: Final = "execute_tool "  # https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/


class _LeftOut(Exception):  # noqa: N818  # a step in here, never an error of metabot
    """Why an exchange cannot be rebuilt."""


@dataclass(slots=True)
class _Export:
    """What was found so far; of each exchange when it began, in its session or its trace."""

    failures: Mapping[tuple[str, str], Mapping[str, Any]]  # spans of calls that failed
    sessions: Mapping[str, str]  # of each trace; spans of tools seldom name it
    known: Known = field(default_factory=dict)
    exchanges: list[tuple[int, str, Exchange]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any], rebuilt: Callable[[], Exchange]) -> None:
        if row["public"]:
            self.left_out["from a public source"] += 1
            return
        try:
            sequence = row["session_id"] or self.sessions.get(row["trace_id"], row["trace_id"])
            self.exchanges.append((row["start_ns"], sequence, rebuilt()))
        except _LeftOut as reason:
            self.left_out[str(reason)] += 1

    def redacted(self, text: str) -> str:
        kept, removed = redact(text)
        self.removed.update(removed)
        return kept

    def call(self, call: Mapping[str, Any], held: Mapping[int, str]) -> Exchange:
        if not call["model"]:
            raise _LeftOut("which model it was, was not recorded")
        request = request_of(call, held, self.known)
        if request is None:
            raise _LeftOut("the request was not recorded")
        answer = self._failed_call(call) if call["status"] == "error" else self._answer(call, held)
        return Exchange(
            kind="model",
            sequence="",
            number=0,
            request=None,
            texts=request.texts,
            likeness=request.likeness,
            modelled_tokens=request.modelled_tokens,
            answer=answer,
            blanks=_blanks(call, answer, held),
            **_times(call),
        )

    def _answer(self, call: Mapping[str, Any], held: Mapping[int, str]) -> Answer:
        if call["answer_hash"] is None:
            raise _LeftOut("the answer was not recorded")
        if call["answer_hash"] not in held:
            raise _LeftOut("the answer's text is not kept")
        ids = call["tool_call_ids"] or []
        said = taken_apart(held[call["answer_hash"]], call["tools_called"] or (), len(ids) or None)
        if said is None:
            raise _LeftOut("the answer's tool calls cannot be told from its text")
        asks = "tool_calls" if said.calls else "stop"
        return Answer(
            text=self.redacted(said.text),
            calls=tuple(
                (ids[place] if ids else f"call_{place}", name, self.redacted(arguments))
                for place, (name, arguments) in enumerate(said.calls)
            ),
            finish_reason=_ENDED.get((call["finish_reason"] or "").lower(), asks),
            prompt_tokens=call["input_tokens"],
            completion_tokens=call["output_tokens"],
        )

    def _failed_call(self, call: Mapping[str, Any]) -> Reply:
        spans = (self.failures.get((call["trace_id"], span_id)) for span_id in call["span_ids"])
        return failure_of(next((span for span in spans if span is not None), call), self.redacted)

    def tool(self, span: Mapping[str, Any]) -> Exchange:
        """Arguments that something was taken out of have no hash: what was asked is not known any more."""
        failed = span["status"] == "error"
        if span["output"] is None and not failed:
            raise _LeftOut("the tool's result was not recorded")
        given = span["input"] or ""
        asked = read("POST", tool_path(span["operation"]), given.encode("utf-8", "replace"))
        return Exchange(
            kind="tool",
            sequence="",
            number=0,
            request=None if REDACTED in given else asked.digest(),
            texts=(),
            likeness=asked.likeness(),
            modelled_tokens=None,
            answer=failure_of(span, self.redacted) if failed else Reply(status=200, body=self.redacted(span["output"])),
            **{**_times(span), "first_token_ms": None},
        )


def cassette_of(store: Store, chosen: Chosen, *, path: Path) -> Cassette:
    """Everything that is `chosen`; its sequences are numbered and no longer say which session or trace they were."""
    calls = frame(store, CALLS, chosen).collect()
    tools: list[pl.DataFrame] = []
    failures: dict[tuple[str, str], Mapping[str, Any]] = {}
    for part in batches(store, SPANS, chosen):
        tools.append(part.filter(pl.col("kind").is_in(["tool", "retrieval"])))
        failed = part.filter(pl.col("kind") == "model", pl.col("status") == "error")
        failures |= {(row["trace_id"], row["span_id"]): row for row in failed.iter_rows(named=True)}
    named = calls.select("trace_id", "session_id").drop_nulls()
    export = _Export(failures, dict(named.iter_rows()))
    for part in calls.iter_slices(_AT_A_TIME):
        held = texts_of(store.connection, _hashes(part))
        for call in part.iter_rows(named=True):
            export.add(call, partial(export.call, call, held))
    for span in (row for part in tools for row in part.iter_rows(named=True)):
        export.add(span, partial(export.tool, span))
    return Cassette(
        path=str(path),
        exchanges=tuple(_numbered(export.exchanges)),
        left_out=export.left_out,
        removed=export.removed,
    )


def tool_path(operation: str) -> str:
    """Where a tool answers: under its name, of which nothing that means something in a path is left."""
    return "/tools/" + quote(operation.removeprefix(_SPAN_OF_A_TOOL), safe="")


def _blanks(call: Mapping[str, Any], answer: Answer | Reply, held: Mapping[int, str]) -> Blanks:
    if isinstance(answer, Reply):
        return {}
    said = [answer.text, *(arguments for _, _, arguments in answer.calls)]
    if not any(REDACTED in text for text in said):
        return {}
    asked = (held[hashed] for hashed in call["request_hashes"] or () if hashed in held)
    return blanks_of(said, (redact(text)[0] for text in asked))


def _hashes(calls: pl.DataFrame) -> list[int]:
    asked = calls["request_hashes"].explode()
    return pl.concat([asked, calls["answer_hash"]]).drop_nulls().unique().to_list()


def _times(row: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing where the record's clock tells no durations."""
    if row["clock"] not in ("utc", "relative"):
        return {"first_token_ms": None, "total_ms": None}
    begin, first, total = row["start_ns"], row.get("first_token_ns"), max(0, row["end_ns"] - row["start_ns"])
    known = first is not None and begin <= first <= begin + total
    return {"first_token_ms": (first - begin) / 1e6 if known else None, "total_ms": total / 1e6}


def _numbered(found: Iterable[tuple[int, str, Exchange]]) -> Iterator[Exchange]:
    sequences: dict[str, int] = {}
    length: Counter[str] = Counter()
    for _, sequence, exchange in sorted(found, key=itemgetter(0)):
        number = sequences.setdefault(sequence, len(sequences) + 1)
        yield replace(exchange, sequence=f"s{number}", number=length[sequence])
        length[sequence] += 1
