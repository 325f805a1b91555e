"""A written change that nobody has checked yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.finding import Unit
from metabot.place.placement import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One existing file, whole. `before` must equal the file at the base, otherwise the edit does not apply."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTest:
    """A new file that fails without the edits and passes with them."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Registered in the pull request and judged after the merge."""

    unit: Unit
    observed: float
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Made by `metabot.generate` only."""

    placed: Placed
    author: Literal["recipe", "model"]
    recipe: str  # the recipe's or the model's name
    title: str  # imperative, under 72 characters, Names and numbers only
    summary: str  # what changes and why, in our own words: Markdown without anything out of telemetry but Names
    edits: tuple[Edit, ...]
    new_test: NewTest
    prediction: Prediction
    changes_prompt: bool  # what the model is told or shown changes: needs the repository's evaluation
    risks: tuple[str, ...]
    scripted: bool = False  # a script answered in place of the model: no figure of it is a real model's
