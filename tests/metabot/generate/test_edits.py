"""Edits shown as a diff that git understands."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from repositories import commit, git

from metabot.generate.edits import unified
from metabot.generate.proposal import Edit

_TEXT = st.text(alphabet="ab \n\r\x0c\u2028", max_size=30)


@settings(max_examples=15)
@given(before=_TEXT, after=_TEXT)
def test_git_applies_what_is_shown(before: str, after: str) -> None:
    """Whatever the line ends, with or without one at the end of the file."""
    if not before or not after or before == after:  # a new, removed or equal file is no edit
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commit(folder, {"a.txt": before})
        diff = unified([Edit(path="a.txt", before=before, after=after)])
        apply = ["git", "-C", str(folder), "apply", "--whitespace=nowarn", "-"]
        subprocess.run(apply, input=diff.encode(), check=True, capture_output=True)
        assert (folder / "a.txt").read_bytes().decode() == after
        assert git(folder, "status", "--porcelain").endswith("a.txt")


def test_nothing_changed_is_nothing_shown() -> None:
    """An edit that changes nothing has no diff."""
    assert unified([Edit(path="a", before="x\n", after="x\n")]) == ""
