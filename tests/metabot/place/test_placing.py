"""The stage as a whole, on real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import anchor, commit, finding, prompt_anchor, repository

from metabot.errors import RepositoryError
from metabot.place.placement import Placed
from metabot.place.placing import place
from metabot.stopped import Stopped

TOOLS = {"desk/tools.py": "def fetch():\n    pass\n"}
FETCH = anchor("/app/desk/tools.py", "desk.tools.fetch", 1)


def test_the_deployed_revision_is_searched(tmp_path: Path) -> None:
    """Lines are those of the commit that served the traffic, not those of the branch's tip."""
    served = commit(tmp_path, TOOLS)
    target = repository(tmp_path, {"desk/tools.py": "import os\n\n\ndef fetch():\n    pass\n"})
    placed = place(finding("recurring-error", code=(FETCH,), revision=served), target, base_branch="main")
    assert isinstance(placed, Placed)
    assert (placed.revision, placed.revision_known, placed.locations[0].first_line) == (served, True, 1)


@pytest.mark.parametrize("recorded", [None, "0" * 40, "HEAD~1", "other", "-h", ""])
def test_an_unknown_revision_leaves_the_base_branch(tmp_path: Path, recorded: str | None) -> None:
    """Without a commit that the repository has, the base branch is searched and marked unsure."""
    commit(tmp_path, {"first": ""})
    target = repository(tmp_path, TOOLS)
    placed = place(finding("recurring-error", code=(FETCH,), revision=recorded), target, base_branch="main")
    assert isinstance(placed, Placed)
    assert (placed.revision, placed.revision_known) == (target.resolve("main"), False)


def test_a_missing_base_branch_is_an_error(tmp_path: Path) -> None:
    """The settings are wrong then, and the message says which one."""
    target = repository(tmp_path, TOOLS)
    with pytest.raises(RepositoryError, match="base_branch"):
        place(finding("recurring-error", code=(FETCH,)), target, base_branch="trunk")


def test_a_prompt_is_placed_by_its_text_first(tmp_path: Path) -> None:
    """The code attributes name where the model is called; the text says where the prompt is written."""
    static = "\n".join(f"Rule {number} of many that are always the same." for number in range(20))
    target = repository(tmp_path, {**TOOLS, "desk/prompt.py": f'P = """{static}"""\n'})
    about = finding("prompt-cache-miss", code=(FETCH,), prompt=prompt_anchor(static))
    placed = place(about, target, base_branch="main")
    assert isinstance(placed, Placed)
    assert [(one.path, one.how) for one in placed.locations] == [("desk/prompt.py", "prompt text")]


def test_without_the_text_the_code_attributes_count(tmp_path: Path) -> None:
    """A prompt that comes from a database still has a place that sends it."""
    about = finding("prompt-cache-miss", code=(FETCH,), prompt=prompt_anchor("a text that stands elsewhere"))
    placed = place(about, repository(tmp_path, TOOLS), base_branch="main")
    assert isinstance(placed, Placed)
    assert [one.how for one in placed.locations] == ["code attribute"]


@pytest.mark.parametrize(
    ("files", "columns", "reason", "said"),
    [
        pytest.param(TOOLS, {"code": ()}, "not found", "no code attributes", id="nothing recorded"),
        pytest.param({"x.py": ""}, {"code": (FETCH,)}, "not found", "no function there", id="another repository"),
        pytest.param(
            {"a/tools.py": TOOLS["desk/tools.py"], "b/tools.py": TOOLS["desk/tools.py"]},
            {"code": (anchor("tools.py", "fetch"),)},
            "ambiguous",
            "a/tools.py:fetch, b/tools.py:fetch",
            id="two equal places",
        ),
    ],
)
def test_stops(tmp_path: Path, files: dict[str, str], columns: dict[str, object], reason: str, said: str) -> None:
    """An unclear place is a value that says what was searched and what to record."""
    stopped = place(finding("recurring-error", **columns), repository(tmp_path, files), base_branch="main")
    assert isinstance(stopped, Stopped)
    assert (stopped.stage, stopped.reason) == ("placed", reason)
    assert said in stopped.detail
    assert "Record" in stopped.detail
