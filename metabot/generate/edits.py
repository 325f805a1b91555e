"""Edits as a unified diff, for showing. What is applied are the whole files."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from metabot.generate.proposal import Edit, Proposal


def diff_of(proposal: Proposal) -> str:
    """The edits and the new test as `git diff` would show them."""
    new = proposal.new_test
    return unified(proposal.edits) + _file_diff("/dev/null", f"b/{new.path}", "", new.text)


def unified(edits: Iterable[Edit]) -> str:
    """Three lines of context; empty where nothing changes."""
    return "".join(_file_diff(f"a/{edit.path}", f"b/{edit.path}", edit.before, edit.after) for edit in edits)


def _file_diff(old: str, new: str, before: str, after: str) -> str:
    return "".join(_lines(difflib.unified_diff(_split(before), _split(after), old, new)))


def _split(text: str) -> list[str]:
    """Lines end at a line feed alone, as git counts them."""
    *whole, rest = text.split("\n")
    return [line + "\n" for line in whole] + ([rest] if rest else [])


def _lines(diff: Iterable[str]) -> Iterator[str]:
    for line in diff:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
