"""Which rule answers a request, and what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from metabot.replay.chat_request import ChatRequest
from metabot.replay.script import MessagePattern, Rule, Script, Template

_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([A-Za-z_]\w*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    rule: str
    text: str | None
    calls: tuple[tuple[str, str], ...]  # tool, arguments as JSON


def answer(script: Script, request: ChatRequest) -> Answer | None:
    """The first rule's answer whose conditions hold. None: no rule answers, and nothing may be made up."""
    shared = {name: "" for pattern in script.capture for name in pattern.pattern.groupindex}
    for pattern in script.capture:
        shared |= _search(pattern, request) or {}
    for rule in script.rules:
        captured = _captured(rule, request)
        if captured is not None:
            return _filled(rule, shared | captured)
    return None


def placeholders(template: Template) -> set[str]:
    """The names that stand in braces anywhere in a template."""
    if isinstance(template, str):
        return {name for name in _PLACEHOLDER.findall(template) if name}
    parts: Iterable[Template] = ()
    if isinstance(template, list):
        parts = template
    elif isinstance(template, dict):
        parts = template.values()
    return set().union(*map(placeholders, parts))


def _captured(rule: Rule, request: ChatRequest) -> dict[str, str] | None:
    results = {message.tool for message in request.messages if message.tool is not None}
    turns = sum(message.role == "assistant" for message in request.messages)
    if rule.assistant_turns is not None and turns != rule.assistant_turns:
        return None
    if rule.tool_results is not None and results != rule.tool_results:
        return None
    if not {call.name for call in rule.tool_calls} <= set(request.tools):
        return None
    captured: dict[str, str] = {}
    for pattern in rule.messages:
        found = _search(pattern, request)
        if found is None:
            return None
        captured |= found
    return captured


def _search(pattern: MessagePattern, request: ChatRequest) -> dict[str, str] | None:
    for message in request.messages:
        if message.role != pattern.role or (pattern.tool is not None and message.tool != pattern.tool):
            continue
        found = pattern.pattern.search(message.text)
        if found is not None:
            return found.groupdict(default="")
    return None


def _filled(rule: Rule, captured: dict[str, str]) -> Answer:
    text = None if rule.text is None else _fill_text(rule.text, captured)
    return Answer(
        rule=rule.name,
        text=text if rule.json is None else json.dumps(_fill(rule.json, captured), ensure_ascii=False),
        calls=tuple((call.name, json.dumps(_fill(dict(call.arguments), captured))) for call in rule.tool_calls),
    )


def _fill(template: Template, captured: dict[str, str]) -> Template:
    if isinstance(template, str):
        return _fill_text(template, captured)
    if isinstance(template, list):
        return [_fill(part, captured) for part in template]
    if isinstance(template, dict):
        return {key: _fill(part, captured) for key, part in template.items()}
    return template


def _fill_text(template: str, captured: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: captured[found[1]] if found[1] else found[0][0], template)
