"""What a proposal may be before anything of it runs. Pure: no file is written, no command started.

`refusal` returns the first rule that the proposal breaks. The rules, in order: every path is plain and used once; no
path is protected, by the table or by the settings; the edits apply to the base as it is and the new test's path is
free and among the repository's tests; everything is text that reads as it looks; no secret and no dependency is added;
nothing reaches for what measures it; a person can read it all.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from metabot.config import Target
from metabot.generate.proposal import Proposal
from metabot.stopped import Reason, Stopped
from metabot.verify import protected
from metabot.verify.aware import awareness
from metabot.verify.dependencies import COMPUTED, new_dependency
from metabot.verify.paths import is_plain, matches
from metabot.verify.protection import protection

_SECRETS: Final = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})"),
    "an API key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
}
_TEST_NAMES: Final = ("test_*", "*_test.*", "*.test.*", "*.spec.*")
_PLAIN_CONTROLS: Final = frozenset("\n\r\t\f")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseTree:
    """The base revision: its regular files (links and submodules left out), and how to read one as text."""

    files: frozenset[str]
    read: Callable[[str], str | None]  # None: missing, binary or not UTF-8


_Broken = tuple[Reason, str]


def refusal(proposal: Proposal, *, base: BaseTree, target: Target) -> Stopped | None:
    """The first rule that the proposal breaks, as a stop at `applied`; None where it breaks none."""
    broken = (
        _paths(proposal)
        or protection(proposal, base.files, base.read, target)
        or _application(proposal, base)
        or _text(proposal)
        or _secret(proposal)
        or _dependency(proposal, base)
        or _awareness(proposal, base, target)
        or _size(proposal, target)
    )
    if broken is None:
        return None
    reason, detail = broken
    fingerprint = proposal.placed.finding.fingerprint
    return Stopped(finding=fingerprint, stage="applied", reason=reason, detail=detail)


def _paths(proposal: Proposal) -> _Broken | None:
    paths = [*(edit.path for edit in proposal.edits), proposal.new_test.path]
    for path in paths:
        if not is_plain(path):
            return "forbidden change", f"{path!r} is no plain path below the repository's root. Name files as git does."
        if paths.count(path) > 1:
            return "forbidden change", f"{path} is changed twice. Write one edit per file."
    return None


def _application(proposal: Proposal, base: BaseTree) -> _Broken | None:
    if not proposal.edits:
        return "does not apply", "The proposal edits nothing. Propose again."
    return _edits_apply(proposal, base) or _new_test_fits(proposal.new_test.path, base)


def _edits_apply(proposal: Proposal, base: BaseTree) -> _Broken | None:
    for edit in proposal.edits:
        if edit.path not in base.files:
            return "does not apply", f"{edit.path} is no regular file at the base. Propose again at the base revision."
        if base.read(edit.path) != edit.before:
            return "does not apply", f"{edit.path} differs at the base from what was edited. Propose again from there."
        if edit.before == edit.after:
            return "does not apply", f"The edit of {edit.path} changes nothing. Propose again."
    return None


def _new_test_fits(path: str, base: BaseTree) -> _Broken | None:
    if _taken(path, base.files):
        return "does not apply", f"{path}, the new test, is taken at the base. Choose another name."
    if not _among_tests(path, base.files):
        return "forbidden change", f"{path}, the new test, lies in no folder of the repository's tests. Move it there."
    return None


def _taken(path: str, files: frozenset[str]) -> bool:
    """Also by a folder, by a file where a folder would have to be, and by a name that differs in case alone."""
    folded = path.casefold()
    above = {str(folder).casefold() for folder in PurePosixPath(path).parents}
    others = [file.casefold() for file in files]
    return any(other == folded or other.startswith(f"{folded}/") or other in above for other in others)


def _among_tests(path: str, files: frozenset[str]) -> bool:
    """The folder holds tracked files, so it is no link, and is named as tests are or has a test in it already."""
    folder = PurePosixPath(path).parent
    below = [other for file in files if folder in (other := PurePosixPath(file)).parents]
    below_tests = any(part.casefold() in protected.TEST_FOLDERS for part in folder.parts)
    tests_beside = any(other.parent == folder and matches(other.name.casefold(), _TEST_NAMES) for other in below)
    return bool(below) and (below_tests or tests_beside)


def _text(proposal: Proposal) -> _Broken | None:
    texts = {edit.path: (edit.before, edit.after) for edit in proposal.edits}
    texts[proposal.new_test.path] = ("", proposal.new_test.text)
    for path, (before, after) in texts.items():
        unseen = {character for character in after if _unreadable(character)} - set(before)
        if unseen:
            codes = ", ".join(sorted(f"U+{ord(character):04X}" for character in unseen))
            return "forbidden change", f"{path} would get characters that do not show ({codes}). Write them as escapes."
    return None


def _unreadable(character: str) -> bool:
    """Control, invisible and direction-changing characters, and halves of surrogate pairs, which are no UTF-8."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs") and character not in _PLAIN_CONTROLS


def _secret(proposal: Proposal) -> _Broken | None:
    for path, line in _changed_lines(proposal):
        for kind, pattern in _SECRETS.items():
            if line.startswith("+") and pattern.search(line):
                return "forbidden change", f"{path} would get what looks like {kind}. Read it from the environment."
    return None


def _dependency(proposal: Proposal, base: BaseTree) -> _Broken | None:
    found = new_dependency(proposal, base.files, base.read)
    if found is None:
        return None
    path, module = found
    if module == COMPUTED:
        return "forbidden change", f"{path} would import {module}. Name the module that it imports."
    known = "is none of Python's, is not in the repository, is imported nowhere there and named in no manifest"
    return "forbidden change", f"{path} would import {module}, which {known}. Add the dependency by hand first."


def _awareness(proposal: Proposal, base: BaseTree, target: Target) -> _Broken | None:
    found = awareness(proposal, target, base.files)
    return None if found is None else ("forbidden change", found)


def _size(proposal: Proposal, target: Target) -> _Broken | None:
    files = len(proposal.edits)
    lines = len(_changed_lines(proposal))
    if files > target.max_files:
        return (
            "too large",
            f"{files} files are edited, target.max_files is {target.max_files}. Raise it, or split it.",
        )
    if lines > target.max_lines:
        return (
            "too large",
            f"{lines} lines change, target.max_lines is {target.max_lines}. Raise it, or split it.",
        )
    return None


def _changed_lines(proposal: Proposal) -> list[tuple[str, str]]:
    """Path and line of all that is added (`+`) and taken away (`-`), the new test's lines included."""
    pairs = [(edit.path, edit.before, edit.after) for edit in proposal.edits]
    pairs.append((proposal.new_test.path, "", proposal.new_test.text))
    changed = []
    for path, before, after in pairs:
        body = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
        changed += [(path, line) for line in body if line.startswith(("+", "-"))]
    return changed
