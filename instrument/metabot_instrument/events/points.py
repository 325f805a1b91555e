"""The places in an application's source that emit events or open spans: found in its syntax, never by running it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from metabot_instrument.vocabulary.layers import layer_named

_TYPES: Final = {"emit_alert": "alert_triggered", "emit_monitoring_snapshot": "performance_metric"}
_SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages"})
_KEYS: Final = ("event", "event_type")


@dataclass(frozen=True, slots=True)
class Point:
    """`name` is the event type, or layer/operation; None where it is computed and only running tells."""

    path: Path
    line: int
    kind: Literal["event", "span"]
    name: str | None


def points(paths: Iterable[str | os.PathLike[str]]) -> list[Point]:
    """The points of Python files and folders; what is no Python, hidden or installed is passed over."""
    return [point for path in paths for file in _sources(Path(path)) for point in _of(file)]


def _sources(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*.py")):
        inside = file.relative_to(path).parts
        if file.is_file() and not any(part.startswith(".") or part in _SKIPPED for part in inside):
            yield file


def _of(file: Path) -> Iterator[Point]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError, OSError):
        return
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in ("span", "event") and _is_tracer(function.value):
            yield Point(file, call.lineno, "span", _span(call))
        else:
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in _EVENTS:
                yield Point(file, call.lineno, "event", _event(name, call))


_EVENTS: Final = frozenset(
    {"emit_event", "append_event", "append_ledger", "emit_task_lifecycle", "emit_system_event", *_TYPES}
)


def _is_tracer(value: ast.expr) -> bool:
    return (value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")) == "tracer"


def _event(function: str, call: ast.Call) -> str | None:
    if function in _TYPES:
        return _TYPES[function]
    if function in ("append_event", "append_ledger"):
        return _named_in(call.args[0]) if call.args else None
    said = _literal(call, 0, {"emit_task_lifecycle": "state", "emit_system_event": "kind"}.get(function, "type"))
    return f"task_{said}" if said is not None and function == "emit_task_lifecycle" else said


def _span(call: ast.Call) -> str | None:
    layer, operation = _literal(call, 0, "layer"), _literal(call, 1, "operation")
    if layer is None or operation is None:
        return None
    known = layer_named(layer)
    return f"{known.name if known else layer}/{operation}"


def _literal(call: ast.Call, place: int, keyword: str) -> str | None:
    named = next((each.value for each in call.keywords if each.arg == keyword), None)
    value = call.args[place] if len(call.args) > place else named
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _named_in(value: ast.expr) -> str | None:
    if not isinstance(value, ast.Dict):
        return None
    named = {
        key.value: each.value
        for key, each in zip(value.keys, value.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(each, ast.Constant) and isinstance(each.value, str)
    }
    return next((named[key] for key in _KEYS if key in named), None)
