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
_SCORE: Final = re.compile(
    r"""["']score["']\s*:[^{}]{0,200}["']cases["']\s*:|["']cases["']\s*:[^{}]{0,200}["']score["']\s*:"""
)
_PRINTS: Final = re.compile(r"\bprint\(|stdout\.write\(")
_ARGUMENTS: Final = re.compile(r"\bargv\b|\bargparse\b|\bimport (click|typer)\b")
_LOOKED_AT: Final = 4_000  # files
_MOST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    path: str
    prints_score: bool  # it prints an object with both values that the last line has to hold
    takes_arguments: bool
    module: str | None  # as `python -m` takes it

    @property
    def ready(self) -> bool:
        """It can be named as it is."""
        return self.prints_score and not self.takes_arguments


def evaluations(tree: Tree) -> list[Evaluation]:
    """The most promising first."""
    candidates = [path for path in tree.files if path.endswith(".py") or _NAMED.search(path)]
    seen = (_of(tree, path) for path in candidates[:_LOOKED_AT] if not _TEST.search(path))
    found = [one for one in seen if one.prints_score or _NAMED.search(one.path)]
    return sorted(found, key=lambda one: (not one.ready, not one.prints_score))[:_MOST]


def _of(tree: Tree, path: str) -> Evaluation:
    text = (tree.text(path) or "") if path.endswith(".py") else ""
    parts = path.removesuffix(".py").removeprefix("src/").split("/")
    is_module = path.endswith(".py") and all(part.isidentifier() for part in parts)
    return Evaluation(
        path=path,
        prints_score=_PRINTS.search(text) is not None and _SCORE.search(text) is not None,
        takes_arguments=_ARGUMENTS.search(text) is not None,
        module=".".join(parts) if is_module else None,
    )
