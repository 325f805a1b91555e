"""A target whose every fourth look-up fails, and a proof of it with every defence or without.

Each file here is one cheat: a change that mends nothing and is made to look as if it did.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import toy
from repositories import commit, finding

from analyzers.errors import recurring_error
from analyzers.finding import Finding
from metabot import config
from metabot.config import Settings
from metabot.errors import SandboxError
from metabot.generate.proposal import Edit, NewTest, Prediction, Proposal
from metabot.git import Repository
from metabot.place.placement import Location, Placed
from metabot.stopped import Stopped
from metabot.store.frames import frame
from metabot.store.load import load
from metabot.store.store import Store
from metabot.verify.environment import TargetEnvironment
from metabot.verify.measured import Measured, VerifiedProposal
from metabot.verify.proof import prove
from metabot.verify.recheck import Recheck
from metabot.verify.runner import BASE, Runner
from metabot.verify.sandbox import Sandbox
from metabot.verify.trials import Trials
from metabot.verify.unmet import Unmet
from metabot.verify.verdict import verdict
from metabot.verify.verification import Bench

CASES = "golden/cases.json"
SCRIPT = 'model = "m"\n[[rules]]\nname = "any"\ntext = "yes"\n'
FILES = {
    **toy.FILES,
    "app/evaluate.py": toy.EVALUATE.replace("range(1, 21)", f"json.load(open({CASES!r}))"),
    CASES: json.dumps(list(range(1, 21))),
}
WHERE = Location(
    path="app/lookup.py",
    first_line=2,
    last_line=5,
    symbol="lookup",
    how="code attribute",
    sure=0.9,
    why="the telemetry names it",
)
Ends = tuple[str, str]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    folder = tmp_path_factory.mktemp("proved")
    found = prove(config.parse({}, name="config.toml", root=folder), folder / "state")
    if isinstance(found, SandboxError):
        pytest.skip(f"no sandbox on this machine: {found}")
    return found


@dataclass(frozen=True)
class Proof:
    settings: Settings
    sandbox: Sandbox
    proposal: Proposal
    under: Path

    def with_every_defence(self) -> Ends:
        """As in a pass: where it stopped, and why."""
        with Bench.of_pass(self.settings, progress=lambda _: None) as bench:
            found = bench.verify(self.proposal)
        assert not isinstance(found, VerifiedProposal), "the cheat was believed"
        return found.stage, found.reason

    def without(
        self,
        *,
        recheck: bool = False,
        served: bool = True,
        scored: bool = True,
        counted: bool = True,
        elsewhere: bool = True,
    ) -> str:
        """No policy and no hashes, and a second look only where asked for: `better`, or why not.

        Not `served`: what the replay server counted is not known. Not `scored`: the evaluation prints no score. Not
        `counted`: of the telemetry nothing but what the analyzer tells is known. Not `elsewhere`: and that of the
        finding's own subject alone.
        """
        target = self.settings.target
        assert target.repository is not None
        repository = Repository(target.repository)
        revision = repository.resolve("main") or ""
        with repository.worktree(revision, self.under / "base") as base:
            environment = TargetEnvironment(folder=None, tree_at=Path("/target"))
            runner = Runner(sandbox=self.sandbox, environment=environment, base=base, under=self.under)
            again = Recheck(settings=self.settings, repository=repository, revision=revision, runner=runner)
            trials = Trials(settings=self.settings, runner=runner, progress=lambda _: None, recheck=again)
            measured = trials.measured(self.proposal)
            if recheck and isinstance(measured, Measured):
                measured = trials.again(self.proposal, measured)
        if isinstance(measured, Unmet):
            return measured.reason
        if not served:
            runs = tuple(replace(run, matched=None) for run in measured.evaluations)
            measured = replace(measured, evaluations=runs)
        if not scored:
            runs = tuple(replace(run, score=None, cases=None) for run in measured.evaluations)
            measured = replace(measured, evaluations=runs)
        if not counted:
            runs = tuple(replace(run, counts=None) for run in measured.evaluations)
            measured = replace(measured, evaluations=runs)
        if not elsewhere:
            runs = tuple(replace(run, elsewhere=None) for run in measured.evaluations)
            measured = replace(measured, evaluations=runs)
        found = verdict(self.proposal, measured, threshold=0.2)
        return found.reason if isinstance(found, Stopped) else found


Cheat = Callable[..., Proof]


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Finding:
    """What the analyzer finds in the evaluation's telemetry."""
    folder = tmp_path_factory.mktemp("telemetry")
    commit(folder / "target", FILES)
    environment = TargetEnvironment(folder=None, tree_at=Path("/target"))
    runner = Runner(sandbox=sandbox, environment=environment, base=folder / "target", under=folder / "runs")
    command = ("{python}", "-m", "app.evaluate")
    runner.run(command, BASE, variables={"TELEMETRY": "{telemetry}"}, telemetry=folder / "telemetry.jsonl")
    with Store.temporary() as store:
        load(store, folder / "telemetry.jsonl")
        found = recurring_error.detect(*(frame(store, read) for read in recurring_error.READS))
    return finding("recurring-error", subject=found[0].subject)


@pytest.fixture
def cheat(tmp_path: Path, sandbox: Sandbox, failing: Finding) -> Cheat:
    """A proof of a change to app/lookup.py, or of the edits given, on the target."""
    commit(tmp_path / "target", FILES)
    (tmp_path / "model.toml").write_text(SCRIPT)

    def make(after: str = "", *, edits: tuple[Edit, ...] = (), **target: Any) -> Proof:
        known = {
            "repository": str(tmp_path / "target"),
            "test": "{python} -m unittest",
            "evaluate": "{python} -m app.evaluate",
            "environment": {"TELEMETRY": "{telemetry}"},
        }
        (tmp_path / "metabot").mkdir()
        values = {"target": known | target, "sandbox": {"seconds": 30}}
        settings = config.parse(values, name="config.toml", root=tmp_path / "metabot")
        chosen = edits or (Edit(path="app/lookup.py", before=toy.APP, after=after),)
        return Proof(settings, sandbox, _proposal(chosen, failing), tmp_path / "runs")

    return make


def _proposal(edits: tuple[Edit, ...], failing: Finding) -> Proposal:
    return Proposal(
        placed=Placed(finding=failing, revision="0" * 40, revision_known=True, locations=(WHERE,)),
        author="model",
        recipe="a-model",
        title="Mend the look-up",
        summary="It is mended.",
        edits=edits,
        new_test=NewTest(path="tests/test_every_number.py", text=toy.NEW_TEST),
        prediction=Prediction(unit="share of traces ended", observed=0.25, expected=0.0),
        changes_prompt=False,
        risks=(),
    )
