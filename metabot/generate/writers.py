"""Who writes the changes of a pass: recipes, and a model where the settings name one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal, Self

from metabot.config import Settings
from metabot.errors import SettingsError
from metabot.generate.asking.budget import Books
from metabot.generate.author import Author, Signature
from metabot.generate.author_answer import SCHEMA
from metabot.generate.model import Model
from metabot.generate.proposal import Proposal
from metabot.generate.scripted_model import serving
from metabot.generate.writing import deployed_base, propose
from metabot.git import Repository
from metabot.place.placement import Placed
from metabot.stopped import Stopped

Choice = Literal["recipe", "model", "both"]
"""`both`: a recipe where one is sure, else the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writers:
    settings: Settings
    choice: Choice
    model: Model | None  # None: recipes alone

    @classmethod
    @contextmanager
    def of_pass(cls, settings: Settings, books: Books, *, choice: Choice = "both") -> Iterator[Self]:
        """Where a script answers in place of the model, it is served until the exit.

        SettingsError: the model is to write everything, and none is named; or its script is broken.
        """
        if choice == "model" and not settings.model.named:
            message = "--author model: the settings name no model.\n  Set [model] base_url and name."
            raise SettingsError(message)
        if choice == "recipe" or not settings.model.named:
            yield cls(settings=settings, choice="recipe", model=None)
        elif settings.model.script is None:
            yield cls(settings=settings, choice=choice, model=Model.of(settings, books))
        else:
            with serving(settings.model.script) as served:
                of_script = settings.model.model_copy(update={**served._asdict(), "api_key_variable": ""})
                model = Model.of(settings.model_copy(update={"model": of_script}), books)
                yield cls(settings=settings, choice=choice, model=model)

    def by_recipe(self, placed: Placed, repository: Repository) -> Proposal | Stopped:
        """The first sure recipe's change, or why there is none."""
        if self.choice == "model":
            return Stopped(
                finding=placed.finding.fingerprint,
                stage="written",
                reason="no recipe and no model",
                detail="Recipes were not asked.",
            )
        return propose(placed, repository, base_branch=self.settings.target.base_branch)

    def author(self, placed: Placed, repository: Repository) -> Author | Stopped:
        """A conversation with the model, not begun yet. Only where there is a model."""
        assert self.model is not None
        base = deployed_base(placed, repository, base_branch=self.settings.target.base_branch)
        if isinstance(base, Stopped):
            return base
        ask = partial(self.model.ask, schema=SCHEMA, about=placed.finding.fingerprint)
        signature = Signature(name=self.model.name, scripted=self.settings.model.script is not None)
        return Author.of(placed, base, self.settings, ask, signature)
