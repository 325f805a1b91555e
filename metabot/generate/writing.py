"""The stage: a placed finding in, a change with its test out, or why there is none.

The first recipe for the analyzer that is sure writes; where none is, the reasons of all are said. What no recipe
writes, a model may: `writers` knows whether there is one.
"""

from __future__ import annotations

from metabot.errors import RepositoryError
from metabot.generate.catalogue import RECIPES
from metabot.generate.proposal import Prediction, Proposal
from metabot.generate.recipe import Base, Written
from metabot.git import Repository
from metabot.place.placement import Placed
from metabot.stopped import Reason, Stopped


def propose(placed: Placed, repository: Repository, *, base_branch: str) -> Proposal | Stopped:
    """A recipe's change against the base branch's tip.

    RepositoryError: the repository has no `base_branch`.
    """
    analyzer = placed.finding.candidate.analyzer
    recipes = RECIPES.get(analyzer, ())
    if not recipes:
        return _stopped(
            placed,
            "no recipe and no model",
            f"{_place(placed)} is where it comes from. metabot has no recipe for {analyzer} yet. Let a model write the "
            "change ([model] in the settings), or make it by hand there.",
        )
    base = deployed_base(placed, repository, base_branch=base_branch)
    if isinstance(base, Stopped):
        return base
    location = placed.locations[0]
    source = base.read(location.path)
    assert source is not None
    doubts: list[str] = []
    for recipe in recipes:
        result = recipe(placed, location, source, base)
        if isinstance(result, Written):
            return _proposal(placed, result)
        doubts.append(result.why)
    return _stopped(
        placed, "recipe not sure", f"{location.path}: {'; '.join(doubts)}. Make the change by hand, if it is one."
    )


def deployed_base(placed: Placed, repository: Repository, *, base_branch: str) -> Base | Stopped:
    """The base branch's tip, where the lines that the finding comes from are as they were deployed.

    RepositoryError: the repository has no `base_branch`.
    """
    revision = repository.resolve(base_branch)
    if revision is None:
        message = f"the target repository has no branch {base_branch}.\n  Set [target] base_branch to one that it has."
        raise RepositoryError(message)
    base = Base(repository, revision)
    location = placed.locations[0]
    source = base.read(location.path)
    same_lines = placed.lines_at == revision
    if source is None or not (same_lines or source == repository.read(placed.revision, location.path)):
        return _stopped(
            placed,
            "recipe not sure",
            f"{location.path} on {base_branch} differs from what was deployed ({placed.revision[:12]}). "
            f"Deploy {base_branch} and let telemetry show whether the finding stands.",
        )
    return base


def _place(placed: Placed) -> str:
    location = placed.locations[0]
    symbol = f" ({location.symbol})" if location.symbol else ""
    return f"{location.path}, lines {location.first_line} to {location.last_line}{symbol}"


def _proposal(placed: Placed, written: Written) -> Proposal:
    waste = placed.finding.candidate.evidence
    prediction = Prediction(unit=waste.observed.unit, observed=waste.observed.value, expected=waste.achievable)
    return Proposal(
        placed=placed,
        author="recipe",
        recipe=written.recipe,
        title=written.title,
        summary=written.summary,
        edits=written.edits,
        new_test=written.new_test,
        prediction=prediction,
        changes_prompt=written.changes_prompt,
        risks=written.risks,
    )


def _stopped(placed: Placed, reason: Reason, detail: str) -> Stopped:
    return Stopped(finding=placed.finding.fingerprint, stage="written", reason=reason, detail=detail)
