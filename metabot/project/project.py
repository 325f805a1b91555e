"""All that is told of a project from its folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from metabot.project.commands import Commands, commands
from metabot.project.evaluations import Evaluation, evaluations
from metabot.project.origin import Origin, origin
from metabot.project.recordings import Recordings, recordings
from metabot.project.services import Service, services
from metabot.project.tree import Tree
from metabot.project.uses import Kind, Use, uses

_LANGUAGES: Final = {
    ".py": "Python", ".ts": "TypeScript", ".tsx": "TypeScript", ".js": "JavaScript", ".jsx": "JavaScript",
    ".mjs": "JavaScript", ".go": "Go", ".rs": "Rust", ".java": "Java", ".kt": "Kotlin", ".cs": "C#", ".rb": "Ruby",
    ".php": "PHP",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    root: Path
    whole: bool  # False: it has more files than are looked at
    languages: tuple[tuple[str, int], ...]  # with their files, most first
    commands: Commands
    uses: tuple[Use, ...]
    services: tuple[Service, ...]
    evaluations: tuple[Evaluation, ...]
    recordings: tuple[Recordings, ...]
    origin: Origin | None  # None: no git repository

    def used(self, kind: Kind) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.kind == kind)


def look(root: Path) -> Project:
    """What the folder's files tell. Nothing of them runs, and no link in it is followed."""
    tree = Tree.of(root)
    suffixes = Counter(_LANGUAGES.get(PurePosixPath(path).suffix) for path in tree.files)
    return Project(
        root=root,
        whole=tree.whole,
        languages=tuple((name, count) for name, count in suffixes.most_common() if name is not None),
        commands=commands(tree),
        uses=tuple(uses(tree)),
        services=tuple(services(tree)),
        evaluations=tuple(evaluations(tree)),
        recordings=tuple(recordings(tree)),
        origin=origin(root),
    )
