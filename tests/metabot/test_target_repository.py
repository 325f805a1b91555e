"""The target by its address: cloned once, fetched at each pass, gone on with where the network is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import commit, git

from metabot import config
from metabot.config import Settings
from metabot.config_values import Remote
from metabot.errors import RepositoryError
from metabot.target_repository import refreshed, target_repository


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    commit(tmp_path / "origin", {"app.py": "x = 1\n"})
    return tmp_path / "origin"


def settings(tmp_path: Path, repository: str) -> Settings:
    values = {"target": {"repository": repository}}
    return config.parse(values, name="config.toml", root=tmp_path / "metabot")


def silent(_: str) -> None:
    pass


def test_an_address_is_cloned_and_fetched(tmp_path: Path, origin: Path) -> None:
    """Bare, into the state folder; a new commit is there after the next pass has begun, and not before."""
    asked = settings(tmp_path, f"file://{origin}")
    first = target_repository(asked)
    assert first.resolve("main") == git(origin, "rev-parse", "main")
    assert first.path.is_relative_to(tmp_path / "metabot/.metabot/clones")
    assert not (first.path / "app.py").exists()
    new = commit(origin, {"app.py": "x = 2\n"})
    assert target_repository(asked).resolve("main") != new
    refreshed(asked, silent)
    assert target_repository(asked).read(new, "app.py") == "x = 2\n"


def test_what_was_pushed_to_the_origin_is_a_branch_there(tmp_path: Path, origin: Path) -> None:
    """The clone's remote `origin` is the address, so that publishing needs no other setting."""
    clone = target_repository(settings(tmp_path, f"file://{origin}"))
    base = clone.resolve("main")
    assert base is not None
    sha = clone.commit(base, "metabot/a-change", {"app.py": "x = 3\n"}, "A change")
    clone.push("origin", "metabot/a-change", sha)
    assert git(origin, "rev-parse", "metabot/a-change") == sha


def test_without_the_network_it_goes_on(tmp_path: Path, origin: Path) -> None:
    """With a clone at hand it says so; without one it is an error, and nothing half made is left."""
    asked = settings(tmp_path, f"file://{origin}")
    before = target_repository(asked).resolve("main")
    origin.rename(tmp_path / "gone")
    said: list[str] = []
    refreshed(asked, said.append)
    assert said[-1].endswith("going on with what is here")
    assert target_repository(asked).resolve("main") == before
    other = settings(tmp_path, f"file://{tmp_path}/missing")
    with pytest.raises(RepositoryError, match="could not be fetched"):
        target_repository(other)
    assert len([path for path in (tmp_path / "metabot/.metabot/clones").iterdir() if path.is_dir()]) == 1


def test_a_password_in_an_address_is_never_printed(tmp_path: Path) -> None:
    """Neither in the settings' own form, nor in progress, nor in an error."""
    asked = settings(tmp_path, "https://ada:hunter2secret@127.0.0.1:1/shop.git")
    said: list[str] = []
    refreshed(asked, said.append)
    with pytest.raises(RepositoryError) as caught:
        target_repository(asked)
    assert "hunter2secret" not in " ".join([repr(asked), str(asked.target.repository), *said, str(caught.value)])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("ssh://git@host/shop.git", Remote("ssh://git@host/shop.git"), id="ssh"),
        pytest.param("git@host:shop.git", Remote("git@host:shop.git"), id="ssh, in short"),
        pytest.param("", None, id="none"),
    ],
)
def test_what_an_address_is(tmp_path: Path, written: str, expected: Remote | None) -> None:
    """Everything else is a folder, and counts from the settings file's."""
    assert settings(tmp_path, written).target.repository == expected
    assert settings(tmp_path, "code").target.repository == tmp_path / "metabot/code"


def test_an_address_that_metabot_does_not_talk_to(tmp_path: Path) -> None:
    """Helpers of git that an address could start are refused."""
    with pytest.raises(RepositoryError, match="https:// or ssh://"):
        target_repository(settings(tmp_path, "git+x://host/shop"))
