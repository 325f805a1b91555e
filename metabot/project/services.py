"""The names under which a project's telemetry comes: what its files give OpenTelemetry as the service's name.

Of files with an environment's values only this one name's value is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from metabot.project.tree import Tree

_FILES: Final = re.compile(
    r"(^|/)(\.env[^/]*|[^/]*\.env|Dockerfile[^/]*|Procfile|Makefile|package\.json|[^/]*\.(ya?ml|toml|py|ts|js|mjs|sh|tf))$"
)
_TEST: Final = re.compile(r"(^|/)(tests?|__tests__|fixtures|examples?)/|(^|/)test_[^/]*$")
_NAME: Final = r"""["']?([A-Za-z0-9][\w.\-/]{0,99})["']?(?=[\s,;}\])"']|$)"""
_GIVEN: Final = (
    re.compile(r"""OTEL_SERVICE_NAME["']?\]?\s*[=:,]\s*""" + _NAME),
    re.compile(r"""OTEL_RESOURCE_ATTRIBUTES["']?\]?\s*[=:,]\s*["']?[^"'\n]*?\bservice\.name=""" + _NAME),
    re.compile(r"""["']service\.name["']\]?\s*[:=]\s*(?=["'])""" + _NAME),
    re.compile(r"""\b(?:ATTR_|ResourceAttributes\.)?SERVICE_NAME\]?\s*:\s*(?=["'])""" + _NAME),
    re.compile(r"""logfire\.configure\([^)\n]*service_name\s*=\s*(?=["'])""" + _NAME),
)
_KUBERNETES: Final = re.compile(r"name:[ \t]*[\"']?OTEL_SERVICE_NAME[\"']?[ \t]*\n[ \t]*value:[ \t]*" + _NAME)
_MENTIONS: Final = ("OTEL_", "service.name", "SERVICE_NAME", "service_name")
_DEFAULT: Final = "unknown_service"  # of OpenTelemetry, where nobody gives one
_MOST: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    name: str
    where: str  # path and line


def services(tree: Tree) -> list[Service]:
    """Each name once, with the first place that gives it; a name that is put together elsewhere is none."""
    found: dict[str, Service] = {}
    for path in tree.files:
        if not _FILES.search(path) or _TEST.search(path):
            continue
        text = tree.text(path)
        if text is None or not _mentions(text):
            continue
        for name, line in _given(text):
            if name != _DEFAULT:
                found.setdefault(name, Service(name=name, where=f"{path}:{line}"))
        if len(found) >= _MOST:
            break
    return list(found.values())


def _mentions(text: str) -> bool:
    return any(word in text for word in _MENTIONS)


def _given(text: str) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) < 2_000 and _mentions(line):
            yield from ((match[1], number) for pattern in _GIVEN for match in pattern.finditer(line))
    for match in _KUBERNETES.finditer(text):
        yield match[1], text.count("\n", 0, match.start(1)) + 1
