"""The tests of the repository, as an example of their style and for the place of a new one.

Python's are told by `layout`; those of JavaScript, TypeScript and Go by the names that their runners look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from metabot.generate.author_sources import Lines, texts
from metabot.generate.layout import new_test_path
from metabot.generate.recipe import Base, NotSure
from metabot.place.paths import module_parts

_SCRIPTS: Final = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
_OF_SCRIPTS: Final = re.compile(r"\.(test|spec)(\.[cm]?[jt]sx?)$")
_OF_PYTHON: Final = re.compile(r"(^|/)(test_[^/]*|[^/]*_test)\.py$")
_OF_GO: Final = re.compile(r"_test\.go$")


def beside(path: str, base: Base) -> Iterator[Lines]:
    """The test that mentions the module most, and the fixtures that stand beside it."""
    chosen = _nearest(path, base)
    if chosen is None:
        return
    fixtures = str(PurePosixPath(chosen).parent / "conftest.py")
    for one in (chosen, *((fixtures,) if fixtures in base.files else ())):
        yield Lines(one, 1, (base.read(one) or "").count("\n") + 1)


def new_path(path: str, purpose: str, base: Base) -> str | None:
    """Free, and where the runner finds it; None: the repository has no test of this language."""
    if not path.endswith((*_SCRIPTS, ".go")):  # a prompt file's change is tested by the code that reads it
        found = new_test_path(path, purpose, base)
        return None if isinstance(found, NotSure) else found
    chosen = _nearest(path, base)
    if chosen is None:
        return None
    stem, folder = PurePosixPath(path).name.partition(".")[0], PurePosixPath(chosen).parent
    kind = _OF_SCRIPTS.search(chosen)
    name = f"{stem}_{purpose}_test.go" if kind is None else f"{stem}.{purpose}{kind[0]}"
    made = str((PurePosixPath(path).parent if kind is None else folder) / name)
    return None if made in base.files else made


def _nearest(path: str, base: Base) -> str | None:
    pattern = _named_as(path)
    stem = (module_parts(path)[-1:] or (path,))[0].partition(".")[0]
    candidates = [one for one in base.files if pattern.search(one)]
    mentions = {one: text.count(stem) for one, text in texts(candidates, base)}
    return max(mentions, key=lambda one: (stem in PurePosixPath(one).name, mentions[one]), default=None)


def _named_as(path: str) -> re.Pattern[str]:
    if path.endswith(_SCRIPTS):
        return _OF_SCRIPTS
    return _OF_GO if path.endswith(".go") else _OF_PYTHON
