"""A model author about a small repository, and a model that gives the answers it was told to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metabot import config
from metabot.generate.author import Author, Signature
from metabot.generate.model import Message, Reply, Unanswered
from metabot.generate.recipe import Base
from metabot.place.placement import Placed
from metabot.place.placing import place
from tests.repositories import anchor, finding, repository

SOURCE = '''\
"""Looks things up."""

from shop.stock import count


def both(first: str, second: str) -> list[int]:
    one = count(first)
    two = count(second)
    return [one, two]
'''
FILES = {
    "shop/__init__.py": "",
    "shop/lookup.py": SOURCE,
    "shop/stock.py": "def count(name: str) -> int:\n    return len(name)\n",
    "tests/test_lookup.py": "def test_both() -> None:\n    assert True\n",
}
ANSWER: dict[str, Any] = {
    "title": "Count both at the same time",
    "summary": "`both` counted one after the other. It now counts both in `shop/lookup.py` together.",
    "edits": [
        {
            "path": "shop/lookup.py",
            "search": "    one = count(first)\n    two = count(second)\n    return [one, two]",
            "replace": "    return list(pool.map(count, [first, second]))",
        }
    ],
    "new_test": {"path": "tests/test_lookup_serial_calls.py", "text": "def test_together() -> None:\n    assert True"},
    "measure": "The time that is spent in turn falls.",
    "prediction": 12.0,
    "risks": ["The counts must not depend on each other."],
}


@dataclass
class Scripted:
    """Gives its replies one after the other, and keeps what it was told."""

    replies: Iterator[Reply | Unanswered]
    told: list[Sequence[Message]] = field(default_factory=list)

    def __call__(self, messages: Sequence[Message]) -> Reply | Unanswered:
        self.told.append(messages)
        return next(self.replies)


def reply(*, finish_reason: str = "stop", **changes: Any) -> Reply:
    return said(json.dumps(ANSWER | changes), finish_reason=finish_reason)


def said(text: str, *, finish_reason: str = "stop") -> Reply:
    return Reply(text=text, finish_reason=finish_reason, input_tokens=1, output_tokens=1, cost_usd=None)


def shop(folder: Path) -> Base:
    """The repository that it is about."""
    made = repository(folder / "shop", FILES)
    return Base(made, made.resolve("main") or "")


def author(base: Base, *replies: Reply | Unanswered, **columns: Any) -> tuple[Author, Scripted]:
    about = finding("serial-calls", **{"code": (anchor("shop/lookup.py", "shop.lookup.both"),), **columns})
    placed = place(about, base.repository, base_branch="main")
    assert isinstance(placed, Placed), placed
    ask = Scripted(iter(replies))
    settings = config.parse({}, name="config.toml", root=Path())
    made = Author.of(placed, base, settings, ask, Signature(name="large-1", scripted=True))
    assert isinstance(made, Author)
    return made, ask
