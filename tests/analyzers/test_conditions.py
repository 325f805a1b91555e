"""Every named condition keeps an analyzer silent in a case of its own.

`detect` names its conditions and combines them in one `filter(a & b & c)`. Each is taken away in turn, in a copy of
the package; the analyzer's own tests of what it says nothing about must then fail.
"""

from __future__ import annotations

import ast
import json
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


_TRIALS = """
import json, sys
import pytest

path, tests, *texts = json.load(sys.stdin)
said = []
for text in texts:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("analyzers", "tests")]:
        del sys.modules[name]
    open(path, "w").write(text)
    options = ["-q", "-x", "--import-mode=importlib", "-p", "no:cacheprovider", "-k", "says_nothing"]
    said.append(pytest.main([*options, tests]))
print(json.dumps(list(map(int, said))), file=sys.stderr)
"""


def passes(copy: Path, source: str, texts: list[str]) -> list[bool]:
    """Whether the tests of what it says nothing about pass with each of these texts in the place of the source."""
    folder, _, name = source.partition("/")
    told = [str(copy / "analyzers" / f"{source}.py"), f"tests/analyzers/{folder}/test_{name}.py", *texts]
    done = subprocess.run(
        [sys.executable, "-B", "-c", _TRIALS],
        cwd=copy,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    codes = json.loads(done.stderr.splitlines()[-1])
    assert set(codes) <= {0, 1}, done.stdout + done.stderr
    return [code == 0 for code in codes]


@pytest.fixture
def copy(tmp_path):
    """A copy of the package and its tests, free to be broken."""
    for folder in ("analyzers", "tests/analyzers"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "builders.py", tmp_path / "tests" / "builders.py")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_each_condition_has_a_case_of_its_own(copy, source):
    """Without it, something is said that should not be; with all of them in place the same tests pass."""
    text = (copy / "analyzers" / f"{source}.py").read_text()
    names = combined(ast.parse(text))
    sound, *broken = passes(copy, source, [text, *(without(text, name) for name in names)])
    assert sound
    assert [name.id for name, passed in zip(names, broken, strict=True) if passed] == []


@pytest.mark.parametrize("source", SOURCES)
def test_conditions_are_named(source):
    """There is something to take away."""
    assert len(combined(ast.parse((ROOT / "analyzers" / f"{source}.py").read_text()))) >= 3
