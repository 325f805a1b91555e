"""Runs the type checker over tests/typing and expects exactly the errors that are written there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests/typing").glob("*.py"))


def checked(path: Path, cache: Path) -> set[tuple[int, str]]:
    """Line and code of each error that the type checker reports in a file."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(cache), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    found = re.findall(r"^[^:]+:(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE)
    assert done.stdout.count(": error: ") == len(found), done.stdout
    return {(int(line), code) for line, code in found}


def written(path: Path) -> set[tuple[int, str]]:
    return {
        (number, code)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for code in re.findall(r"# error: ([a-z-]+)$", line)
    }


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_exactly_the_written_errors(path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What must be refused is refused, and nothing else is."""
    assert written(path)
    assert checked(path, tmp_path_factory.getbasetemp() / "mypy") == written(path)


def test_an_unwritten_error_is_noticed(tmp_path: Path) -> None:
    """The comparison fails where the checker finds what nobody wrote down."""
    path = tmp_path / "wrong.py"
    path.write_text("number: int = 'text'\n")
    assert checked(path, tmp_path / "cache") == {(1, "assignment")}
