"""Which request a finding about a model's calls means."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from metabot.generate.probe.asked import Asked, asked
from metabot.generate.recipe import Base, NotSure
from metabot.place.parsing import parse
from metabot.place.placement import Location

_TEST: Final = re.compile(r"(^|/)(tests?|testing|fixtures|examples|docs)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_LARGEST: Final = 300_000  # characters: larger files are data


@dataclass(frozen=True, slots=True)
class Chosen:
    path: str
    source: str
    tree: ast.Module
    asked: Asked


def chosen(location: Location, source: str, base: Base) -> Chosen | NotSure:
    """The one in the placed function, else the only one of its module, else the only one of the repository."""
    here = list(_in_file(location.path, source)) if location.path.endswith(".py") else []
    at_place = [one for one in here if one.asked.place.symbol == (location.symbol or "")]
    for found in (at_place, here, []):
        if len(found) == 1:
            return found[0]
        if found:
            return NotSure(f"{len(found)} requests to a model stand there, and it cannot be told which one is meant")
    everywhere = [one for path, text in sources(base) for one in _in_file(path, text)]
    if len(everywhere) != 1:
        return NotSure(f"the repository's modules write out {len(everywhere)} requests to a model, none of them there")
    return everywhere[0]


def sources(base: Base) -> Iterator[tuple[str, str]]:
    """The repository's modules without its tests."""
    for path in base.files:
        if path.endswith(".py") and not _TEST.search(path):
            text = base.read(path)
            if text is not None and len(text) <= _LARGEST:
                yield path, text


def tree_of(source: str) -> ast.Module | None:
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError):  # not Python, a null byte, nested beyond reason
        return None


def _in_file(path: str, source: str) -> Iterator[Chosen]:
    tree = tree_of(source)
    if tree is not None:
        yield from (Chosen(path, source, tree, one) for one in asked(tree))
