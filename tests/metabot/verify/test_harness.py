"""What measures a change is known by its hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot.config import Target
from metabot.verify.harness import Harness

FILES = {"app/main.py": "x = 1", "tests/test_main.py": "assert x", "tests/snapshot.txt": "1", "check.py": "go"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A run's copy, beside the base."""
    for folder in ("base", "tree"):
        for path, text in FILES.items():
            (tmp_path / folder / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / path).write_text(text)
    return tmp_path / "tree"


@pytest.fixture
def harness(tree: Path) -> Harness:
    return Harness.of(Target(test="python check.py"), tree.parent / "base", FILES)


def test_only_what_measures_is_looked_at(tree: Path, harness: Harness) -> None:
    """The application's files and new ones are the run's own business."""
    (tree / "app/main.py").write_text("x = 2")
    (tree / "tests/new.txt").write_text("new")
    assert harness.rewritten(tree, {}, bare=False) == ()


@pytest.mark.parametrize("path", ["tests/test_main.py", "check.py"])
def test_a_rewritten_file_is_named(tree: Path, harness: Harness, path: str) -> None:
    """Also one that is gone, a link now, or changed in the base, which a run without a sandbox could reach."""
    for there in (tree, tree.parent / "base"):
        (there / path).write_text("nothing")
        assert harness.rewritten(tree, {}, bare=False) == (path,)
        (there / path).unlink()
        assert harness.rewritten(tree, {}, bare=False) == (path,)
        (there / path).symlink_to(tree / "app/main.py")
        assert harness.rewritten(tree, {}, bare=False) == (path,)
        (there / path).unlink()
        (there / path).write_text(FILES[path])


def test_the_new_test_is_looked_at(tree: Path, harness: Harness) -> None:
    """It measures the change as well."""
    (tree / "tests/test_new.py").write_text("pass")
    assert harness.rewritten(tree, {"tests/test_new.py": "assert y"}, bare=False) == ("tests/test_new.py",)


def test_what_the_base_rewrites_may_be_rewritten(tree: Path, harness: Harness) -> None:
    """A suite that writes its own snapshots does so with the change, too."""
    (tree / "tests/snapshot.txt").write_text("2")
    assert harness.rewritten(tree, {}, bare=True) == ()
    assert harness.rewritten(tree, {"tests/test_new.py": "x"}, bare=False) == ("tests/test_new.py",)
