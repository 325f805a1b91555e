"""What a call of a known library does: asks a model, reads, or changes something; named by the resolved name."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Final, Literal

from metabot.generate.calls.bindings import values_of
from metabot.generate.calls.program import Program
from metabot.generate.calls.units import Unit

Does = Literal["asks a model", "embeds", "reads", "writes", "replaces", "runs a program"]


@dataclass(frozen=True, slots=True)
class Known:
    library: str  # openai, anthropic, litellm, requests, httpx, httpx2, aiohttp, urllib, subprocess
    does: Does  # `replaces`: changes something, and twice is as once (put, delete)
    dotted: str
    of_client: bool  # a method of a client or session, not a function of the library


_MODEL: Final = re.compile(
    r"(openai(\.(Async)?(Azure)?OpenAI\(\))?\.(beta\.)?(chat\.completions\.(create|parse)|responses\.(create|parse)"
    r"|completions\.create)"
    r"|anthropic\.(Async)?Anthropic\w*\(\)\.(beta\.)?(messages|completions)\.create"
    r"|litellm\.a?(completion|text_completion|responses))"
)
_EMBEDDING: Final = re.compile(r"(openai(\.(Async)?(Azure)?OpenAI\(\))?\.embeddings\.create|litellm\.a?embedding)")
_HTTP: Final = re.compile(
    r"((?P<library>requests|httpx2?|aiohttp)(?P<client>\.(Session|session|Client|AsyncClient|ClientSession)\(\))?)"
    r"\.(?P<verb>get|head|options|post|put|patch|delete|request)"
)
# Making one opens no connection yet.
CLIENT: Final = re.compile(
    r"requests\.(Session|session)|httpx2?\.(Async)?Client|aiohttp\.ClientSession"
    r"|openai\.(Async)?(Azure)?OpenAI|anthropic\.(Async)?Anthropic\w*"
)
_URLOPEN: Final = "urllib.request.urlopen"
_PROGRAM: Final = re.compile(r"subprocess\.(run|call|check_call|check_output)")
_BY_NAME: Final[tuple[tuple[re.Pattern[str], Does], ...]] = (
    (_MODEL, "asks a model"),
    (_EMBEDDING, "embeds"),
    (_PROGRAM, "runs a program"),
)
_DOES: Final[dict[str, Does]] = {
    "get": "reads", "head": "reads", "options": "reads", "put": "replaces", "delete": "replaces",
}  # fmt: skip  # https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods
# Paths of inference servers: a POST there asks a model and changes nothing.
_MODEL_PATH: Final = re.compile(r"/(chat/completions|completions|responses|messages)$")
_EMBEDDING_PATH: Final = re.compile(r"/(embeddings|rerank)$")


def known(call: ast.Call, unit: Unit, program: Program) -> Known | None:
    dotted = program.dotted(call.func, unit) or ""
    library = dotted.partition(".")[0]
    http = _HTTP.fullmatch(dotted)
    if http is not None:
        return Known(http["library"], _http_does(call, http["verb"], unit), dotted, http["client"] is not None)
    if dotted == _URLOPEN:
        return Known("urllib", _urlopen_does(call, unit), dotted, of_client=False)
    for pattern, does in _BY_NAME:
        if pattern.fullmatch(dotted):
            return Known(library, does, dotted, "()" in dotted)
    return None


def argument(call: ast.Call, name: str, at: int | None = None) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    plain = at is not None and at < len(call.args) and not any(isinstance(one, ast.Starred) for one in call.args)
    return call.args[at] if plain and at is not None else None


def _http_does(call: ast.Call, verb: str, unit: Unit) -> Does:
    at = 0
    if verb == "request":
        method = argument(call, "method", 0)
        verb = method.value.lower() if isinstance(method, ast.Constant) and isinstance(method.value, str) else "post"
        at = 1
    return _DOES.get(verb) or (_posts(argument(call, "url", at), unit) if verb == "post" else "writes")


def _urlopen_does(call: ast.Call, unit: Unit) -> Does:
    url, data = argument(call, "url", 0), argument(call, "data", 1)
    if isinstance(url, ast.Name):
        url = _only_value(url.id, unit) or url
    if isinstance(url, ast.Call) and ast.unparse(url.func).split(".")[-1] == "Request":
        method = argument(url, "method")
        data = argument(url, "data", 1) or data
        url = argument(url, "url", 0)
        if method is not None and not (isinstance(method, ast.Constant) and method.value in ("GET", "HEAD", "POST")):
            return "writes"
    elif isinstance(url, ast.Name | ast.Attribute) and data is None:
        return "reads" if _is_text(url, unit) else "writes"
    return _posts(url, unit) if data is not None else "reads"


def _posts(url: ast.expr | None, unit: Unit) -> Does:
    path = _ending(url, unit)
    if _EMBEDDING_PATH.search(path):
        return "embeds"
    return "asks a model" if _MODEL_PATH.search(path) else "writes"


def _ending(url: ast.expr | None, unit: Unit) -> str:
    """The text that an address is known to end with."""
    match url:
        case ast.Constant(value=str(text)):
            return text.rstrip("/")
        case ast.JoinedStr(values=[*_, ast.Constant(value=str(text))]):
            return text.rstrip("/")
        case ast.BinOp(op=ast.Add(), right=right):
            return _ending(right, unit)
        case ast.Name(id=name):
            value = _only_value(name, unit)
            return _ending(value, unit) if not isinstance(value, ast.Name) else ""
    return ""


def _only_value(name: str, unit: Unit) -> ast.expr | None:
    module = Unit(unit.source, None, None, "")
    found = values_of(name, unit) or values_of(name, module)
    return found[0] if len(found) == 1 else None


def _is_text(url: ast.expr, unit: Unit) -> bool:
    """A parameter annotated str; what else it may be is a request with a body."""
    return isinstance(url, ast.Name) and any(
        one.arg == url.id and one.annotation is not None and ast.unparse(one.annotation) == "str"
        for one in unit.parameters
    )
