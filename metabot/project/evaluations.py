"""Programs that may evaluate answers: by their names, and by whether they print what metabot reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from metabot.project.tree import Tree

_NAMED: Final = re.compile(
    r"(^|/)(eval(s|uat(e|ion|ions|or))?(_[^/]*)?|[^/]*_evals?)\.(py|ts|js|mjs)$"
    r"|(^|/)(evals?|evaluations?)/[^/]+\.(py|ts|js|mjs|ya?ml)$|(^|/)promptfooconfig\.ya?ml$"
)
_TEST: Final = re.compile(r"(^|/)tests?/|(^|/)(test_[^/]*|__init__)\.py$")
_PRINTS: Final = re.compile(r"\bprint\(|stdout\.write\(")
_MOST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    path: str
    prints_score: bool  # it names both values that the last line has to hold
    module: str | None  # as `python -m` takes it


def evaluations(tree: Tree) -> list[Evaluation]:
    """The most promising first."""
    found = [_of(tree, path) for path in tree.files if _NAMED.search(path) and not _TEST.search(path)]
    return sorted(found, key=lambda one: not one.prints_score)[:_MOST]


def _of(tree: Tree, path: str) -> Evaluation:
    text = tree.text(path) or ""
    named = all(re.search(rf"""["']{word}["']""", text) for word in ("score", "cases"))
    prints = path.endswith(".py") and named and _PRINTS.search(text) is not None
    parts = path.removesuffix(".py").removeprefix("src/").split("/")
    is_module = path.endswith(".py") and all(part.isidentifier() for part in parts)
    return Evaluation(path=path, prints_score=prints, module=".".join(parts) if is_module else None)
