"""Copies of the repository, and a proposal's files over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot.errors import RepositoryError
from metabot.verify.trees import lay_out


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    (folder / "app").mkdir(parents=True)
    (folder / ".git").write_text("gitdir: elsewhere")
    (folder / "app/main.py").write_text("x = 1\n")
    (folder / "app/run.sh").write_text("true\n")
    (folder / "app/run.sh").chmod(0o755)
    (folder / "link").symlink_to(tmp_path)
    (folder / "app/link.py").symlink_to(tmp_path / "outside.py")
    return folder


def test_the_base_without_git(base: Path, tmp_path: Path) -> None:
    """Files with their modes, links as links, and no way back into the repository."""
    lay_out(base, tmp_path / "copy", {})
    copy = tmp_path / "copy"
    assert sorted(entry.name for entry in copy.rglob("*")) == ["app", "link", "link.py", "main.py", "run.sh"]
    assert copy.joinpath("app/run.sh").stat().st_mode & 0o100
    assert copy.joinpath("link").is_symlink()


def test_files_are_written_as_they_are(base: Path, tmp_path: Path) -> None:
    """Over old ones and in new folders, line ends untouched; the base stays."""
    lay_out(base, tmp_path / "copy", {"app/main.py": "x = 2\r\n", "tests/new/test_x.py": "é"})
    assert (tmp_path / "copy/app/main.py").read_bytes() == b"x = 2\r\n"
    assert (tmp_path / "copy/tests/new/test_x.py").read_bytes() == "é".encode()
    assert (base / "app/main.py").read_text() == "x = 1\n"


@pytest.mark.parametrize("path", ["link/escaped.py", "app/link.py", "../escaped.py"])
def test_nothing_is_written_through_a_link(base: Path, tmp_path: Path, path: str) -> None:
    """A link in the repository leads no file out of the copy."""
    with pytest.raises(RepositoryError, match="a link stands in its way"):
        lay_out(base, tmp_path / "copy", {path: "x"})
    assert not list(tmp_path.glob("escaped.py"))
    assert not (tmp_path / "outside.py").exists()
