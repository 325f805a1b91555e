"""The stage as a whole: on small repositories, and on the example application."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from repositories import anchor, commit, finding, git, prompt_anchor

from analyzers.finding import Finding
from metabot.errors import RepositoryError
from metabot.generate.edits import diff_of
from metabot.generate.proposal import Proposal
from metabot.generate.writing import propose
from metabot.git import Repository
from metabot.place.placement import Placed
from metabot.place.placing import place
from metabot.stopped import Stopped

APPLICATION = Path(__file__).parents[3] / "examples" / "support_desk"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example application as a repository of its own."""
    folder = tmp_path_factory.mktemp("desk") / "support_desk"
    shutil.copytree(APPLICATION, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    commit(folder, {})
    return folder


def written(folder: Path, about: Finding) -> Proposal | Stopped:
    target = Repository(folder)
    placed = place(about, target, base_branch="main")
    assert isinstance(placed, Placed), placed
    return propose(placed, target, base_branch="main")


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def prompt_of(folder: Path) -> str:
    """The application's real prompt, built by itself."""
    code = (
        "import datetime, support_desk.prompts as p; "
        "print(p.system_prompt(datetime.datetime(2026, 11, 4), 'Ada Lovelace'), end='')"
    )
    return python(folder, "-c", code).stdout


def desk_findings(folder: Path) -> dict[str, Finding]:
    fixed = "\n".join(line for line in prompt_of(folder).split("\n") if "2026" not in line and "Lovelace" not in line)
    tools = anchor("/app/support_desk/tools.py", "support_desk.tools._get")
    return {
        "prompt-cache-miss": finding("prompt-cache-miss", prompt=prompt_anchor(fixed)),
        "recurring-error": finding("recurring-error", http_statuses=(429,), code=(tools,)),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("analyzer", "path"),
    [("prompt-cache-miss", "support_desk/prompts.py"), ("recurring-error", "support_desk/tools.py")],
)
def test_the_applications_faults_are_mended(desk: Path, analyzer: str, path: str) -> None:
    """The place is found, the new test fails without the change and passes with it, and few lines change."""
    about = desk_findings(desk)[analyzer]
    proposal = written(desk, about)
    assert isinstance(proposal, Proposal), proposal
    (edit,) = proposal.edits
    assert edit.path == path
    assert len(proposal.title) < 72
    assert proposal.changes_prompt == (analyzer == "prompt-cache-miss")
    assert proposal.prediction.observed == about.candidate.evidence.observed.value
    assert proposal.prediction.expected == about.candidate.evidence.achievable
    assert sum(line.startswith("-") for line in diff_of(proposal).split("\n")) <= 6
    test = proposal.new_test.path
    try:
        (desk / test).write_text(proposal.new_test.text)
        assert python(desk, "-m", "pytest", "-q", test).returncode == 1
        (desk / path).write_text(edit.after)
        assert python(desk, "-m", "pytest", "-q", test).returncode == 0
    finally:
        (desk / test).unlink()
        git(desk, "checkout", "--", ".")


def test_without_a_recipe_it_says_so(desk: Path) -> None:
    """No recipe for the analyzer: a stop that names the analyzer and what is left to do."""
    about = finding("serial-calls", code=(anchor("support_desk/tools.py", "support_desk.tools._get"),))
    stopped = written(desk, replace(about, candidate=replace(about.candidate, analyzer="acme.slow_tool")))
    assert isinstance(stopped, Stopped)
    assert (stopped.stage, stopped.reason) == ("written", "no recipe and no model")
    assert "no recipe for acme.slow_tool" in stopped.detail
    assert "model" in stopped.detail


def test_lines_that_changed_since_they_were_deployed_are_not_edited(tmp_path: Path) -> None:
    """What was seen is not what would be changed; deploying the branch tells whether the finding stands."""
    source = "import requests\n\n\ndef fetch():\n    a = requests.get('x')\n    a.raise_for_status()\n    return a\n"
    served = commit(tmp_path, {"tools.py": source, "tests/test_a.py": ""})
    fetch = anchor("tools.py", "tools.fetch")
    about = finding("recurring-error", http_statuses=(429,), code=(fetch,), revision=served)
    commit(tmp_path, {"tools.py": "# newer\n" + source})
    assert isinstance(written(tmp_path, about), Proposal)
    commit(tmp_path, {"tools.py": source.replace("'x'", "'y'")})
    stopped = written(tmp_path, about)
    assert isinstance(stopped, Stopped)
    assert stopped.reason == "recipe not sure"
    assert "differs from what was deployed" in stopped.detail


def test_a_missing_base_branch_is_an_error(desk: Path) -> None:
    """The settings are wrong then, and the message says which one."""
    target = Repository(desk)
    placed = place(desk_findings(desk)["recurring-error"], target, base_branch="main")
    assert isinstance(placed, Placed)
    with pytest.raises(RepositoryError, match="base_branch"):
        propose(placed, target, base_branch="trunk")
