"""A recipe run on a small repository, its new test run for real, and the examples of its page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repositories import finding

from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Recipe, Written
from metabot.place.functions import functions
from metabot.place.placement import Location, Placed

TESTS = {"tests/test_a.py": "def test_a():\n    pass\n"}
_PAGES = Path(__file__).parent.parent / "docs" / "recipes"


@dataclass(frozen=True)
class Tree:
    """A repository of one revision, in memory: recipes read files and list them, nothing else."""

    texts: Mapping[str, str]

    def files(self, revision: str) -> tuple[str, ...]:
        return tuple(sorted(self.texts))

    def read(self, revision: str, path: str) -> str | None:
        return self.texts.get(path)


def applied(
    recipe: Recipe, files: Mapping[str, str], path: str, symbol: str | None, **columns: object
) -> Written | NotSure:
    """What the recipe makes of a finding that is placed at the function."""
    base = Base(Tree({**files, **TESTS}), "a" * 40)
    found = [one for one in functions(files[path]) if one.symbol == symbol]
    location = Location(
        path=path,
        first_line=found[0].first_line if found else 1,
        last_line=found[0].last_line if found else files[path].count("\n") + 1,
        symbol=symbol,
        how="code attribute",
        sure=1.0,
        why="",
    )
    about = finding(**{"analyzer": "serial-calls", **columns})
    placed = Placed(finding=about, revision=base.revision, revision_known=True, locations=(location,))
    return recipe(placed, location, files[path], base)


def failing(folder: Path, files: Mapping[str, str], tests: Sequence[NewTest], edits: Sequence[Edit] = ()) -> set[str]:
    """The new tests' files of which a test fails, all run at once, in a copy with the edits or without."""
    for path, text in {**files, **{test.path: test.text for test in tests}}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    for edit in edits:
        assert (folder / edit.path).read_bytes() == edit.before.encode()
        (folder / edit.path).write_bytes(edit.after.encode())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf", *(test.path for test in tests)]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stdout + run.stderr
    assert not re.search(r"^ERROR ", run.stdout, re.MULTILINE), run.stdout
    return {test.path for test in tests if f"FAILED {test.path}::" in run.stdout}


def page_examples(recipe: str) -> list[tuple[str, str]]:
    """The pairs of Python sources, before and after, on the recipe's page."""
    sources = re.findall(r"^```python\n(.*?)^```$", (_PAGES / f"{recipe}.md").read_text(), re.DOTALL | re.MULTILINE)
    return list(zip(sources[::2], sources[1::2], strict=True))
