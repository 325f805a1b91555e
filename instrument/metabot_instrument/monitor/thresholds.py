"""What is too slow, fails too often, costs too much or holds too much memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from math import inf
from typing import Any, Final

_WHOLE: Final = ("calls", "window")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLimits:
    """Of one tool's last `window` calls. None: no limit."""

    max_ms: float | None = None  # of one call
    error_share: float | None = 0.5  # of the calls, 0 to 1
    calls: int = 5  # the fewest that a share is taken of, and that decide to switch off
    window: int = 20

    def __post_init__(self) -> None:
        _check("tool", self, {"max_ms": (0, inf), "error_share": (0, 1), "calls": (1, 10_000), "window": (1, 10_000)})
        if self.window < self.calls:
            raise ValueError(f"thresholds, tool: window = {self.window} holds fewer calls than calls = {self.calls}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """`tools` names those that have limits of their own; any other has those of `tool`. None: no limit."""

    memory_percent: float | None = 90.0
    tokens: int | None = None  # input and output, of the session
    tool: ToolLimits = field(default_factory=ToolLimits)
    tools: Mapping[str, ToolLimits] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check("thresholds", self, {"memory_percent": (0, inf), "tokens": (0, inf)})

    def of(self, tool: str) -> ToolLimits:
        return self.tools.get(tool, self.tool)


def thresholds(given: Thresholds | Mapping[str, Any] | None) -> Thresholds:
    """Of a table of a configuration file. Raises ValueError where it says what there is not."""
    if given is None or isinstance(given, Thresholds):
        return given or Thresholds()
    table = dict(_table("thresholds", given, Thresholds))
    if "tool" in table:
        table["tool"] = _limits("thresholds, tool", table["tool"])
    if "tools" in table:
        tools = _mapping("thresholds, tools", table["tools"])
        table["tools"] = {name: _limits(f"thresholds, tools, {name}", limits) for name, limits in tools.items()}
    return Thresholds(**table)


def _limits(where: str, given: object) -> ToolLimits:
    return given if isinstance(given, ToolLimits) else ToolLimits(**_table(where, given, ToolLimits))


def _table(where: str, given: object, kind: type[Any]) -> Mapping[str, Any]:
    known = [each.name for each in fields(kind)]
    table = _mapping(where, given)
    for name in table:
        if name not in known:
            near = get_close_matches(str(name), known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"say one of {', '.join(known)}"
            raise ValueError(f"{where}: {name!r} is none; {hint}")
    return table


def _mapping(where: str, given: object) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(f"{where}: {given!r} is no table; say names and their limits")  # noqa: TRY004  # a setting's
    return given


def _check(where: str, limits: object, bounds: Mapping[str, tuple[float, float]]) -> None:
    for name, (least, most) in bounds.items():
        value = getattr(limits, name)
        whole = name in _WHOLE
        right = value is None and not whole
        if isinstance(value, int if whole else int | float) and not isinstance(value, bool):
            right = least <= value <= most
        if not right:
            what = "whole number" if whole else "number"
            said = f"of at least {least}" if most == inf else f"between {least} and {most}"
            raise ValueError(f"{where}: {name} = {value!r}: say a {what} {said}")
