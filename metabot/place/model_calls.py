"""Placing by the one call of a model: for findings about a model's calls where telemetry names no code.

A call is known by its library's shape (OpenAI, Anthropic, Google, Bedrock, LiteLLM) or, in plain HTTP, by the end of
the address. Where a repository calls a model in one function, that is the place. Where in several, the one that stands
alone outside of examples and evaluations or alone in a folder of the service's name, or that alone names the model,
is; else all are named.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from metabot.place.choice import named
from metabot.place.placement import Location
from metabot.place.several import Several
from metabot.place.sources import Source, Sources
from metabot.place.syntax import Spot, argument, constant, dotted, last_name, spots

_SURE: Final = 0.75  # a second caller may stand in another repository, or build the call out of sight
_NARROWED: Final = 0.65  # by a name that telemetry gives

_CALLS: Final = (
    ("chat", "completions", "create"), ("chat", "completions", "parse"), ("chat", "completions", "stream"),
    ("responses", "create"), ("responses", "parse"), ("responses", "stream"),
    ("models", "generate_content"), ("models", "generate_content_stream"),
    ("litellm", "completion"), ("litellm", "acompletion"),
)  # fmt: skip
_WITH_A_MODEL: Final = (  # other libraries have these names too: one that passes a model is meant
    ("messages", "create"), ("messages", "stream"), ("completions", "create"),
    ("completion",), ("acompletion",), ("converse",), ("converse_stream",), ("invoke_model",),
    ("generate_content",), ("generate_content_async",),
)  # fmt: skip
_MODEL_ARGUMENTS: Final = ("model", "modelId", "messages", "contents", None)  # None: **request
_ADDRESS: Final = re.compile(
    r"/chat/completions$|/v1/(messages|responses|completions)$|/api/(chat|generate)$|:(stream)?generateContent$",
    re.IGNORECASE,
)
_SENDS: Final = re.compile("post|request|urlopen|fetch|send|stream", re.IGNORECASE)
_ASIDE: Final = re.compile(r"(^|/)(examples?|docs?|benchmarks?|evals?|evaluations?|notebooks?)/|(^|/)evaluat[^/]*\.py$")
_WORDS: Final = (
    "completions", "responses.", "messages.", "generate_content", "generateContent", "ompletion(", "converse",
    "invoke_model", "/v1/", "/api/",
)  # fmt: skip
_SHAPES: Final = re.compile(
    r"\.(completions|responses|messages)\.(with_\w+\.)?(create|parse|stream)\(|generate_?content|\ba?completion\("
    r"|\.converse(_stream)?\(|\.invoke_model\(|/(chat/completions|v1/(messages|responses|completions))\b"
    r"|/api/(chat|generate)\b",
    re.IGNORECASE,
)


def by_model_call(sources: Sources, *, service: str, model: str | None) -> tuple[Location, ...] | Several:
    """The function that calls a model, or the statement where none is around it."""
    found = [(source, spot) for source in _files(sources) for spot in _callers(source)]
    own = [(source, spot) for source, spot in found if source.origin == "own"] or found
    if len(own) > 1:
        narrowed = _narrowed(own, service, model)
        if narrowed is None:
            return Several(named(_location(source, spot, 0.0, "") for source, spot in own))
        return (_location(*narrowed, _NARROWED, "of several calls of a model, the one that fits the service"),)
    return tuple(_location(source, spot, _SURE, "the only call of a model here") for source, spot in own)


def _files(sources: Sources) -> Iterator[Source]:
    return (one for one in sources.files if one.path.endswith(".py") and _may_call(one.text))


def _may_call(text: str) -> bool:
    return any(word in text for word in _WORDS) and _SHAPES.search(text) is not None


def _callers(source: Source) -> list[Spot]:
    """One spot for each function that calls a model."""
    there = list(spots(source.text))
    addresses = frozenset(name for spot in there for name in _named_addresses(spot.node))
    callers: dict[tuple[int, int], Spot] = {}
    for spot in there:
        if isinstance(spot.node, ast.Call) and (_calls_a_model(spot.node) or _posts(spot.node, addresses)):
            callers.setdefault(spot.lines, spot)
    return list(callers.values())


def _calls_a_model(call: ast.Call) -> bool:
    name = dotted(call.func)
    passed = {keyword.arg for keyword in call.keywords}
    by_name = any(name[-len(shape) :] == shape for shape in _CALLS)
    by_name_and_argument = any(name[-len(shape) :] == shape for shape in _WITH_A_MODEL)
    return by_name or (by_name_and_argument and not passed.isdisjoint(_MODEL_ARGUMENTS))


def _posts(call: ast.Call, addresses: frozenset[str]) -> bool:
    """A request to the address of a model's server, as far as the address is written in this file."""
    sends = _SENDS.search(last_name(call.func)) is not None
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return sends and any(_is_address(value) or last_name(value) in addresses for value in given)


def _named_addresses(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
            if _is_address(value):
                yield last_name(target)


def _is_address(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=str(text)) | ast.JoinedStr(values=[*_, ast.Constant(value=str(text))]):
            return _ADDRESS.search(text) is not None
        case ast.BinOp(op=ast.Add(), right=right):
            return _is_address(right)
    return False


def _narrowed(found: list[tuple[Source, Spot]], service: str, model: str | None) -> tuple[Source, Spot] | None:
    folder = _plain(service)
    serving = [one for one in found if not _ASIDE.search(one[0].path)]
    in_folder = [one for one in found if folder and folder in map(_plain, one[0].path.split("/")[:-1])]
    with_model = [one for one in found if model and _names(one[1], model)]
    return next((few[0] for few in (serving, in_folder, with_model) if len(few) == 1), None)


def _names(spot: Spot, model: str) -> bool:
    around = spot.function or spot.statement
    calls = [node for node in ast.walk(around) if isinstance(node, ast.Call)] if around is not None else []
    return any(constant(argument(call, "model")) == model for call in calls)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _location(source: Source, spot: Spot, sure: float, why: str) -> Location:
    return source.location(spot.symbol, spot.lines, how="model call", sure=sure, why=why)
