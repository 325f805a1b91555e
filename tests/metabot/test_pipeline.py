"""The whole way, on the example application: what is opened, and what stops where and why."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from analyzers.untrusted import Name
from metabot import config, life
from metabot.cli.outcomes import outcome_lines
from metabot.git import Repository
from metabot.ledger.ledger import Ledger
from metabot.pipeline import Pass, Scope, run_pass
from metabot.stopped import Stopped
from metabot.verify.evaluation import Evaluation
from metabot.verify.measured import CommandRun
from metabot.verify.measurement import evaluated
from tests.repositories import commit

pytestmark = pytest.mark.slow

BY_MODEL = '[model]\nscript = "author.replay.toml"\n'
FINGERPRINTS = {"prompt-cache-miss", "recurring-error", "serial-calls"}


def metabot(*arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "metabot.cli.main", *arguments],
        cwd=cwd, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


@pytest.fixture(scope="session")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The demo, run once as a person runs it, for all processes of a run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demonstrated"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "done").exists():
            (folder / "done").write_bytes(pickle.dumps(metabot("demo", cwd=folder)))
    done: subprocess.CompletedProcess[str] = pickle.loads((folder / "done").read_bytes())
    return folder / "demo", done


@pytest.fixture
def again(demonstrated: tuple[Path, object], tmp_path: Path) -> Callable[..., Pass]:
    """A pass over a copy of what the demo recorded, with nothing opened yet and settings changed."""
    made, _ = demonstrated

    def run(
        *changes: tuple[str, str],
        prepare: Callable[[Path], None] = lambda _: None,
        analyzers: Collection[str] = FINGERPRINTS,
    ) -> Pass:
        folder = tmp_path / "copy"
        shutil.copytree(made, folder, symlinks=True, ignore=shutil.ignore_patterns("pull-requests", "*.sqlite*"))
        for reference in Path(folder / "remote.git/refs/heads").glob("metabot/*"):
            reference.unlink()
        prepare(folder)
        written = (folder / "config.toml").read_text()
        for old, new in changes:
            assert old in written
            written = written.replace(old, new)
        (folder / "config.toml").write_text(written)
        known = Ledger(made / ".metabot/ledger.sqlite").proposals()
        only = tuple(entry.fingerprint for entry in known if entry.analyzer in analyzers)
        return run_pass(config.load(folder / "config.toml"), Scope(only=only), progress=lambda _: None)

    return run


def ends(done: Pass) -> dict[str, tuple[str, str]]:
    """Analyzer to stage and reason; what was opened is left out."""
    return {
        outcome.finding.candidate.analyzer: (outcome.end.stage, outcome.end.reason)
        for outcome in done.outcomes
        if isinstance(outcome.end, Stopped)
    }


def test_the_demo_opens_three(demonstrated: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Three faults are found; two recipes and the scripted model mend them, as drafts on the local remote."""
    folder, done = demonstrated
    assert done.returncode == 0, done.stderr
    assert "3 found, 3 opened, 0 stopped" in done.stdout
    assert "3 found, 3 placed, 3 written, 3 applied, 3 sound, 3 better, 3 opened" in done.stdout
    texts = sorted((folder / "pull-requests").glob("[0-9]*.md"))
    assert len(texts) == 3
    branches = subprocess.run(
        ["git", "--git-dir", folder / "remote.git", "branch", "--format=%(refname:short)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert sorted(name.rpartition("-")[0] for name in branches if name != "main") == [
        "metabot/prompt-cache-miss",
        "metabot/recurring-error",
        "metabot/serial-calls",
    ]
    for text in texts:
        assert {"real", "modelled", "scripted"} <= set(text.read_text().replace("*", " ").replace(",", " ").split())


def test_every_figure_of_what_the_scripted_model_wrote_says_so(demonstrated: tuple[Path, object]) -> None:
    """In the pull request, and where the proposal is shown again."""
    folder, _ = demonstrated
    (text,) = (
        one for path in (folder / "pull-requests").glob("[0-9]*.md") if "scripted-author" in (one := path.read_text())
    )
    rows = [line for line in text.splitlines() if line.endswith("* |")]
    assert len(rows) > 5
    assert {row.rpartition("|")[0].rpartition("|")[2].strip() for row in rows} == {"*scripted*"}
    assert "(*scripted*)" in text.partition("## Prediction")[2]
    config_file = str(folder / "config.toml")
    listed = metabot("proposal", "list", "--format", "json", "--config", config_file, cwd=folder)
    (entry,) = (one for one in json.loads(listed.stdout)["proposals"] if one["author"] == "model")
    shown = metabot("proposal", "show", entry["id"], "--config", config_file, cwd=folder).stdout
    assert "author        model scripted-author (scripted)" in shown
    assert "ms per trace (scripted)" in shown
    figures = shown.partition("\nfigures\n")[2].partition("measured by")[0]
    assert "modelled" not in figures
    assert "real" not in figures


def test_no_line_of_the_demo_is_over_80_columns(demonstrated: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Paths aside, everything fits a small terminal."""
    _, done = demonstrated
    assert [line for line in done.stdout.splitlines() if len(line) > 80 and "/" not in line] == []


def test_the_demo_tells_of_its_life(demonstrated: tuple[Path, object]) -> None:
    """Events of the service metabot, in the order in which things happened; no word of the telemetry among them."""
    folder, _ = demonstrated
    lines = (folder / ".metabot" / life.EVENTS).read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert {event["service"] for event in events} == {"metabot"}
    names = [event["event"] for event in events]
    assert names[:3] == ["pass_started", "telemetry_loaded", "analysis_completed"]
    assert names[-1] == "pass_completed"
    told = ("finding_raised", "proposal_written", "verification_started", "verification_passed", "pull_request_opened")
    assert {names.count(name) for name in told} == {3}
    assert not any(event.get("unknown_type") for event in events)
    allowed = {"finding", "analyzer", "author", "number", "stage", "reason", "sources", "spans", "rejects", "findings"}
    own = [event for event in events if event["event"] != "validator_decision"]
    assert {key for event in own for key in event["payload"]} <= allowed | {"opened", "duration_ms"}
    decided = {"action", "key", "decision", "validator", "reason", "latency_ms", "attempts", "decisions"}
    assert {key for event in events if event not in own for key in event["payload"]} == decided


def test_a_second_pass_opens_nothing(demonstrated: tuple[Path, object], tmp_path: Path) -> None:
    """What is open already is said to be, and the remote stays as it was."""
    folder = tmp_path / "copy"
    shutil.copytree(demonstrated[0], folder, symlinks=True)
    before = sorted(path.read_bytes() for path in (folder / "pull-requests").iterdir())
    done = metabot("run", "--config", str(folder / "config.toml"), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("already open") == 3
    assert sorted(path.read_bytes() for path in (folder / "pull-requests").iterdir()) == before


MODEL = "gpt-4.1-mini"
NOT_WRITTEN = {"serial-calls": ("written", "recipe not sure")}
RECIPES_ALONE = (BY_MODEL, "")


def red(folder: Path) -> None:
    """The application's own tests fail at the base."""
    (folder / "support_desk/tests/test_red.py").write_text("def test_red() -> None:\n    assert False\n")
    for arguments in (["add", "--all"], ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "commit", "-qm", "Red"]):
        subprocess.run(["git", *arguments], cwd=folder / "support_desk", check=True)


def forget_the_store(folder: Path) -> None:
    """What an internal source once held stays internal: only a new store believes the changed trust."""
    (folder / ".metabot/store.duckdb").unlink()


@pytest.mark.parametrize(
    ("changes", "prepare", "expected"),
    [
        pytest.param(
            [('evaluate = "{env}/bin/python -m support_desk.evaluate"', 'evaluate = ""')],
            None,
            {
                "prompt-cache-miss": ("better", "answer quality not checked"),
                "recurring-error": ("better", "not measured"),
            },
            id="no evaluation command",
        ),
        pytest.param(
            [("[[sources]]", "[meta_layer]\nimprovement_threshold = 1.5\n[[sources]]")],
            None,
            {"recurring-error": ("better", "below threshold")},
            id="a threshold out of reach",
        ),
        pytest.param(
            [],
            red,
            {"prompt-cache-miss": ("sound", "base is red"), "recurring-error": ("sound", "base is red")},
            id="the base's tests red",
        ),
        pytest.param(
            [("[target]", '[target]\nprotected_paths = ["support_desk/prompts.py"]')],
            None,
            {"prompt-cache-miss": ("applied", "protected path")},
            id="an edit to a protected path",
        ),
        pytest.param(
            [("[[sources]]", "[meta_layer]\npr_generation_enabled = false\n[[sources]]")],
            None,
            {"recurring-error": ("opened", "report only")},
            id="report only",
        ),
        pytest.param(
            [('path = "telemetry/*.jsonl"', 'path = "telemetry/*.jsonl"\ntrust = "public"')],
            forget_the_store,
            dict.fromkeys(FINGERPRINTS, ("placed", "public source")),
            id="telemetry from a public source",
        ),
    ],
)
def test_stops(
    again: Callable[..., Pass],
    changes: list[tuple[str, str]],
    prepare: Callable[[Path], None] | None,
    expected: dict[str, tuple[str, str]],
) -> None:
    """Each cause ends as a stop with its stage and reason; the other findings that were asked for go on."""
    asked = {"serial-calls", *expected}
    done = again(RECIPES_ALONE, *changes, prepare=prepare or (lambda _: None), analyzers=asked)
    assert {outcome.finding.candidate.analyzer for outcome in done.outcomes} == asked
    assert ends(done) == {**NOT_WRITTEN, **expected}


IN_TURN = [("min(len(calls), MAX_TOGETHER)", "1"), ("both.wait()", "assert agent._together")]
WRONG = [
    pytest.param([('search = "{constant}"', 'search = "{constant}0"')], ("applied", "does not apply"), id="search"),
    pytest.param(
        [
            (
                'path = "support_desk/agent.py"\nsearch = "{next}"',
                'path = "support_desk/evaluate.py"\nsearch = "def main"',
            )
        ],
        ("applied", "protected path"),
        id="an edit of the evaluation",
    ),
    pytest.param([("copy_context().run, ", "")], ("sound", "head is red"), id="spans lose their parents"),
    pytest.param(
        [*IN_TURN, ("import tools\nfrom", "import agent, tools\nfrom")],
        ("better", "below threshold"),
        id="a pool that still runs them in turn",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), WRONG)
def test_a_wrong_edit_of_the_model_stops(
    demonstrated: tuple[Path, object], tmp_path: Path, changes: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    """The verifier does not know the script, nor the script the verifier: another answer comes to another end."""
    folder = tmp_path / "copy"
    shutil.copytree(demonstrated[0], folder, symlinks=True)
    script = folder / "author.replay.toml"
    for old, new in changes:
        assert old in script.read_text()
        script.write_text(script.read_text().replace(old, new))
    settings = config.load(folder / "config.toml")
    (found,) = (entry for entry in Ledger(settings.ledger.path).proposals() if entry.author == "model")
    scope = Scope(only=(found.fingerprint,), again=True, dry_run=True)
    done = run_pass(settings, scope, progress=lambda _: None)
    assert ends(done) == {"serial-calls": expected}


def test_a_pass_hears_what_people_said_since_the_last_look(demonstrated: tuple[Path, object], tmp_path: Path) -> None:
    """Of a finding that is open a person said no; nobody looked since, and the ledger is lost."""
    folder = tmp_path / "copy"
    shutil.copytree(demonstrated[0], folder, symlinks=True)
    settings = config.load(folder / "config.toml")
    (number, fingerprint), *_ = [
        (pull.number, pull.fingerprint) for pull in Ledger(settings.ledger.path).pull_requests()
    ]
    said = {"author": "ada", "body": "/metabot decline we like it slow", "created_ns": time.time_ns()}
    (folder / f"pull-requests/{number}.comments.json").write_text(json.dumps([said]))
    for file in settings.ledger.path.parent.glob("ledger.sqlite*"):
        file.unlink()
    done = run_pass(settings, Scope(only=(fingerprint,)), progress=lambda _: None)
    assert list(ends(done).values()) == [("opened", "closed by a person")]
    (outcome,) = done.outcomes
    assert isinstance(outcome.end, Stopped)
    assert "we like it slow" in outcome.end.detail


def test_a_dated_answer_measures_a_script_that_answers_plainly(
    demonstrated: tuple[Path, object], tmp_path: Path
) -> None:
    """What was found where a provider answered is measured where a script does: with the same figure."""
    made, _ = demonstrated
    settings = config.load(made / "config.toml")
    (entry,) = (one for one in Ledger(settings.ledger.path).find("") if one.finding.candidate.subject.detail == MODEL)
    candidate = entry.finding.candidate
    run = CommandRun(command=("true",), revision="base", exit_code=0, seconds=1.0, limit=None, output="", report=None)
    telemetry = next((made / "telemetry").glob("*.jsonl"))
    evaluation = Evaluation(run=run, score=None, cases=None, telemetry=telemetry)
    plain, dated = (
        evaluated(evaluation, candidate.analyzer, replace(candidate.subject, detail=Name(model)), settings).metric
        for model in (MODEL, f"{MODEL}-2025-04-14")
    )
    assert plain == candidate.evidence.observed
    assert dated == plain


def test_without_a_sandbox_nothing_is_proved(demonstrated: tuple[Path, object], tmp_path: Path) -> None:
    """A bwrap that fails stops every proposal with the remedy; findings are still shown; the command exits 3."""
    made, _ = demonstrated
    folder = tmp_path / "copy"
    shutil.copytree(made, folder, symlinks=True, ignore=shutil.ignore_patterns("pull-requests", "*.sqlite*"))
    broken = tmp_path / "bin/bwrap"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    path = f"{broken.parent}:{os.environ['PATH']}"
    done = metabot("run", "--config", str(folder / "config.toml"), cwd=folder, environment={"PATH": path})
    assert done.returncode == 3
    assert done.stdout.count("at sound: no sandbox") == 3
    assert "findings  3" in done.stdout
    assert "apt-get install bubblewrap" in done.stdout
    assert not (folder / "pull-requests").exists() or not list((folder / "pull-requests").glob("[0-9]*.md"))


def test_a_dry_run_touches_nothing(
    again: Callable[..., Pass], demonstrated: tuple[Path, object], tmp_path: Path
) -> None:
    """It says what it would open; the remote gets no branch and no pull request is written."""
    made, _ = demonstrated
    folder = tmp_path / "dry"
    shutil.copytree(made, folder, symlinks=True, ignore=shutil.ignore_patterns("pull-requests", "*.sqlite*"))
    for reference in Path(folder / "remote.git/refs/heads").glob("metabot/*"):
        reference.unlink()
    config_file = folder / "config.toml"
    written = config_file.read_text()
    config_file.write_text(written.replace("[publish]\n", '[publish]\nanalyzers_off = ["serial-calls"]\n'))
    done = metabot("run", "--dry-run", "--config", str(config_file), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("would open: ") == 2
    assert done.stdout.count("analyzer switched off") == 1
    assert not (folder / "pull-requests").exists()
    assert Repository(folder / "remote.git").resolve("main") is not None
    assert list(Path(folder / "remote.git/refs/heads").glob("metabot/*")) == []


INTRODUCED = ("onboarding = false", "onboarding = true")
NOTHING_PROPOSED = f"analyzers_off = {sorted(FINGERPRINTS)}"


def test_a_new_repository_is_introduced(again: Callable[..., Pass], tmp_path: Path) -> None:
    """The pass ends with the one pull request that lets metabot in, which lists what was found, and the dashboard."""
    done = again(INTRODUCED, ("max_new_per_day = 3", f"max_new_per_day = 3\n{NOTHING_PROPOSED}"))
    assert set(ends(done).values()) == {("placed", "analyzer switched off")}
    pulls = tmp_path / "copy/pull-requests"
    assert sorted(path.name for path in pulls.glob("[!.]*")) == ["1.json", "1.md", "dashboard.md"]
    introduction = (pulls / "1.md").read_text()
    assert introduction.startswith("# Let metabot propose changes here\n")
    assert introduction.count("*analyzer switched off*") == 3
    assert done.introduction is not None
    opened = outcome_lines(done.outcomes, done.introduction)
    assert opened[1] == "  #1 Let metabot propose changes here"
    assert "merge it into main" in opened[2]
    assert (pulls / "dashboard.md").read_text().count("*analyzer switched off*") == 3


def test_a_repository_narrows_what_is_proposed_for_it(again: Callable[..., Pass], tmp_path: Path) -> None:
    """By the file in its base branch, which also shows that metabot was let in; what the pass left out it tells."""

    def narrow(folder: Path) -> None:
        commit(folder / "support_desk", {".github/metabot.toml": NOTHING_PROPOSED})

    done = again(INTRODUCED, prepare=narrow)
    assert set(ends(done).values()) == {("placed", "analyzer switched off")}
    assert not list((tmp_path / "copy/pull-requests").glob("[0-9]*"))
