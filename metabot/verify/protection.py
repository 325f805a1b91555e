"""Whether a proposal touches what it may not: by the table, by the settings, or as it measures the change. Pure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from metabot.config import Target
from metabot.generate.proposal import Proposal
from metabot.stopped import Reason
from metabot.verify import protected
from metabot.verify.measuring import only_measures
from metabot.verify.paths import lies_under, matches

Broken = tuple[Reason, str]
Read = Callable[[str], str | None]


def protection(proposal: Proposal, files: frozenset[str], read: Read, target: Target) -> Broken | None:
    """The first protected path that an edit or the new test touches."""
    judges = protected.judges((target.test, target.evaluate, target.benchmark), files)
    return (
        _edited(proposal, judges, target)
        or _measuring(proposal, judges, files, read)
        or _set_apart(proposal, target)
        or _named_like_a_judge(proposal.new_test.path)
    )


def _edited(proposal: Proposal, judges: frozenset[str], target: Target) -> Broken | None:
    for edit in proposal.edits:
        if kind := protected.kind_of(edit.path):
            return "protected path", f"{edit.path} is {kind}. metabot never changes one; make this change by hand."
        if edit.path in judges:
            return "protected path", f"{edit.path} is named by a command of the settings. What judges stays as is."
        if not matches(edit.path, target.allowed_paths):
            return "protected path", f"{edit.path} is not in target.allowed_paths. Add it there to allow it."
    return None


def _measuring(proposal: Proposal, judges: frozenset[str], files: frozenset[str], read: Read) -> Broken | None:
    edited = [edit.path for edit in proposal.edits]
    located = [location.path for location in proposal.placed.locations]
    evaluations = {path for path in files if protected.kind_of(path) == "an evaluation"}
    path = only_measures(edited, located, judges | evaluations, files, read)
    if path is None:
        return None
    told = "is read by what measures a change, and by no code that the finding comes from"
    return "protected path", f"{path} {told}. Make this change by hand."


def _set_apart(proposal: Proposal, target: Target) -> Broken | None:
    for path in (*(edit.path for edit in proposal.edits), proposal.new_test.path):
        if lies_under(path, target.protected_paths):
            return "protected path", f"{path} is in target.protected_paths. Take it out there to allow it."
    return None


def _named_like_a_judge(new_test: str) -> Broken | None:
    """A new file among the tests is fine; a new conftest.py, manifest or dot-file there is not."""
    name = PurePosixPath(new_test).name
    hidden = any(part.startswith(".") for part in new_test.split("/"))
    kind = protected.kind_of(name)
    if hidden or name.casefold() == "conftest.py" or kind not in (None, "a test or benchmark that exists"):
        return "protected path", f"{new_test} would be {protected.kind_of(new_test)}. Name the new test test_*.py."
    return None
