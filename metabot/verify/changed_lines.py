"""Which changed lines a run executed. Pure but for `record`, which reads the file that the run left.

The record comes out of the sandbox: it is looked at as data, and no verdict depends on it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from coverage.exceptions import CoverageException
from coverage.parser import PythonParser

from metabot.generate.proposal import Edit
from metabot.verify.tested import MOST_NAMES, Coverage

_MOST_BYTES: Final = 16 * 2**20
Lines = dict[str, set[int]]


def python_files(edits: Iterable[Edit]) -> tuple[str, ...]:
    return tuple(edit.path for edit in edits if edit.path.endswith(".py"))


def coverage(edits: Sequence[Edit], executed: Lines | None, of: Literal["suite", "new test"]) -> Coverage:
    """Of the statements that the edits add or alter. A statement over several lines counts once, at its first."""
    if not python_files(edits):
        return _unknown(of, "the change edits no Python file")
    if executed is None:
        return _unknown(of, "the run left no record: it starts no Python that takes PYTHONPATH")
    missed, total = [], 0
    for edit in edits:
        if edit.path.endswith(".py"):
            try:
                changed, run = _statements(edit, executed.get(edit.path, set()))
            except CoverageException:
                return _unknown(of, f"{edit.path} is no Python that metabot's own interpreter parses")
            total += len(changed)
            missed += [f"{edit.path}:{line}" for line in sorted(changed - run)]
    covered = total - len(missed)
    return Coverage(of=of, lines=total, covered=covered, missed=tuple(missed[:MOST_NAMES]))


def record(file: Path) -> Lines | None:
    """Lines by path, of all processes together; None where nothing readable was left."""
    if not file.is_file() or file.stat().st_size > _MOST_BYTES:
        return None
    found: Lines = {}
    for line in file.read_bytes().splitlines():
        for path, lines in _entry(line).items():
            if isinstance(lines, list):
                found.setdefault(path, set()).update(one for one in lines if type(one) is int)
    return found


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _statements(edit: Edit, executed: set[int]) -> tuple[set[int], set[int]]:
    """The changed statements, and those that were executed, by their first lines."""
    parser = PythonParser(text=edit.after, filename=edit.path)
    parser.parse_source()
    changed = {parser.first_line(line) for line in _changed(edit)} & parser.statements
    return changed, {parser.first_line(line) for line in executed}


def _changed(edit: Edit) -> set[int]:
    """Numbers of the lines that the edit adds or alters."""
    matcher = difflib.SequenceMatcher(None, edit.before.splitlines(), edit.after.splitlines(), autojunk=False)
    return {line + 1 for tag, _, _, first, end in matcher.get_opcodes() if tag != "equal" for line in range(first, end)}


def _unknown(of: Literal["suite", "new test"], why: str) -> Coverage:
    return Coverage(of=of, lines=0, covered=0, missed=(), unknown=why)
