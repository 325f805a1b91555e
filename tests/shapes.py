"""Sources in many styles for the recipes' tests, written by a recipe and proved by running the generated tests."""

from __future__ import annotations

import ast
import difflib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repositories import finding, repository

from analyzers.finding import Finding
from metabot.generate.recipe import Base, NotSure, Recipe, Written
from metabot.git import Repository
from metabot.place.placement import Location, Placed


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    source: str
    symbol: str | None


class Unversioned(Base):
    """The files alone, without git: for tests that run nothing."""

    def __init__(self, files: Mapping[str, str]) -> None:
        object.__setattr__(self, "texts", {"tests/test_a.py": "", **files})
        object.__setattr__(self, "revision", "0" * 40)

    texts: dict[str, str]

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self.texts)

    def read(self, path: str) -> str | None:
        return self.texts.get(path)


def base_of(folder: Path, files: Mapping[str, str]) -> Base:
    """The files with an empty test beside them, in git."""
    made: Repository = repository(folder, {"tests/test_a.py": "def test_a():\n    pass\n", **files})
    return Base(made, made.resolve("main") or "")


def write(recipe: Recipe, base: Base, path: str, symbol: str | None, found: Finding | None = None) -> Written | NotSure:
    source = base.read(path)
    assert source is not None
    location = Location(
        path=path,
        first_line=1,
        last_line=source.count("\n") + 1,
        symbol=symbol,
        how="code attribute",
        sure=1.0,
        why="the recorded path fits here",
    )
    about = found or finding("serial-calls")
    placed = Placed(finding=about, revision=base.revision, revision_known=True, locations=(location,))
    return recipe(placed, location, source, base)


def change(recipe: Recipe, shape: Shape, found: Finding | None = None) -> Written | NotSure:
    """The recipe applied to the shape's source, as `desk.py`."""
    return write(recipe, Unversioned({"desk.py": shape.source}), "desk.py", shape.symbol, found)


def again(recipe: Recipe, shape: Shape, found: Finding | None = None) -> Written | NotSure:
    """The recipe applied to what it wrote for the shape."""
    written = change(recipe, shape, found)
    assert isinstance(written, Written), written
    return change(recipe, Shape(shape.name, written.edits[0].after, shape.symbol), found)


def prove_each(folder: Path, recipe: Recipe, shapes: Sequence[Shape], found: Finding | None = None) -> None:
    """The recipe writes for every shape, each in a file of its own, and all generated tests are run for real."""
    base = base_of(folder, {f"{shape.name}_desk.py": shape.source for shape in shapes})
    written: dict[str, Written] = {}
    for shape in shapes:
        made = write(recipe, base, f"{shape.name}_desk.py", shape.symbol, found)
        assert isinstance(made, Written), (shape.name, made)
        written[shape.name] = made
    prove(folder, written)


def whatever_the_layout(recipe: Recipe, shape: Shape, *, lost: int) -> Iterator[Written]:
    """With spaces, and with tabs and CRLF, which stay: valid Python, and at most so many lines are another."""
    for source in (shape.source, shape.source.replace("    ", "\t").replace("\n", "\r\n")):
        written = change(recipe, Shape(shape.name, source, shape.symbol))
        assert isinstance(written, Written), written
        after = written.edits[0].after
        ast.parse(after)
        assert len(lost_lines(written)) <= lost
        assert after.count("\r\n") in (0, after.count("\n"))
        assert "\t" not in source or "    " not in after
        yield written


def lost_lines(written: Written) -> list[str]:
    """Lines of the edited files that are not there any more, in order."""
    diffs = [difflib.ndiff(one.before.splitlines(), one.after.splitlines()) for one in written.edits]
    return [line[2:] for diff in diffs for line in diff if line.startswith("- ")]


def failed_and_passed(folder: Path, tests: Sequence[str]) -> tuple[int, int, str]:
    """How many of the generated tests' functions fail and pass in the folder, and what pytest says of it."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *tests]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    last = ended.stdout.strip().splitlines()[-1] if ended.stdout.strip() else ended.stderr
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (failed|passed|errors?)", last)}
    assert counts, ended.stdout + ended.stderr
    assert not counts.keys() & {"error", "errors"}, ended.stdout
    return counts.get("failed", 0), counts.get("passed", 0), ended.stdout


def prove(folder: Path, written: Mapping[str, Written]) -> None:
    """Every generated test fails before its change and passes with it; both are run for real, all at once."""
    tests = [one.new_test.path for one in written.values()]
    for one in written.values():
        target = folder / one.new_test.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(one.new_test.text.encode())
    failed, _, said = failed_and_passed(folder, tests)
    assert failed >= len(tests), said
    for one in written.values():
        for edit in one.edits:
            (folder / edit.path).write_bytes(edit.after.encode())
    failed, passed, said = failed_and_passed(folder, tests)
    assert failed == 0, said
    assert passed >= len(tests)
