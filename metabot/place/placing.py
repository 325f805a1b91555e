"""The stage: a finding and a repository in, the places that the finding comes from out.

It selects among the repository's own paths and lines at the revision that served the traffic; it calls no model and
writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from analyzers.finding import Finding
from metabot.errors import RepositoryError
from metabot.git import Repository
from metabot.place.code_attributes import by_code
from metabot.place.drift import moved
from metabot.place.model_calls import by_model_call
from metabot.place.operations import by_operation
from metabot.place.placement import Location, Placed
from metabot.place.prompt_text import by_prompt
from metabot.place.several import Several
from metabot.place.sources import Sources, sources
from metabot.place.subjects import about_a_model_call, names_of
from metabot.place.tools import by_definitions, by_tool
from metabot.stopped import Reason, Stopped

MIN_SURE: Final = 0.6  # what is less sure is a guess: at 0.6 the lines found are more than those that are missing
_FOLLOWED: Final = 0.9  # of the sureness: a consequence may show itself further up
_SHOWN: Final = 5  # places that a stop names

Found = tuple[Location, ...] | Several


def place(finding: Finding, repository: Repository, *, base_branch: str) -> Placed | Stopped:
    """Where the finding comes from, by the first search that is sure. docs/placing.md has their order and sureness.

    RepositoryError: the repository has no `base_branch`.
    """
    revision, known = deployed(finding, repository, base_branch=base_branch)
    doubtful: list[Location] = []
    unclear: list[Several] = []
    for search in _searches(finding, repository, revision):
        found = search.places()
        if isinstance(found, Several):
            unclear.append(found)
            if search.decides:
                break
        elif found and found[0].sure >= MIN_SURE:
            sure = tuple(one for one in found if one.sure >= MIN_SURE)
            placed = Placed(finding=finding, revision=revision, revision_known=known, locations=sure)
            return _at_base(placed, repository, repository.resolve(base_branch))
        else:
            doubtful += found
    if unclear:
        return _ambiguous(finding, unclear[0])
    return _not_sure(finding, doubtful) if doubtful else _not_found(finding, revision)


def _at_base(placed: Placed, repository: Repository, base: str | None) -> Placed:
    """With the base branch's lines, if those of the surest place are still there as they were deployed."""
    if base is None or base == placed.revision:
        return placed
    found = [moved(one, repository, placed.revision, base) for one in placed.locations]
    if found[0] is None:
        return placed
    return replace(placed, locations=tuple(one for one in found if one is not None), lines_at=base)


class _Search(NamedTuple):
    places: Callable[[], Found]
    decides: bool = False  # telemetry says where: what it leaves unclear, a name must not decide


def _searches(finding: Finding, repository: Repository, revision: str) -> Iterator[_Search]:
    """What says most about the finding's cause comes first."""
    candidate = finding.candidate
    service, model = candidate.subject.service, candidate.subject.detail
    texts = partial(sources, repository, revision)  # read by the first search that needs them
    prompt = candidate.prompt
    if prompt is not None:
        yield _Search(lambda: by_prompt(prompt, texts()), decides=True)
    if candidate.tools:
        yield _Search(lambda: by_definitions(candidate.tools, texts()), decides=True)
    yield _Search(lambda: by_code(candidate.code, repository, revision), decides=True)
    followed = [anchor for one in finding.consequences for anchor in one.candidate.code]
    if followed:  # one cause: what it leads to was seen at the same spans
        yield _Search(lambda: by_code(followed, repository, revision, weight=_FOLLOWED))
    if about_a_model_call(candidate):
        yield _Search(lambda: by_model_call(texts(), service=service, model=model))
    for name in names_of(candidate.subject):
        yield _Search(partial(_by_name, name, texts))


def _by_name(name: str, texts: Callable[[], Sources]) -> Found:
    return by_tool(name, texts()) or by_operation(name, texts())


def deployed(finding: Finding, repository: Repository, *, base_branch: str) -> tuple[str, bool]:
    """The commit that served the traffic, as telemetry names it; else the base branch's, and False."""
    recorded = finding.candidate.revision
    served = repository.resolve(recorded) if recorded is not None and _commit_id(recorded) else None
    if served is not None:
        return served, True
    base = repository.resolve(base_branch)
    if base is None:
        message = f"the target repository has no branch {base_branch}.\n  Set [target] base_branch to one that it has."
        raise RepositoryError(message)
    return base, False


def _commit_id(recorded: str) -> bool:
    """Only a commit id is looked up: what else git would resolve (HEAD~3, a branch) is not for telemetry to choose."""
    return 7 <= len(recorded) <= 64 and all(character in "0123456789abcdef" for character in recorded)


def _ambiguous(finding: Finding, several: Several) -> Stopped:
    shown = ", ".join(several.places[:_SHOWN]) + (", …" if len(several.places) > _SHOWN else "")
    detail = f"{len(several.places)} places fit equally well: {shown}. "
    return _stopped(finding, "ambiguous", detail + "Record code.line.number and the path from the repository's top.")


def _not_sure(finding: Finding, doubtful: list[Location]) -> Stopped:
    best = sorted(doubtful, key=lambda one: -one.sure)[:_SHOWN]
    shown = "; ".join(f"{one.path}, line {one.first_line} (sure {one.sure:.2f}: {one.why})" for one in best)
    todo = "Look there, and record code.file.path and code.function.name on the spans."
    return _stopped(finding, "not sure enough", f"at least {MIN_SURE} is asked for. It may be {shown}. {todo}")


def _not_found(finding: Finding, revision: str) -> Stopped:
    candidate = finding.candidate
    tried = []
    if candidate.prompt is not None:
        tried.append("no text there holds the prompt's fixed part")
    if candidate.code:
        tried.append("no function there is the one that the code attributes name")
    if not candidate.code:
        tried.append("the telemetry carries no code attributes")
    tried.append("no tool, span, route or function there has the operation's name")
    if about_a_model_call(candidate):
        tried.append("no call of a model is written there")
    detail = f"searched {revision[:12]}: {'; '.join(tried)}. "
    todo = "Record code.file.path and code.function.name on the spans"
    lines = any(anchor.line is not None for anchor in candidate.code)
    more = "" if not candidate.code or lines else ", and code.line.number: functions are known by name in Python alone"
    return _stopped(finding, "not found", f"{detail}{todo}{more}.")


def _stopped(finding: Finding, reason: Reason, detail: str) -> Stopped:
    return Stopped(finding=finding.fingerprint, stage="placed", reason=reason, detail=detail)
