"""The first pull request on a repository: it brings the file by which people there limit metabot, and shows what would
have been proposed so far. Nothing else is opened until a person merged it; closed, it keeps metabot out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal

import metabot
from analyzers.finding import Finding
from metabot.config import Settings
from metabot.git import Repository
from metabot.narrowing import PATH
from metabot.publish.committing import Files, bring_files
from metabot.publish.figures import figure
from metabot.publish.host import LARGEST_TEXT, Draft, Host, HostedPull
from metabot.publish.identity import names_of
from metabot.render import render
from metabot.stopped import Reason, Stopped
from metabot.verify.measured import VerifiedProposal

BRANCH: Final = "metabot/onboarding"
TITLE: Final = "Let metabot propose changes here"
_MESSAGE: Final = f"{TITLE}\n\nThe file limits what it may do in this repository; it can only narrow.\n"
_SHOWN: Final = (40, 10, 0)  # findings of either list, the most that fits is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """What came of a finding: a proposal that was proved, or one that stopped."""

    fingerprint: str
    words: str  # the proposal's title, or the finding's problem: Names and numbers only
    figure: str
    why: str | None  # why nothing would be opened; None: it would


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositorySettings:
    """What a repository is asked to take in. Made here only."""

    text: str  # of `.github/metabot.toml`
    so_far: tuple[SoFar, ...]
    base_branch: str
    base_revision: str
    labels: tuple[str, ...]


def so_far(finding: Finding, verified: VerifiedProposal | None, stop: Stopped | None) -> SoFar:
    """Of one finding of a pass."""
    if verified is not None:
        words, value = verified.proposal.title, _measured(verified)
        return SoFar(fingerprint=finding.fingerprint, words=words, figure=value, why=None)
    candidate = finding.candidate
    observed = candidate.evidence.observed
    return SoFar(
        fingerprint=finding.fingerprint,
        words=f"{candidate.subject.service}/{candidate.subject.operation}: {candidate.problem}",
        figure=f"{figure(observed.value)} {observed.unit}, n = {observed.n:,}",
        why="not looked at further" if stop is None else stop.reason,
    )


def _measured(verified: VerifiedProposal) -> str:
    """What was measured, which is the evaluation; a prediction is named as one."""
    measured, prediction = verified.measured, verified.proposal.prediction
    told = [
        [run.metric.value for run in runs if run.metric is not None and run.metric.unit == prediction.unit]
        for runs in (measured.base, measured.head)
    ]
    if all(told):
        base, head = (figure(fmean(values)) for values in told)
        return f"{base} → {head} {prediction.unit} in the evaluation"
    return f"{figure(prediction.observed)} → {figure(prediction.expected)} {prediction.unit} predicted"


Introduced = Literal["not needed", "not yet", "open", "closed"]
_FAR: Final[dict[Introduced, str]] = {
    "not yet": "comes first; a pass opens it when it ends. To do without, set",
    "open": "is not merged yet. Merge it, or set",
    "closed": "was closed, so metabot stays out. Open it again and merge it, or set",
}


def introduced(pulls: Sequence[HostedPull], settings: Settings, *, has_file: bool) -> Introduced:
    """How far it came. Where a pull request of metabot's was merged before, nobody has to be introduced to it."""
    mine = [pull for pull in pulls if pull.own_branch and (pull.branch == BRANCH or names_of(pull))]
    if not settings.publish.onboarding or has_file or any(pull.state == "merged" for pull in mine):
        return "not needed"
    states = {pull.state for pull in mine if pull.branch == BRANCH}
    return "open" if "open" in states else "closed" if states else "not yet"


def refusal(how_far: Introduced) -> tuple[Reason, str] | None:
    """Why nothing else is opened."""
    if how_far == "not needed":
        return None
    return "not onboarded", f"The pull request that introduces metabot {_FAR[how_far]} [publish] onboarding = false."


def repository_settings(settings: Settings, so_far: Iterable[SoFar], *, base_revision: str) -> RepositorySettings:
    return RepositorySettings(
        text=render("pull_request/metabot.toml.j2", publish=settings.publish, target=settings.target),
        so_far=tuple(so_far),
        base_branch=settings.target.base_branch,
        base_revision=base_revision,
        labels=settings.publish.labels,
    )


def open_onboarding(of: RepositorySettings, host: Host, repository: Repository) -> HostedPull:
    """Opens it, or brings its text up to date; what people did to its branch stays. Raises `PublishError`."""
    waiting = next(
        (one for one in host.pulls() if one.branch == BRANCH and one.own_branch and one.state == "open"), None
    )
    body = text(of)
    if waiting is None:
        bring_files(host, repository, BRANCH, Files(of.base_revision, {PATH: of.text}, _MESSAGE))
    if waiting is None or waiting.unfinished:
        return host.open_draft(
            Draft(title=TITLE, body=body, branch=BRANCH, base_branch=of.base_branch, labels=of.labels)
        )
    if waiting.body.replace("\r\n", "\n").strip() != body.strip():
        host.edit(waiting.number, body=body)
    return waiting


def text(of: RepositorySettings) -> str:
    proved = [one for one in of.so_far if one.why is None]
    others = [one for one in of.so_far if one.why is not None]
    for count in _SHOWN:
        shown = render(
            "pull_request/onboarding.md.j2",
            path=PATH,
            proved=proved[:count],
            all_proved=len(proved),
            others=others[:count],
            all_others=len(others),
            version=metabot.__version__,
        )
        if len(shown) <= LARGEST_TEXT:
            return shown
    raise ValueError("an introduction without findings is a page long")
