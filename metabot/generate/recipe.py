"""What a recipe is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from metabot.generate.proposal import Edit, NewTest
from metabot.git import Repository
from metabot.place.placement import Location, Placed


@dataclass(frozen=True, slots=True)
class Base:
    """The repository at the revision that the change is written for."""

    repository: Repository
    revision: str

    @property
    def files(self) -> tuple[str, ...]:
        return self.repository.files(self.revision)

    def read(self, path: str) -> str | None:
        return self.repository.read(self.revision, path)


@dataclass(frozen=True, slots=True)
class NotSure:
    """The recipe does not fire, and why: a sentence about the repository's code."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A change and its test; the words about it are the recipe's own."""

    recipe: str
    title: str
    summary: str
    edits: tuple[Edit, ...]
    new_test: NewTest
    changes_prompt: bool
    risks: tuple[str, ...]


_TITLE: Final = 72  # characters: what a list of commits or pull requests shows of one


def fitting(title: str, otherwise: str) -> str:
    """The title; where it is too long, the one that names nothing."""
    return title if len(title) < _TITLE else otherwise


Recipe = Callable[[Placed, Location, str, Base], Written | NotSure]
"""Takes the finding, its surest location and that file's text at the base."""
