"""What measures a change, known by its hash: in each run's copy of the repository, in the base, and outside of both.

Hashed: the repository's tests, benchmarks, evaluations, manifests and build files, the files that the commands name, a
proposal's new test, the replay server and the model's script. What the bare base's own runs rewrite (snapshots, small
databases) is theirs to rewrite, and is left out from then on. New files are not looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import metabot
from metabot.config import Target
from metabot.verify.protected import judges, kind_of

_SERVER: Final = Path(metabot.__file__).resolve().parent / "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """Of one base revision."""

    inside: Mapping[str, str]  # hash by path in the repository
    outside: Mapping[Path, str]
    base: Path | None = None  # the base's worktree, which a command without a sandbox could reach
    _rewritten: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, target: Target, base: Path, files: Iterable[str]) -> Harness:
        """The base's, before any command has run; `files` are its regular files."""
        known = tuple(files)
        named = judges((target.test, target.evaluate, target.benchmark), known)
        inside = {path: _hash(base / path) for path in known if path in named or kind_of(path)}
        script = () if target.model_script is None else (target.model_script.resolve(),)
        outside = {file: _hash(file) for file in (*sorted(_SERVER.glob("*.py")), *script)}
        return cls(inside=inside, outside=outside, base=base)

    def rewritten(self, tree: Path, files: Mapping[str, str], *, bare: bool) -> tuple[str, ...]:
        """What a run in the tree changed: paths in the repository, names outside. `bare`: the base without a change."""
        tests = {path: _digest(text.encode()) for path, text in files.items() if kind_of(path)}
        found = _changed(tree, {**self.inside, **tests})
        if bare:
            self._rewritten.update(found)
            found = []
        in_base = () if self.base is None else _changed(self.base, self.inside)
        outside = [file.name for file, known in self.outside.items() if _hash(file) != known]
        return tuple(sorted({*found, *in_base} - self._rewritten)) + tuple(outside)


NONE: Final = Harness(inside={}, outside={})
"""Hashes nothing: what a change rewrites is not seen."""


def _changed(tree: Path, known: Mapping[str, str]) -> list[str]:
    return [path for path, digest in known.items() if _hash(tree / path) != digest]


def _hash(file: Path) -> str:
    """Empty where it is gone, no regular file any more, or not to be read."""
    try:
        return "" if file.is_symlink() or not file.is_file() else _digest(file.read_bytes())
    except OSError:
        return ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
