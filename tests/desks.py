"""A repository with its bare remote and settings for publishing on it, all real: `desk(tmp_path)`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metabot import config
from metabot.config import Settings
from metabot.git import Repository
from metabot.ledger.people import Decision
from metabot.publish.local_host import LocalHost
from metabot.publish.publisher import Publisher
from tests.repositories import git

DAY_NS = 24 * 3_600 * 10**9
NOON_NS = 1_795_262_400 * 10**9  # a Saturday's, 2026-11-21 12:00 UTC


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now_ns: int = NOON_NS) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns

    def pass_days(self, days: float) -> None:
        self.now_ns += int(days * DAY_NS)


def desk(folder: Path, name: str = "desk") -> Path:
    """A repository with one file on main, pushed to the bare `remote.git` beside it."""
    at = folder / name
    at.mkdir()
    git(folder, "init", "-q", "-b", "main", str(at))
    (at / "app.py").write_text("PRICE = 1\n")
    git(at, "add", ".")
    git(at, "commit", "-q", "-m", "first")
    git(folder, "init", "-q", "--bare", "-b", "main", str(folder / "remote.git"))
    git(at, "remote", "add", "origin", "../remote.git")
    git(at, "push", "-q", "origin", "main")
    return at


def settings_of(at: Path, **sections: dict[str, Any]) -> Settings:
    """Many may be opened on one day, and nothing introduces metabot, unless a test asks for it."""
    publish = {"pulls": "pulls", "max_new_per_day": 100, "onboarding": False, **sections.pop("publish", {})}
    return config.parse({"publish": publish, **sections}, name="config.toml", root=at.parent)


def local_host(at: Path, clock: Clock | None = None, **sections: dict[str, Any]) -> LocalHost:
    return LocalHost(Repository(at), settings_of(at, **sections), clock=clock or Clock())


def publisher(
    at: Path, *, clock: Clock | None = None, decisions: Sequence[Decision] = (), **sections: dict[str, Any]
) -> Publisher:
    settings, time = settings_of(at, **sections), clock or Clock()
    host = LocalHost(Repository(at), settings, clock=time)
    return Publisher(host, Repository(at), settings, decisions=decisions, clock=time)
