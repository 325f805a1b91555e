"""`metabot propose`: what a person is shown of a change."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from metabot.cli.propose import outcome_page
from metabot.generate.edits import diff_of
from metabot.pipeline import Outcome
from metabot.stopped import Stopped
from tests import proposals
from tests.metabot.cli.command import metabot
from tests.metabot.test_pipeline import demonstrated  # noqa: F401  the demo, made once for all tests

FINDING = proposals.finding()
PROPOSAL = proposals.proposal(FINDING, "f" * 40)


def page(outcome: Outcome) -> str:
    return "\n".join(outcome_page(outcome))


def test_a_change_is_shown_with_its_test_and_its_reasons() -> None:
    """Place and how sure it is, author, prediction, risks, the whole diff; and that nothing was proved."""
    shown = page(Outcome(finding=FINDING, end=PROPOSAL, proposal=PROPOSAL))
    location = PROPOSAL.placed.locations[0]
    for said in (FINDING.fingerprint, location.path, location.how, f"{location.sure:.0%} sure", PROPOSAL.title):
        assert said in shown
    assert diff_of(PROPOSAL).strip() in shown
    assert PROPOSAL.new_test.path in shown
    assert "It is not proved." in shown


def test_a_change_that_was_stopped_is_shown_all_the_same() -> None:
    """The diff, and stage, reason and detail of the stop."""
    stop = Stopped(finding=FINDING.fingerprint, stage="sound", reason="head is red", detail="Mend it.\n  1 failed")
    shown = page(Outcome(finding=FINDING, end=stop, proposal=PROPOSAL))
    assert diff_of(PROPOSAL).strip() in shown
    assert "stopped    at sound: head is red. Mend it.\n           1 failed" in shown


def test_nothing_written_says_why() -> None:
    """No diff; the reason."""
    stop = Stopped(finding=FINDING.fingerprint, stage="written", reason="recipe not sure", detail="Two places.")
    shown = page(Outcome(finding=FINDING, end=stop))
    assert "at written: recipe not sure. Two places." in shown
    assert "+++" not in shown


def test_what_a_script_wrote_is_labelled() -> None:
    """Answers out of a script are no model's, and neither is their prediction."""
    scripted = replace(PROPOSAL, author="model", scripted=True)
    shown = page(Outcome(finding=FINDING, end=scripted, proposal=scripted))
    assert f"model {PROPOSAL.recipe}, answered by a script" in shown
    assert "1,900 → 400 uncached input tokens per call (scripted)" in " ".join(shown.split())


@pytest.mark.slow
def test_its_diff_applies(demonstrated: tuple[Path, object], tmp_path: Path) -> None:  # noqa: F811
    """Standard output is a patch for git, of the one finding that was asked for; the rest goes to standard error."""
    folder = tmp_path / "copy"
    shutil.copytree(demonstrated[0], folder, symlinks=True, ignore=shutil.ignore_patterns("environments"))
    listed = json.loads(metabot("proposal", "list", "--format", "json", cwd=folder).stdout)
    (fingerprint,) = {one["finding"] for one in listed["proposals"] if one["analyzer"] == "recurring-error"}
    done = metabot("propose", fingerprint, "--author", "recipe", "--diff", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n--- ") + done.stdout.startswith("--- ") == 2
    check = ["git", "apply", "--check", "-"]
    subprocess.run(check, cwd=folder / "support_desk", input=done.stdout, text=True, check=True)


def test_a_finding_that_is_not_there(tmp_path: Path) -> None:
    """It is said before anything is written for others."""
    (tmp_path / "config.toml").write_text("")
    done = metabot("propose", "zzzz", "--unproved", cwd=tmp_path)
    assert done.returncode == 2
    assert "zzzz: the analyzed window holds no finding that begins so. It holds none." in done.stderr
