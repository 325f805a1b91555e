"""One command for the sandbox, and what it may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from metabot.verify.dress import PLAIN, Dress
from metabot.verify.scratch import Scratch


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    command: tuple[str, ...]
    tree: Path  # a throw-away copy of the repository: the working directory, writable
    tree_at: Path  # where a bubblewrap shows it: the same place for base and head
    scratch: Scratch
    read_only: tuple[Path, ...] = ()  # shown at the same path
    path: tuple[Path, ...] = ()  # folders before the system's on PATH
    environment: Mapping[str, str] = field(default_factory=dict)
    dress: Dress = PLAIN  # of a bubblewrap
