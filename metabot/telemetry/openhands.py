"""OpenHands' evaluations (output.jsonl): a run a line, with its events, its metrics and its result.

Every answer of the model is one call, though several actions may come from it; `metrics` has its tokens and how long it
took, and calls besides that no event tells of. An action was recorded when the answer had come, so the call began that
much earlier; where its latency is not told, it has an order and no duration. What was sent to the model is not
recorded. `history` is a list of events, or in older files of pairs of action and observation. A saved trajectory
(`trajectory.json`) is the history alone, with the metrics in its events.
https://github.com/OpenHands/OpenHands evaluation/utils/shared.py and https://github.com/OpenHands/benchmarks
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from metabot.telemetry import openai_body, openhands_events
from metabot.telemetry.attributes import as_text, items, number, text
from metabot.telemetry.documents import each_value
from metabot.telemetry.openhands_events import Asked, Result
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Record, Span
from metabot.telemetry.spans import Unreadable, is_calendar
from metabot.telemetry.times import scaled_ns
from metabot.telemetry.trajectory import ROOT, UNSET, Ended, Run, When, identified, named, place, whole

_S: Final = 1_000_000_000  # nanoseconds
_TYPE: Final = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Timeout))\b")
_SCORES: Final = ("resolved", "success", "correct", "reward", "score")
_TOTALS: Final = ("accumulated_cost", "accumulated_token_usage")
_TOKENS: Final = {
    "prompt_tokens": "gen_ai.usage.input_tokens",
    "completion_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "model": "gen_ai.response.model",
}


@dataclass(slots=True)
class _Metrics:
    """What was measured of each call, by the id of its answer, in the order of the calls."""

    tokens: dict[str, dict[str, object]] = field(default_factory=dict)
    latency_ns: dict[str, int | None] = field(default_factory=dict)

    def add(self, value: object) -> None:
        for one in items(value, "response_latencies"):
            if isinstance(one, dict) and (response_id := text(one.get("response_id"))):
                self.latency_ns[response_id] = scaled_ns(one.get("latency"), _S)
                self.tokens.setdefault(response_id, {"gen_ai.response.model": one.get("model")})
        for one in items(value, "token_usages"):
            if isinstance(one, dict) and (response_id := text(one.get("response_id"))):
                self.tokens[response_id] = {ours: one.get(theirs) for theirs, ours in _TOKENS.items()}


def recognises(opening: Opening) -> bool:
    """A run, or a history alone of either version."""
    told = opening.has("instance_id", "test_result", "history")
    events = opening.has("item.source", "item.timestamp")
    of_old = opening.has("item.action", "item.args") and "item.cause" in opening.paths
    return told or (events and (of_old or opening.has("item.kind", "item.llm_response_id")))


def is_settings(opening: Opening) -> bool:
    return opening.has("agent_class", "eval_output_dir") and not opening.has("history")


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_value(chunks, partial(whole, _run))


def _run(value: object) -> Iterator[Record]:
    run_ = value if isinstance(value, dict) else {"history": value}
    if not isinstance(run_.get("history"), list) and "instance_id" not in run_:
        raise Unreadable("no run with a history")
    history = [one for one in _flat(items(run_, "history")) if isinstance(one, dict)]
    metadata, instance = _dict(run_.get("metadata")), as_text(run_.get("instance_id"))
    trace_id = identified("openhands", instance, run_.get("attempt"), _own(run_, history))
    history = openhands_events.zoned(history)
    run = Run(
        trace_id=trace_id,
        service="OpenHands",
        session_id=named(instance or "run", trace_id),
        revision=text(metadata.get("git_commit")),
    )
    when = _whole(history)
    yield run.span("agent", ROOT, "invoke_agent", when, ended=_ended(run_.get("error"), history))
    yield from _results(run, run_, when)
    configured = _dict(metadata.get("llm_config")) or _dict(metadata.get("llm"))
    metrics = _Metrics()
    for value_ in (*(event.get("llm_metrics") for event in history), run_.get("metrics")):
        metrics.add(value_)
    yield from _Steps(run, metrics, text(configured.get("model")), when).read(history)


def _own(run: dict[str, object], history: Sequence[object]) -> object:
    """What a run is known by: how and when it began; without times everything that happened."""
    begun = openhands_events.time_ns(history[0]) if history else None
    return history[:1] if begun is not None else [history, run.get("error"), run.get("metadata")]


def _flat(history: Sequence[object]) -> Iterator[object]:
    for one in history:
        yield from one if isinstance(one, list) else (one,)


def _whole(history: Sequence[object]) -> When:
    times = [time for event in history if (time := openhands_events.time_ns(event)) is not None]
    return When(times[0], times[-1], "utc") if times else place(0, max(len(history) - 1, 0))


def _ended(error: object, history: Sequence[object]) -> Ended:
    if told := as_text(error):
        kind = _TYPE.match(told)
        return Ended("error", told, kind[1] if kind else None)
    return next((found for event in reversed(history) if (found := openhands_events.failure(event))), UNSET)


def _results(run: Run, value: dict[str, object], when: When) -> Iterator[Event]:
    totals = {key: found for key in _TOTALS if (found := _dict(value.get("metrics")).get(key)) is not None}
    if totals:
        yield run.log("metrics", as_text(totals), when)
    result = _dict(value.get("test_result"))
    for name in _SCORES:
        told = [_dict(place_).get(name) for place_ in (value.get("report"), result.get("report"), result, value)]
        verdict = next((one for one in told if one is not None), None)
        score = float(verdict) if isinstance(verdict, bool) else number(verdict)
        if score is not None:
            yield run.score(name, score, when)


class _Steps:
    """The calls of a run and what came of them; each kind of span is known by ids of its own."""

    def __init__(self, run: Run, metrics: _Metrics, model: str | None, when: When) -> None:
        self._run, self._metrics, self._model, self._when = run, metrics, model, when
        self._open: dict[int, tuple[Asked, object]] = {}  # by place: what waits for its result, and its parent
        self._by: dict[tuple[str, str | None], int] = {}  # from the ids of an event to its place
        self._above: list[int] = []  # places of the delegations that go on

    def read(self, history: Sequence[object]) -> Iterator[Record]:
        events = [openhands_events.read(event) for event in history]
        answers = self._answers(events)
        for at, event in enumerate(events):
            if isinstance(event, Asked):
                parent = self._above[-1] if self._above else ROOT
                if at in answers:
                    yield self._call(at, answers[at], parent)
                if event.score is not None:
                    yield self._run.score("critic", event.score, self._when)
                if event.tool is not None:
                    self._wait(at, event, parent)
                if event.delegates:
                    self._above.append(at)
            elif isinstance(event, Result):
                yield from self._result(at, event)
        yield from (self._unended(at) for at in self._above)
        told = {event.response_id for event in events if isinstance(event, Asked)}
        yield from (self._unseen(response_id) for response_id in self._metrics.tokens if response_id not in told)

    @staticmethod
    def _answers(events: Sequence[Asked | Result | None]) -> dict[int, list[Asked]]:
        """The model's answers, at the place of the first event that came from each."""
        found: dict[int, list[Asked]] = {}
        first: dict[str, int] = {}
        for at, event in enumerate(events):
            if isinstance(event, Asked):
                begun = at if event.response_id is None else first.setdefault(event.response_id, at)
                found.setdefault(begun, []).append(event)
        return found

    def _call(self, at: int, answer: list[Asked], parent: object) -> Span:
        response_id = answer[0].response_id
        said = [one.said for one in answer]
        whole_answer = openai_body.answered(answer[0].response) if answer[0].response else {}
        known = {name: value for name, value in whole_answer.items() if value is not None and value != []}
        attributes = {
            "gen_ai.request.model": self._model,
            "gen_ai.response.id": response_id,
            "gen_ai.output.messages": said,
            **self._metrics.tokens.get(response_id or "", {}),
            **known,
        }
        when = self._between(at, answer[0].time_ns, self._metrics.latency_ns.get(response_id or ""))
        return self._run.span("model", ("model", response_id or at), "chat", when, attributes, parent=parent)

    def _between(self, at: int, end_ns: int | None, latency_ns: int | None) -> When:
        if end_ns is None:
            return place(at)
        if latency_ns is None or not is_calendar(end_ns - latency_ns):
            return When(end_ns, end_ns, "order")
        return When(end_ns - latency_ns, end_ns, "utc")

    def _unseen(self, response_id: str) -> Span:
        """A call that no event tells of: it was somewhere in the run."""
        attributes = {
            "gen_ai.request.model": self._model,
            "gen_ai.response.id": response_id,
            **self._metrics.tokens[response_id],
        }
        when = When(self._when.start_ns, self._when.start_ns, "order")
        return self._run.span("model", ("model", response_id), "chat", when, attributes)

    def _unended(self, at: int) -> Span:
        """A delegation that the run did not see the end of."""
        asked, parent = self._open[at]
        when = place(at) if asked.time_ns is None else When(asked.time_ns, asked.time_ns, "utc start")
        return self._run.span("agent", at, "delegate", when, parent=parent)

    def _result(self, at: int, result: Result) -> Iterator[Span]:
        found = self._taken(result)
        if found is None or not result.was_run:
            return
        begun, asked, parent = found
        times = (asked.time_ns, result.time_ns)
        when = place(begun, at) if None in times else When(times[0] or 0, times[1] or 0, "utc")
        if asked.delegates:
            self._above = [one for one in self._above if one != begun]
            yield self._run.span("agent", begun, "delegate", when, ended=result.ended, parent=parent)
            return
        attributes = {
            "gen_ai.tool.name": asked.tool,
            "gen_ai.tool.call.id": asked.call_id,
            "gen_ai.tool.call.arguments": asked.arguments,
            "gen_ai.tool.call.result": result.output,
        }
        name = asked.tool or "unnamed"
        yield self._run.span("tool", begun, name, when, attributes, ended=result.ended, parent=parent)

    def _wait(self, at: int, asked: Asked, parent: object) -> None:
        self._open[at] = (asked, parent)
        for own in (("event", asked.id), ("call", asked.call_id)):
            self._by[own] = at

    def _taken(self, result: Result) -> tuple[int, Asked, object] | None:
        """What a result answers: by its cause, by the tool call's id, else what was asked last."""
        named_ = [own for own in (("event", result.cause), ("call", result.call_id)) if own[1] is not None]
        at = next((self._by[own] for own in named_ if own in self._by), None)
        if at is None and not named_:
            at = next(reversed(self._open), None)
        return None if at is None or at not in self._open else (at, *self._open.pop(at))


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
