"""The pull request that introduces metabot, and what holds until it is merged."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.untrusted import Name
from metabot import config
from metabot.git import Repository
from metabot.narrowing import PATH, narrowed
from metabot.publish.figures import figure
from metabot.publish.host import LARGEST_TEXT, HostedPull
from metabot.publish.local_host import LocalHost
from metabot.publish.onboarding import (
    BRANCH,
    TITLE,
    RepositorySettings,
    SoFar,
    introduced,
    open_onboarding,
    refusal,
    repository_settings,
    so_far,
    text,
)
from metabot.publish.publisher import Publisher
from metabot.stopped import Stopped
from tests import desks
from tests.memory_host import MemoryHost
from tests.proposals import finding, verified
from tests.repositories import git

PROVED = SoFar(fingerprint="0123456789ab", words="Put the fixed text first", figure="1,900 → 400 tokens", why=None)
OTHER = SoFar(fingerprint="ba9876543210", words="desk/chat: 3 of 9 fail", figure="0.3 share", why="not found")


def settings(root: Path = Path("/"), **publish: Any) -> config.Settings:
    return config.parse({"publish": {"pulls": "pulls", **publish}}, name="config.toml", root=root)


def asked(*so_far: SoFar, base: str = "a" * 40) -> RepositorySettings:
    return repository_settings(settings(), so_far, base_revision=base)


def pull(number: int, **changes: Any) -> HostedPull:
    return MemoryHost().add(number, **changes)


def mine(state: str, **changes: Any) -> HostedPull:
    return pull(1, branch=BRANCH, body="", state=state, **changes)


@pytest.mark.parametrize(
    ("pulls", "has_file", "how_far"),
    [
        pytest.param((), False, "not yet", id="a new repository"),
        pytest.param((mine("open"),), False, "open", id="open"),
        pytest.param((mine("closed"),), False, "closed", id="closed"),
        pytest.param((mine("merged"),), False, "not needed", id="merged, and the file deleted later"),
        pytest.param((), True, "not needed", id="the file is there"),
        pytest.param((pull(2, state="merged"),), False, "not needed", id="a proposal was merged before"),
        pytest.param((pull(2),), False, "not yet", id="a proposal is open"),
        pytest.param((mine("merged", own_branch=False),), False, "not yet", id="somebody's fork has such a branch"),
    ],
)
def test_nothing_else_is_opened_until_it_is_merged(
    pulls: tuple[HostedPull, ...], *, has_file: bool, how_far: Any
) -> None:
    """Known from the pull requests and the base branch alone."""
    assert introduced(pulls, settings(), has_file=has_file) == how_far
    stop = refusal(how_far)
    assert (stop is None) == (how_far == "not needed")
    assert introduced(pulls, settings(onboarding=False), has_file=has_file) == "not needed"


def test_shows_what_would_have_been_proposed() -> None:
    """What was proved in front, the rest folded away with its reason; and what metabot never does."""
    said = text(asked(PROVED, OTHER))
    assert "- Put the fixed text first (`0123456789ab`): 1,900 → 400 tokens; proved\n" in said
    assert "<summary>1 more finding that nothing would be opened for</summary>" in said
    assert "- desk/chat: 3 of 9 fail (`ba9876543210`): 0.3 share; *not found*\n" in said
    assert "It never merges" in said
    assert "Nothing that could be proved." in text(asked(OTHER))


def test_is_never_too_long() -> None:
    """What is left out is counted."""
    said = text(asked(*[OTHER] * 9_000, *[PROVED] * 9_000))
    assert len(said) < LARGEST_TEXT
    assert "- 8960 more that were proved" in said


def test_its_file_changes_nothing_by_itself() -> None:
    """It says what holds already, for people to narrow."""
    ours = settings()
    found = narrowed(ours, asked().text)
    assert (found.settings, found.left_out) == (ours, ())


@given(st.text(max_size=100))
def test_names_out_of_telemetry_stay_within_their_line(said: str) -> None:
    """Nothing else of telemetry stands there."""
    one = SoFar(fingerprint="0" * 12, words=f"{Name(said)} fails", figure="1", why=None)
    assert len(text(asked(one)).splitlines()) == len(text(asked(PROVED)).splitlines())
    assert not re.search(r"@|https?://", text(asked(one)))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return desks.desk(tmp_path)


@pytest.mark.slow
def test_on_a_real_repository(desk: Path) -> None:
    """Opened once with the one file, its text kept up to date, and merged it lets the first proposal through."""
    here, repository = settings(desk.parent), Repository(desk)
    host, proposal = LocalHost(repository, here), verified(git(desk, "rev-parse", "main"))
    stopped = Publisher(host, repository, here).open_change(proposal)
    assert isinstance(stopped, Stopped)
    assert stopped.reason == "not onboarded"
    assert host.pulls() == []

    base = git(desk, "rev-parse", "main")
    first = open_onboarding(asked(OTHER, base=base), host, repository)
    again = open_onboarding(asked(PROVED, base=base), host, repository)
    assert [(one.title, one.branch, one.draft) for one in host.pulls()] == [(TITLE, BRANCH, True)]
    assert first.head_revision == again.head_revision
    assert "Put the fixed text first" in host.pull(1).body
    assert git(desk, "diff", "--name-only", "main", BRANCH) == PATH
    still = Publisher(host, repository, here).preview(proposal)
    assert isinstance(still, Stopped)
    assert still.reason == "not onboarded"

    git(desk, "merge", "-q", "--no-ff", "-m", "merge", BRANCH)
    merged = verified(git(desk, "rev-parse", "main"))
    assert not isinstance(Publisher(host, repository, here).open_change(merged), Stopped)


@pytest.mark.slow
def test_a_killed_run_is_finished(desk: Path) -> None:
    """Ended between the branch and the pull request, on a base that moved since: one branch, one pull request."""
    here, repository = settings(desk.parent), Repository(desk)
    host = LocalHost(repository, here)
    open_onboarding(asked(base=git(desk, "rev-parse", "main")), host, repository)
    for path in (desk.parent / "pulls").glob("1.*"):
        path.unlink()
    git(desk, "commit", "-q", "--allow-empty", "-m", "second")
    open_onboarding(asked(base=git(desk, "rev-parse", "main")), host, repository)
    assert [one.branch for one in host.pulls()] == [BRANCH]
    assert git(desk, "diff", "--name-only", f"main...{BRANCH}") == PATH


@pytest.mark.slow
def test_what_people_wrote_on_its_branch_stays(desk: Path) -> None:
    """They narrow the settings there."""
    here, repository = settings(desk.parent), Repository(desk)
    host = LocalHost(repository, here)
    open_onboarding(asked(base=git(desk, "rev-parse", "main")), host, repository)
    git(desk, "fetch", "-q", "origin", BRANCH)
    git(desk, "checkout", "-q", "FETCH_HEAD")
    (desk / PATH).write_text("max_open = 1\n")
    git(desk, "commit", "-qam", "one at a time")
    git(desk, "push", "-q", "origin", f"HEAD:{BRANCH}")
    theirs = git(desk, "rev-parse", "HEAD")
    open_onboarding(asked(PROVED, base=git(desk, "rev-parse", "main")), host, repository)
    assert host.branch(BRANCH) == theirs


def test_what_was_measured_is_told_apart_from_what_is_predicted() -> None:
    """Of a change that was proved the evaluation's own figures; without any, the prediction, by that name."""
    proved = verified()
    assert so_far(finding(), proved, None).figure.endswith("uncached input tokens per call in the evaluation")
    measured = replace(proved.measured, evaluations=())
    predicted = so_far(finding(), replace(proved, measured=measured), None).figure
    assert predicted.endswith("predicted")
    assert figure(proved.proposal.prediction.expected) in predicted
