"""Every named condition keeps an analyzer silent in a case of its own.

`detect` names its conditions and combines them in one `filter(a & b & c)`. Each is taken away in turn, in a copy of
the package; the analyzer's own tests of what it says nothing about must then fail.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzers.registry import ANALYZERS

ROOT = Path(__file__).parents[2]
SOURCES = tuple(
    analyzer.detect.__module__.removeprefix("analyzers.").replace(".", "/") for analyzer in ANALYZERS.values()
)


def combined(tree: ast.Module) -> list[ast.Name]:
    """The names that `detect` combines in its filter."""
    detect = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "detect")
    calls = [node for node in ast.walk(detect) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    (condition,) = [
        call.args[0] for call in calls if call.func.attr == "filter" and isinstance(call.args[0], ast.BinOp)
    ]
    return [node for node in ast.walk(condition) if isinstance(node, ast.Name)]


def without(text: str, condition: ast.Name) -> str:
    """The source with one combined condition replaced by what is always true."""
    lines = text.splitlines(keepends=True)
    line = lines[condition.lineno - 1]
    assert line[condition.col_offset : condition.end_col_offset] == condition.id
    lines[condition.lineno - 1] = line[: condition.col_offset] + "pl.lit(True)" + line[condition.end_col_offset :]
    return "".join(lines)


def conditions():
    for source in SOURCES:
        for name in combined(ast.parse((ROOT / "analyzers" / f"{source}.py").read_text())):
            yield pytest.param(source, name.id, id=f"{source.partition('/')[2]}-{name.id}")


def passes(copy: Path, source: str) -> bool:
    folder, _, name = source.partition("/")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--import-mode=importlib", "-p", "no:cacheprovider"]
    command += ["-k", "says_nothing", f"tests/analyzers/{folder}/test_{name}.py"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 0


@pytest.fixture
def copy(tmp_path):
    """A copy of the package and its tests, free to be broken."""
    for folder in ("analyzers", "tests/analyzers"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "builders.py", tmp_path / "tests" / "builders.py")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("source", "condition"), list(conditions()))
def test_a_condition_has_a_case_of_its_own(copy, source, condition):
    """Without it, something is said that should not be."""
    path = copy / "analyzers" / f"{source}.py"
    text = path.read_text()
    (name,) = [name for name in combined(ast.parse(text)) if name.id == condition]
    path.write_text(without(text, name))
    assert not passes(copy, source)


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_the_copy_is_sound(copy, source):
    """With all conditions in place the same tests pass there, so that a failure above is the condition's."""
    assert passes(copy, source)


@pytest.mark.parametrize("source", SOURCES)
def test_conditions_are_named(source):
    """There is something to take away."""
    assert len(combined(ast.parse((ROOT / "analyzers" / f"{source}.py").read_text()))) >= 3
