"""Lines of the deployed revision as the base branch counts them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from repositories import commit, git, repository

from metabot.place.drift import moved
from metabot.place.placement import Location

SOURCE = [f"line {number}\n" for number in range(1, 31)]


def lines(first: int, last: int, path: str = "a.py") -> Location:
    return Location(path=path, first_line=first, last_line=last, symbol=None, how="code attribute", sure=1.0, why="")


@pytest.mark.parametrize(
    ("now", "where"),
    [
        pytest.param(SOURCE, (10, 12), id="unchanged"),
        pytest.param(["new\n", *SOURCE], (11, 13), id="a line before"),
        pytest.param(SOURCE[3:], (7, 9), id="lines gone before"),
        pytest.param([*SOURCE[:9], "new\n", *SOURCE[9:]], (11, 13), id="a line right before"),
        pytest.param([*SOURCE[:12], "new\n", *SOURCE[12:]], (10, 12), id="a line right behind"),
        pytest.param([*SOURCE[:8], "new\n", "new\n", *SOURCE[9:]], (11, 13), id="the line before became two"),
        pytest.param([*SOURCE[:10], "new\n", *SOURCE[10:]], None, id="a line within"),
        pytest.param([*SOURCE[:11], "new\n", *SOURCE[12:]], None, id="another last line"),
        pytest.param([*SOURCE[:5], *SOURCE[20:]], None, id="gone"),
    ],
)
def test_lines_are_followed(tmp_path: Path, now: list[str], where: tuple[int, int] | None) -> None:
    """As long as they are the same; what changed around them only moves them."""
    deployed = commit(tmp_path, {"a.py": "".join(SOURCE)})
    (tmp_path / "other").write_text("x")
    base = commit(tmp_path, {"a.py": "".join(now)})
    found = moved(lines(10, 12), repository(tmp_path, {"third": "x"}), deployed, base)
    assert (None if found is None else (found.first_line, found.last_line)) == where


def test_a_file_that_is_gone_has_no_place(tmp_path: Path) -> None:
    """Also where another file has its content now."""
    deployed = commit(tmp_path, {"a.py": "".join(SOURCE)})
    git(tmp_path, "mv", "a.py", "b.py")
    base = commit(tmp_path, {})
    assert moved(lines(10, 12), repository(tmp_path, {"c": "x"}), deployed, base) is None


@pytest.mark.slow
def test_what_is_followed_is_the_same_text(tmp_path: Path) -> None:
    """Over many random edits: the lines that are found read as the deployed ones."""
    rng = random.Random(7)
    deployed = commit(tmp_path, {"a.py": "".join(SOURCE)})
    for turn in range(20):
        now = [line for line in SOURCE if rng.random() > 0.1]
        now.insert(rng.randrange(len(now)), f"new {turn}\n")
        base = commit(tmp_path, {"a.py": "".join(now)})
        found = moved(lines(10, 12), repository(tmp_path, {"turn": str(turn)}), deployed, base)
        kept = [line for line in now if line in SOURCE[9:12]]
        if found is not None:
            assert now[found.first_line - 1 : found.last_line] == SOURCE[9:12]
        else:
            assert kept != SOURCE[9:12] or "new" in "".join(now[now.index(kept[0]) : now.index(kept[-1])])
