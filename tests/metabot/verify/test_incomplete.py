"""What a worktree lacks of a repository."""

from __future__ import annotations

import pytest

from metabot.stopped import Reason
from metabot.verify.incomplete import with_what_is_missing
from metabot.verify.unmet import Unmet

LFS = {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({".gitmodules": "[submodule]"}, "Its submodules are not checked out"),
        (LFS, "Its files of Git LFS are pointers"),
        ({"data/.gitattributes": LFS[".gitattributes"]}, "Its files of Git LFS are pointers"),
        ({".gitattributes": "*.py text\n"}, "It fails."),
    ],
)
def test_a_red_base_says_what_is_not_there(files: dict[str, str], said: str) -> None:
    """First of all: the tests may be red for that alone."""
    unmet = with_what_is_missing(Unmet("sound", "base is red", "It fails."), files, files.get)
    assert unmet.detail.startswith(said)
    assert unmet.detail.endswith("It fails.")


@pytest.mark.parametrize("reason", ["head is red", "setup failed"])
def test_other_stops_are_left_alone(reason: Reason) -> None:
    """Nothing else is explained by it."""
    unmet = Unmet("sound", reason, "It fails.")
    assert with_what_is_missing(unmet, LFS, LFS.get) == unmet
