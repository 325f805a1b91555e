"""Throw-away folders are gone afterwards, whatever was done to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot.verify.scratch import remove, scratch


def test_everything_in_it_goes(tmp_path: Path) -> None:
    """Also what stands in folders that were closed; what a link leads to stays."""
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (tmp_path / "kept").write_text("kept")
    with scratch(tmp_path / "runs") as folders:
        (folders.home / "a/b").mkdir(parents=True)
        (folders.home / "a/b/file").write_text("x")
        (folders.home / "to-file").symlink_to(tmp_path / "kept")
        (folders.home / "to-folder").symlink_to(outside)
        (folders.home / "a/b").chmod(0)
        (folders.home / "a").chmod(0)
    assert list((tmp_path / "runs").iterdir()) == []
    assert (tmp_path / "kept").read_text() == "kept"
    assert outside.stat().st_mode & 0o777 == 0o500


def test_it_goes_when_the_run_fails(tmp_path: Path) -> None:
    """An exception inside leaves nothing behind."""
    with pytest.raises(KeyError), scratch(tmp_path / "runs"):
        raise KeyError
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_link_in_its_place_is_removed_alone(tmp_path: Path) -> None:
    """Of a link the link goes; of nothing, nothing."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    remove(tmp_path / "link")
    remove(tmp_path / "link")
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]
