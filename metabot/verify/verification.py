"""Proves a proposal, or says why not.

Does it apply? Is the sandbox closed? Is what the target needs installed? Then the tests at the base, with the change,
the new test at the base (it must fail) and with the change (it must pass, three times), the evaluation at both, and
the verdict. The first condition that does not hold ends it, as a `Stopped`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from metabot.config import Settings, Target
from metabot.errors import SandboxError
from metabot.generate.proposal import Proposal
from metabot.git import Repository
from metabot.stopped import Stopped
from metabot.verify.commands import words
from metabot.verify.defaults import detected
from metabot.verify.environment import TargetEnvironment, base_of, prepared
from metabot.verify.harness import Harness
from metabot.verify.incomplete import with_what_is_missing
from metabot.verify.kept_runs import KeepingRunner, Kept
from metabot.verify.measured import Measured, VerifiedProposal
from metabot.verify.policy import BaseTree, refusal
from metabot.verify.proof import prove
from metabot.verify.recheck import Recheck
from metabot.verify.sandbox import Sandbox
from metabot.verify.scratch import remove
from metabot.verify.side_by_side import Lanes
from metabot.verify.tampering import tampering_unmet
from metabot.verify.trials import Trials
from metabot.verify.tried import Tried
from metabot.verify.unmet import Unmet, stopped
from metabot.verify.verdict import verdict

Progress = Callable[[str], None]
Keep = Callable[[Tried], None]


class Bench:
    """Where the proposals of one pass are proved: what is the same for all of them is made once, when first needed."""

    def __init__(self, settings: Settings, progress: Progress, keep: Keep, stack: ExitStack) -> None:
        self._settings, self._progress, self._keep, self._stack = settings, progress, keep, stack
        self._trials: dict[str, Trials | Unmet] = {}
        self._kept: dict[str, list[Kept]] = defaultdict(list)  # by base revision, as the trials are

    @classmethod
    @contextmanager
    def of_pass(cls, settings: Settings, *, progress: Progress, keep: Keep = lambda _: None) -> Iterator[Self]:
        """At exit worktrees and throw-away folders are gone; the target's environment is kept.

        `keep` gets every proposal that was tried, with all runs, however it ended.
        """
        with ExitStack() as stack:
            yield cls(settings, progress, keep, stack)

    def verify(self, proposal: Proposal, *, at: str | None = None) -> VerifiedProposal | Stopped:
        """At the base branch, or at the commit `at`.

        Raises RepositoryError where the target repository is not as the settings say.
        """
        repository, revision = base_of(self._settings)
        tried = self._tried(proposal, repository, at or revision)
        self._keep(tried)
        if tried.end is not None:
            return tried.end
        if tried.measured is None:
            raise ValueError("nothing is better that was not measured")
        return VerifiedProposal(proposal=proposal, base_revision=tried.base_revision, measured=tried.measured)

    def _tried(self, proposal: Proposal, repository: Repository, revision: str) -> Tried:
        started, kept = time.monotonic(), self._kept[revision]
        before = len(kept)
        threshold = self._settings.meta_layer.improvement_threshold
        measured = self._measured(proposal, repository, revision)
        if not isinstance(measured, Stopped) and verdict(proposal, measured, threshold=threshold) == "better":
            measured = self._again(proposal, measured, repository, revision)
        end = measured if isinstance(measured, Stopped) else verdict(proposal, measured, threshold=threshold)
        return Tried(
            proposal=proposal,
            base_revision=revision,
            threshold=threshold,
            runs=tuple(one.run for one in kept[before:]),
            runs_before=tuple(one.run for one in kept[:before] if one.bare),
            seconds=time.monotonic() - started,
            measured=None if isinstance(measured, Stopped) else measured,
            end=None if end == "better" else end,
        )

    def _measured(self, proposal: Proposal, repository: Repository, revision: str) -> Measured | Stopped:
        base = BaseTree(files=frozenset(repository.files(revision)), read=lambda path: repository.read(revision, path))
        if refused := refusal(proposal, base=base, target=self._settings.target):
            return refused
        trials = self._at(repository, revision)
        before = len(self._kept[revision])
        measured = trials if isinstance(trials, Unmet) else trials.measured(proposal)
        if not isinstance(measured, Unmet):
            return measured
        unmet = tampering_unmet(one.run for one in self._kept[revision][before:]) or measured
        return stopped(proposal, with_what_is_missing(unmet, base.files, base.read))

    def _again(self, proposal: Proposal, measured: Measured, repository: Repository, revision: str) -> Measured:
        trials = self._at(repository, revision)
        return measured if isinstance(trials, Unmet) else trials.again(proposal, measured)

    @cached_property
    def _sandbox(self) -> Sandbox | SandboxError:
        self._progress("trying the sandbox")
        return prove(self._settings, self._settings.state.resolve())

    @cached_property
    def _workspace(self) -> Path:
        """A folder for worktrees and runs, ours alone until the pass ends; what a killed pass left in it is removed."""
        workspace = self._settings.state.resolve() / "verify"
        workspace.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(workspace.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self._progress(f"waiting for another pass that proves in {workspace}")
            lock.acquire()
        self._stack.callback(lock.release)
        base_of(self._settings)[0].prune_worktrees(workspace)
        remove(workspace)
        workspace.mkdir()
        self._stack.callback(remove, workspace)
        return workspace

    def _at(self, repository: Repository, revision: str) -> Trials | Unmet:
        if revision not in self._trials:
            self._trials[revision] = self._made_at(repository, revision)
        return self._trials[revision]

    def _made_at(self, repository: Repository, revision: str) -> Trials | Unmet:
        if isinstance(self._sandbox, SandboxError):
            return Unmet("sound", "no sandbox", str(self._sandbox))
        environment = prepared(self._settings, repository, revision, self._progress)
        if isinstance(environment, Unmet):
            return environment
        if unready := _unready(self._settings.target, environment, repository, revision):
            return unready
        place = self._workspace / revision
        base = self._stack.enter_context(repository.worktree(revision, place / "base"))
        kept = self._kept[revision]
        harness = Harness.of(self._settings.target, base, repository.files(revision))
        runner = KeepingRunner(
            sandbox=self._sandbox,
            environment=environment,
            base=base,
            under=place,
            kept=kept,
            harness=harness,
            lanes=Lanes.of(self._sandbox.kind),
        )
        recheck = Recheck(settings=self._settings, repository=repository, revision=revision, runner=runner)
        return Trials(settings=self._settings, runner=runner, progress=self._progress, recheck=recheck)


def _unready(target: Target, environment: TargetEnvironment, repository: Repository, revision: str) -> Unmet | None:
    """Settings without which no test can be run."""
    if not words(target.test):
        fitting = detected(repository.files(revision), lambda path: repository.read(revision, path)).advice()
        detail = f"target.test is empty. Set it to the command that runs the repository's tests. {fitting}"
        return Unmet("sound", "setup failed", detail)
    if environment.folder is None:
        for name, command in (("test", target.test), ("evaluate", target.evaluate)):
            if "{env}" in command:
                detail = f"target.{name} names {{env}} and target.setup is empty. Set it to the command that makes it."
                return Unmet("sound", "setup failed", detail)
    return None
