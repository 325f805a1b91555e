"""What is kept of a proposal that was tried: every run, whatever came of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from repositories import commit, git

from metabot import config
from metabot.config import Settings
from metabot.generate.proposal import Edit, NewTest, Proposal
from metabot.ledger.ledger import Ledger
from metabot.verify.tried import Tried, id_of
from metabot.verify.verification import Bench
from tests.metabot.cli.command import metabot

pytestmark = pytest.mark.usefixtures("nothing_is_left", "proved")
PROVES_NOTHING = "import unittest\nclass T(unittest.TestCase):\n    def test_nothing(self) -> None: pass\n"


@pytest.fixture
def target(tmp_path: Path, toy_files: dict[str, str]) -> Path:
    commit(tmp_path / "target", toy_files)
    return tmp_path / "target"


@pytest.fixture
def try_them(some_settings: Callable[..., Settings], target: Path) -> Callable[..., list[Tried]]:
    """Tries the proposals in one pass."""

    def run(*proposals: Proposal, at: str | None = None) -> list[Tried]:
        known: dict[str, Any] = {"repository": str(target), "test": "{python} -m unittest"}
        kept: list[Tried] = []
        with Bench.of_pass(some_settings(target=known), progress=lambda _: None, keep=kept.append) as bench:
            for proposal in proposals:
                bench.verify(proposal, at=at)
        return kept

    return run


def codes(tried: Tried) -> list[tuple[str, bool, int]]:
    test = tried.proposal.new_test.path
    return [(run.revision, test in run.command, run.exit_code) for run in tried.runs]


def test_a_stopped_proposal_keeps_its_runs(mending: Callable[..., Proposal], try_them: Any) -> None:
    """Those at the bare base are kept for the next proposal as well, apart from its own; a refused one has none."""
    test = NewTest(path="tests/test_every_number.py", text=PROVES_NOTHING)
    refused, first, second = try_them(mending(edits=()), mending(new_test=test), mending(new_test=test))
    assert (refused.end.stage, refused.runs, refused.runs_before) == ("applied", (), ())
    assert first.end.reason == second.end.reason == "new test passes on base"
    assert ("base", False, 0) in codes(first)
    assert ("base", True, 0) in codes(first)
    assert ("head", False, 0) in codes(first)
    assert set(codes(second)) == set(codes(first)) - {("base", False, 0)}
    bare = {run for run in first.runs if run.revision == "base" and test.path not in run.command}
    assert set(second.runs_before) == bare
    assert first.measured is None
    assert first.seconds > sum(run.seconds for run in first.runs)


@pytest.mark.slow
def test_is_tried_at_the_commit_that_is_named(mending: Callable[..., Proposal], target: Path, try_them: Any) -> None:
    """The base branch has moved on since, to where the edit does not apply."""
    first = git(target, "rev-parse", "main")
    commit(target, {"app/lookup.py": "def lookup(number: int) -> str:\n    return 'order 1'\n"})
    (tried,) = try_them(mending(), at=first)
    assert (tried.base_revision, tried.end.stage) == (first, "better")
    assert try_them(mending())[0].end.reason == "does not apply"


def test_the_same_change_has_the_same_id(mending: Callable[..., Proposal]) -> None:
    """Whoever wrote it and whatever its title; another test or another edit is another proposal."""
    made = mending()
    assert id_of(replace(made, title="Another title", author="model")) == id_of(made)
    assert id_of(replace(made, edits=(Edit(path="app/lookup.py", before="a", after="b"),))) != id_of(made)
    assert id_of(replace(made, new_test=NewTest(path="tests/test_other.py", text=""))) != id_of(made)


@pytest.mark.slow
def test_a_proposal_is_proved_again_from_the_command_line(
    mending: Callable[..., Proposal], target: Path, tmp_path: Path
) -> None:
    """At the base of then, though the branch has moved on; the same figures come out, and the ledger is as before."""
    text = f"""[ledger]
path = "ledger.sqlite"
[target]
repository = "{target}"
test = "{{python}} -m unittest"
evaluate = "{{python}} -m app.evaluate"
environment = {{ TELEMETRY = "{{telemetry}}" }}
"""
    (tmp_path / "config.toml").write_text(text)
    ledger = Ledger(tmp_path / "ledger.sqlite")
    keep = partial(ledger.record_tried, ledger.begin_pass())
    with Bench.of_pass(config.load(tmp_path / "config.toml"), progress=lambda _: None, keep=keep) as bench:
        bench.verify(mending())
    commit(target, {"app/lookup.py": "def lookup(number: int) -> str:\n    return 'order 1'\n"})
    before = ledger.proposals()
    done = metabot("proposal", "verify", id_of(mending()), "--rerun", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proved again  better, as recorded" in done.stdout
    assert re.search(r"^the same .*Share of traces ended", done.stdout, re.MULTILINE)
    assert ledger.proposals() == before
