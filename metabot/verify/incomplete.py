"""What a worktree lacks of a repository: submodules, files of Git LFS. A red base may be red for that alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import PurePosixPath

from metabot.verify.unmet import Unmet

_SUBMODULES = (
    "Its submodules are not checked out: their folders are empty. Let target.setup fetch what the tests need into "
    "{env}, and target.test look for it there: what setup writes into the repository is gone before the tests run."
)
_LARGE_FILES = "Its files of Git LFS are pointers of a few lines: leave tests that read them out in target.test."


def with_what_is_missing(unmet: Unmet, files: Collection[str], read: Callable[[str], str | None]) -> Unmet:
    """The stop for a red base with what its worktree lacks; any other as it is."""
    if unmet.reason != "base is red":
        return unmet
    attributes = (read(path) or "" for path in files if PurePosixPath(path).name == ".gitattributes")
    lacks = [_SUBMODULES] if ".gitmodules" in files else []
    lacks += [_LARGE_FILES] if any("filter=lfs" in text for text in attributes) else []
    return unmet._replace(detail=" ".join((*lacks, unmet.detail)))
