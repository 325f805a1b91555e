"""A target repository here and GitHub's double of it, and the host between them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from github_double import Double

from metabot import config
from metabot.config import Settings
from metabot.git import Repository
from metabot.publish.github.client import PATIENCE
from metabot.publish.github.host import GithubHost
from metabot.publish.host import Draft

VARIABLE = "DESK_TOKEN"
BRANCH = "metabot/serial-calls-0123456789ab"


@dataclass
class Place:
    """`waits` are the seconds that a host slept; none of them passes."""

    double: Double
    folder: Path
    repository: Repository
    waits: list[float] = field(default_factory=list)

    def settings(self, **more: Any) -> Settings:
        github = {"repository": self.double.name, "api_url": self.double.url, "token_variable": VARIABLE}
        values = {
            "publish": {"kind": "github", **more.pop("publish", {})},
            "github": {**github, **more},
        }
        return config.parse(values, name="config.toml", root=self.folder)

    def host(self, *, patience: float = PATIENCE, asleep: bool = False, **github: str) -> GithubHost:
        """With `asleep` its waits really pass."""
        sleep = time.sleep if asleep else self.waits.append
        return GithubHost(self.repository, self.settings(**github), patience=patience, sleep=sleep)

    def commit(self, text: str = "one\n", over: str | None = None) -> str:
        base = self.repository.resolve("refs/heads/main")
        assert base is not None
        return self.repository.write_commit(base, {"a.txt": text}, "A change", over=over)

    def asked(self, method: str = "", path: str = "") -> list[str]:
        return [f"{one.method} {one.path}" for one in self.double.asked if method in one.method and path in one.path]


def place(double: Double, folder: Path) -> Place:
    at = folder / "desk.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(double.repository), str(at)], check=True)
    return Place(double, folder / "state", Repository(at))


def opened(host: GithubHost, at: Place, branch: str = BRANCH, **more: Any) -> int:
    """A branch pushed and its draft opened."""
    host.push(branch, at.commit(f"{branch}\n"))
    return host.open_draft(draft(branch, **more)).number


def draft(branch: str = BRANCH, **more: Any) -> Draft:
    values: dict[str, Any] = {"title": "A change", "body": "Why.", "branch": branch, "base_branch": "main"}
    return Draft(**{**values, **more})


def every(host: GithubHost) -> dict[str, Callable[[], object]]:
    """Each thing that a host is asked, by its name."""
    return {
        "pulls": host.pulls,
        "pull": lambda: host.pull(1),
        "others": lambda: list(host.others()),
        "open_draft": lambda: host.open_draft(draft()),
        "edit": lambda: host.edit(1, title="Another"),
        "close": lambda: host.close(1),
        "commits": lambda: host.commits(1),
        "changed": lambda: host.changed(1, ["a.txt"]),
        "checks": lambda: host.checks("0" * 40),
        "comments": lambda: host.comments(1),
        "say": lambda: host.say(1, "a-key", "A word."),
        "may_write": lambda: host.may_write("ben"),
        "dashboard": host.dashboard,
        "write_dashboard": lambda: host.write_dashboard("metabot", "Nothing."),
        "branch": lambda: host.branch("main"),
        "stopped": host.stopped,
        "rights": host.rights,
    }
