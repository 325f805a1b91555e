"""Reads a script from its TOML file and refuses a broken one before anything is answered."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, cast, get_args

from metabot.replay.answer import placeholders
from metabot.replay.script import Cache, MessagePattern, Role, Rule, Script, ScriptError, Template, Timing, ToolCall

_ROLES: Final = get_args(Role)
_RULE_KEYS: Final = ("name", "assistant_turns", "tool_results", "messages", "text", "json", "tool_calls")


class _BrokenError(Exception):
    """What is wrong, before the file's name is put in front."""


def load(path: Path) -> Script:
    """ScriptError: the file is missing, is no TOML, or a rule is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: cannot be read: {error}. Name a TOML file with [[rules]].") from error
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"{path}: is not valid TOML: {error}.") from error
    try:
        return _script(path, table)
    except _BrokenError as error:
        raise ScriptError(f"{path}: {error}") from error


def _script(path: Path, table: dict[str, Any]) -> Script:
    _known(table, ("model", "timing", "cache", "capture", "rules"), "the script")
    capture = tuple(_pattern(row, f"capture {n}") for n, row in enumerate(_tables(table, "capture", "the script"), 1))
    groups = _groups(capture)
    rules = tuple(_rule(row, n, groups) for n, row in enumerate(_tables(table, "rules", "the script"), 1))
    if not rules:
        raise _BrokenError("has no [[rules]]: add at least one, or no request can be answered.")
    return Script(
        path=str(path),
        model=_text(table, "model", "the script") or _refuse("model is missing: name the model that is played."),
        timing=_timing(_table(table, "timing")),
        cache=Cache(**_numbers(_table(table, "cache"), Cache, "[cache]")),
        capture=capture,
        rules=rules,
    )


def _timing(table: dict[str, Any]) -> Timing:
    numbers = {key: value for key, value in table.items() if key != "distribution"}
    distribution = table.get("distribution", "constant")
    if distribution not in ("lognormal", "constant"):
        raise _BrokenError(f"[timing] distribution = {distribution!r}: use lognormal or constant.")
    return Timing(distribution=distribution, **_numbers(numbers, Timing, "[timing]"))


def _rule(row: dict[str, Any], number: int, groups: frozenset[str]) -> Rule:
    name = _text(row, "name", f"rule {number}") or "unnamed"
    where = f"rule {number} ({name})"
    _known(row, _RULE_KEYS, where)
    patterns = tuple(_pattern(entry, where) for entry in _tables(row, "messages", where))
    rule = Rule(
        name=name,
        assistant_turns=_turns(row, where),
        tool_results=_names(row, "tool_results", where),
        messages=patterns,
        text=_text(row, "text", where),
        json=cast("Template", row.get("json")),
        tool_calls=tuple(_call(entry, where) for entry in _tables(row, "tool_calls", where)),
    )
    if rule.text is not None and rule.json is not None:
        raise _BrokenError(f"{where}: has both text and json: keep one.")
    if rule.text is None and rule.json is None and not rule.tool_calls:
        raise _BrokenError(f"{where}: answers nothing: give it text, json or tool_calls.")
    _check_templates(rule, groups | _groups(patterns), where)
    return rule


def _check_templates(rule: Rule, groups: frozenset[str], where: str) -> None:
    templates: list[Template] = [rule.text, rule.json, *(dict(call.arguments) for call in rule.tool_calls)]
    try:
        json.dumps(templates, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise _BrokenError(f"{where}: the answer cannot be written as JSON: {error}: write it as a text.") from error
    unknown = placeholders(templates) - groups
    if unknown:
        raise _BrokenError(f"{where}: no pattern captures {{{min(unknown)}}}: add a group (?P<{min(unknown)}>…).")


def _call(row: dict[str, Any], where: str) -> ToolCall:
    _known(row, ("name", "arguments"), f"{where}, tool_calls")
    name = _text(row, "name", f"{where}, tool_calls")
    arguments = row.get("arguments", {})
    if not name or not isinstance(arguments, dict):
        raise _BrokenError(f"{where}: a tool call needs a name and a table of arguments.")
    return ToolCall(name=name, arguments=arguments)


def _pattern(row: dict[str, Any], where: str) -> MessagePattern:
    _known(row, ("role", "pattern", "tool"), where)
    role, written, tool = _role(row, where), _text(row, "pattern", where), _text(row, "tool", where)
    if written is None:
        raise _BrokenError(f"{where}: pattern is missing: write a regular expression.")
    if tool is not None and role != "tool":
        raise _BrokenError(f"{where}: tool = {tool!r} goes with role = 'tool' only.")
    try:
        return MessagePattern(role=role, pattern=re.compile(written), tool=tool)
    except re.error as error:
        raise _BrokenError(f"{where}: pattern {written!r} is no regular expression: {error}.") from error


def _role(row: dict[str, Any], where: str) -> Role:
    role = row.get("role")
    if role not in _ROLES:
        raise _BrokenError(f"{where}: role = {role!r}: use one of {', '.join(_ROLES)}.")
    return cast("Role", role)


def _turns(row: dict[str, Any], where: str) -> int | None:
    turns = row.get("assistant_turns")
    if turns is not None and (type(turns) is not int or turns < 0):
        raise _BrokenError(f"{where}: assistant_turns = {turns!r}: write a whole number from 0 on.")
    return turns


def _names(row: dict[str, Any], key: str, where: str) -> frozenset[str] | None:
    names = row.get(key)
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _BrokenError(f"{where}: {key} = {names!r}: write a list of tool names.")
    return frozenset(names)


def _numbers(table: dict[str, Any], kind: type, where: str) -> dict[str, Any]:
    _known(table, tuple(field.name for field in fields(kind)), where)
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise _BrokenError(f"{where} {key} = {value!r}: write a number from 0 on.")
        if key.endswith("_tokens") and (not isinstance(value, int) or value < 1):
            raise _BrokenError(f"{where} {key} = {value!r}: write a whole number from 1 on.")
    return table


def _groups(patterns: Iterable[MessagePattern]) -> frozenset[str]:
    return frozenset(group for pattern in patterns for group in pattern.pattern.groupindex)


def _known(table: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            raise _BrokenError(f"{where}: {key} is no key here: use {', '.join(keys)}.")


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key, {})
    return value if isinstance(value, dict) else _refuse(f"{key} must be a table: [{key}].")


def _tables(table: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _BrokenError(f"{where}: {key} must be a list of tables.")
    return rows


def _text(table: dict[str, Any], key: str, where: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise _BrokenError(f"{where}: {key} = {value!r}: write a text.")
    return value


def _refuse(message: str) -> Any:
    raise _BrokenError(message)
