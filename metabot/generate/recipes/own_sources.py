"""The repository's own Python sources, its tests left out: where else a name is used, or a message is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from metabot.generate.recipe import Base

_TEST: Final = re.compile(r"(^|/)(tests?|testing|fixtures)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_LARGEST: Final = 1_000_000  # characters: larger files are data


def own_sources(base: Base) -> Iterator[tuple[str, str]]:
    for path in base.files:
        text = base.read(path) if path.endswith(".py") and not _TEST.search(path) else None
        if text is not None and len(text) <= _LARGEST:
            yield path, text


def called_in(base: Base, name: str) -> bool:
    """Whether one of the sources calls a function or method of that name."""
    calls = re.compile(rf"(?<!def )(?<![\w@])(\w+\.)*{re.escape(name)}\(")
    return any(calls.search(text) for _, text in own_sources(base))
