"""Which changed lines a run executed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metabot.generate.proposal import Edit
from metabot.verify.changed_lines import coverage, record

BEFORE = "def f(x):\n    return x\n"
AFTER = """def f(x):
    # what follows is new
    if x > 1:
        return [
            x,
        ]
    return x


LIMIT = 3
"""
EDIT = Edit(path="app/a.py", before=BEFORE, after=AFTER)


@pytest.mark.parametrize(
    ("executed", "covered", "missed"),
    [
        pytest.param({1, 3, 4, 10}, 3, (), id="all"),
        pytest.param({1, 3, 5, 10}, 3, (), id="by a line inside of a statement"),
        pytest.param({1, 3, 7}, 1, ("app/a.py:4", "app/a.py:10"), id="one branch"),
        pytest.param(set(), 0, ("app/a.py:3", "app/a.py:4", "app/a.py:10"), id="none"),
    ],
)
def test_statements_that_the_edit_adds(executed: set[int], covered: int, missed: tuple[str, ...]) -> None:
    """Comments, empty lines and what was there before do not count; a long statement counts once."""
    found = coverage([EDIT], {"app/a.py": executed}, "suite")
    assert (found.lines, found.covered, found.missed, found.unknown) == (3, covered, missed, None)


def test_what_cannot_be_measured_is_said() -> None:
    """Another language, no record, a file that does not parse."""
    text = Edit(path="prompt.txt", before="a", after="b")
    broken = Edit(path="a.py", before="x = 1\n", after="x = = 2\n")
    assert "no Python file" in (coverage([text], {}, "suite").unknown or "")
    assert "no record" in (coverage([EDIT], None, "suite").unknown or "")
    assert "parses" in (coverage([broken], {"a.py": {1}}, "suite").unknown or "")


def test_records_of_several_processes_are_one(tmp_path: Path) -> None:
    """Lines add up; what is no record of ours is passed over."""
    entries = [{"a.py": [1, 2]}, {"a.py": [2, 3], "b.py": "all"}, ["a.py"], {"a.py": [True, "4", None]}]
    lines = [json.dumps(entry) for entry in entries]
    (tmp_path / "lines").write_text("\n".join([*lines, "{torn", "[" * 100_000]))
    assert record(tmp_path / "lines") == {"a.py": {1, 2, 3}}
    assert record(tmp_path / "missing") is None
