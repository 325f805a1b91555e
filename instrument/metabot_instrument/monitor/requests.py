"""Calls of models: how many, how many failed, their tokens and how long they took."""

from __future__ import annotations

from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from metabot_instrument.model_calls.heard import Answered
from metabot_instrument.monitor.figures import Durations, iso, rounded
from metabot_instrument.monitor.matching import Call, Matching
from metabot_instrument.monitor.said import Moment, Tokens, between
from metabot_instrument.told_apart import OTHER, own_or_other

_MODELS: Final = 100  # that are told apart
_RECENT: Final = 100  # calls that are kept one by one
_UNNAMED: Final = "unknown"
_asking: Final[ContextVar[object]] = ContextVar("asking", default=None)  # the key of the request that began here


@dataclass(slots=True, kw_only=True)
class Request:
    """One call, as far as it is known."""

    id: str | None
    model: str | None
    key: object = None
    began: Moment | None = None
    ms: float | None = None
    tokens: Tokens | None = None
    error: bool = False
    recorded: bool = False  # an instrumented client tells of it as well
    ended: bool = False

    def figures(self) -> dict[str, Any]:
        tokens = self.tokens or Tokens()
        return {
            "request_id": self.id,
            "model": self.model or _UNNAMED,
            "started_at": iso(self.began.wall) if self.began else None,
            "latency_ms": rounded(self.ms),
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "error": self.error,
        }


@dataclass(slots=True)
class Model:
    calls: int = 0
    errors: int = 0
    input: int = 0
    output: int = 0

    def figures(self) -> dict[str, int]:
        return {"calls": self.calls, "errors": self.errors, "input": self.input, "output": self.output}


def _tokens(told: Answered) -> Tokens | None:
    if told.input is None and told.output is None:
        return None
    asked, answered = told.input or 0, told.output or 0
    return Tokens(asked, answered, told.cached or 0, asked + answered)


class Requests:
    """The application's signals and an instrumented client's record are one call where both tell of it."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.calls = 0
        self.errors = 0
        self.tokens = Tokens()
        self.latency = Durations()
        self.last: float | None = None
        self._models: dict[str, Model] = {}
        self._recent: deque[Request] = deque(maxlen=_RECENT)

    def start(self, call: Call, model: str | None, at: Moment, key: object = None) -> Request:
        """`key` is known, in the task or thread that goes on from here, as the request that it makes."""
        request = Request(id=call.id, model=model, began=at, key=key)
        self.matching.start(call, at, request)
        if key is not None:
            _asking.set(key)
        return request

    def end(self, call: Call, at: Moment, *, failed: bool, model: str | None, tokens: Tokens | None) -> None:
        """An end or a failure that nothing began is a call all the same; one that is told twice is not."""
        ending = self.matching.end(call, failed=failed)
        match ending.kind:
            case "nothing":
                return
            case "failed late":
                ending.about.error = True
                self.errors += 1
                self._model(ending.about).errors += 1
                return
            case "matched":
                request: Request = ending.about
            case "new":
                request = Request(id=call.id, model=None)
                if call.id is not None:
                    self.matching.remember(call, request, failed=failed)
        request.model = request.model or model
        self._finish(request, at, failed=failed, tokens=tokens)

    def recorded(self, model: str | None) -> Request | None:
        """The application's request that a client's call belongs to: the one that began here, else the oldest."""
        mine = [one.about for one in self.matching.open() if not one.about.recorded and one.about.key is not None]
        asking = _asking.get()
        here = next((one for one in mine if one.key is asking), None)
        found = here or next((one for one in mine if model is None or one.model in (None, model)), None)
        if found is not None:
            found.recorded = True
        return found

    def end_recorded(self, call: Call, at: Moment, told: Answered) -> None:
        """Of a client's call that is no request of the application's."""
        ending = self.matching.end(call, failed=told.failed)
        if ending.kind != "matched":
            return
        request: Request = ending.about
        request.id = told.id
        request.model = request.model or told.model
        self._remember(request, told)
        self._finish(request, at, failed=told.failed, tokens=_tokens(told))

    def complete(self, request: Request, told: Answered) -> None:
        """What a client's record says of the application's request, where its signals do not."""
        request.model = request.model or told.model
        self._remember(request, told)
        tokens = _tokens(told)
        if request.tokens is None and tokens is not None:
            request.tokens = tokens
            if request.ended:
                self._count(request)

    def figures(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "errors": self.errors,
            "tokens": self.tokens._asdict(),
            "latency_ms": {"mean": rounded(self.latency.mean), **self.latency.quantiles()},
            "models": {name: model.figures() for name, model in self._models.items()},
            "recent": [request.figures() for request in self._recent],
        }

    def _finish(self, request: Request, at: Moment, *, failed: bool, tokens: Tokens | None) -> None:
        request.ended, request.error = True, failed
        request.tokens = tokens or request.tokens
        if request.began is not None:
            request.ms = between(request.began, at)
            self.latency.add(request.ms)
        self.calls += 1
        self.errors += failed
        self.last = at.wall
        model = self._model(request)
        model.calls += 1
        model.errors += failed
        self._recent.append(request)
        if request.tokens is not None:
            self._count(request)

    def _remember(self, request: Request, told: Answered) -> None:
        """An application may tell of the same call afterwards, by the answer's id."""
        if told.id is not None:
            self.matching.remember(Call("", told.id, 0), request, failed=told.failed)

    def _count(self, request: Request) -> None:
        tokens = request.tokens or Tokens()
        self.tokens = Tokens(*(so_far + more for so_far, more in zip(self.tokens, tokens, strict=True)))
        model = self._model(request)
        model.input += tokens.input
        model.output += tokens.output

    def _model(self, request: Request) -> Model:
        name = own_or_other(request.model or _UNNAMED, self._models, _MODELS, OTHER)
        return self._models.setdefault(name, Model())
