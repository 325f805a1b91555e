"""Runs the target's commands, each on a fresh copy of the repository: what one leaves behind, no other sees."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from metabot.redact import redact
from metabot.verify import interpreter, junit
from metabot.verify.commands import Words, filled
from metabot.verify.dress import PLAIN, Dress
from metabot.verify.environment import TargetEnvironment
from metabot.verify.harness import NONE, Harness
from metabot.verify.job import Job
from metabot.verify.junit import Outcomes
from metabot.verify.matched import MOST_BYTES, matched_in
from metabot.verify.measured import CommandRun, Matched
from metabot.verify.process import Ended
from metabot.verify.sandbox import Sandbox
from metabot.verify.scratch import scratch
from metabot.verify.side_by_side import ALONE, Lanes
from metabot.verify.tail import KEPT
from metabot.verify.tested import summed
from metabot.verify.trees import lay_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The base, or the base with a proposal's files written over it."""

    name: Literal["base", "head"]
    files: Mapping[str, str]


BASE: Final = Revision(name="base", files={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    run: CommandRun
    stdout: str  # its end
    outcomes: Outcomes | None  # of what it left at {report}: its counts are in the run
    matched: Matched | None  # of what the replay server left at {summary}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    sandbox: Sandbox
    environment: TargetEnvironment
    base: Path  # the base's worktree: copied, never run in
    under: Path  # where throw-away folders are made
    harness: Harness = NONE
    dress: Dress = PLAIN
    lanes: Lanes = ALONE

    def side_by_side(self, *runs: Callable[[], Result]) -> tuple[Result, ...]:
        """Runs that are not timed, in their order; two at once where the sandbox keeps them apart."""
        return self.lanes.all(runs, late=lambda result: result.run.limit == "time")

    def run(
        self,
        command: Words,
        revision: Revision,
        *,
        before: Words = (),
        after: Words = (),
        variables: Mapping[str, str] | None = None,
        read_only: tuple[Path, ...] = (),
        telemetry: Path | None = None,
    ) -> Result:
        """Runs `before`, the command and `after` as one. What it wrote to {telemetry} goes to the file `telemetry`.

        The recorded command is as the settings write it, placeholders unfilled: it says nothing of this machine.
        """
        with scratch(self.under) as folders:
            tree = folders.root / "tree"
            lay_out(self.base, tree, revision.files)
            recorded, reported = folders.output / "telemetry.jsonl", folders.output / "report.xml"
            summary = folders.output / "replay.json"
            places = {**self.environment.places(), "telemetry": recorded, "report": reported, "summary": summary}
            env = self.environment.folder
            job = Job(
                command=tuple(filled(word, places) for word in (*before, *command, *after)),
                tree=tree,
                tree_at=self.environment.shown_at(self.dress.tree),
                scratch=folders,
                read_only=(*read_only, *(() if env is None else (env, *interpreter.of_environment(env)))),
                path=() if env is None else (env / "bin",),
                environment={name: filled(value, places) for name, value in (variables or {}).items()},
                dress=self.dress,
            )
            started = time.time()
            ended = self.sandbox.run(job, stop=self.lanes.stop)
            rewritten = self.harness.rewritten(tree, revision.files, bare=revision == BASE)
            if telemetry is not None:
                _keep(recorded, telemetry)
            outcomes, matched = _outcomes(reported), matched_in(_content(summary, MOST_BYTES))
        run = replace(_command_run(command, revision, ended, outcomes), rewritten=rewritten, started=started)
        return Result(run=run, stdout=ended.stdout, outcomes=outcomes, matched=matched)


def _keep(recorded: Path, kept: Path) -> None:
    """Moves a regular file; a link, a pipe or nothing at all is no telemetry."""
    kept.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        if stat.S_ISREG(recorded.lstat().st_mode) and recorded.resolve() == recorded:
            recorded.rename(kept)


def _outcomes(reported: Path) -> Outcomes | None:
    content = _content(reported, junit.MOST_BYTES)
    return None if content is None else junit.read(content)


def _content(path: Path, most: int) -> bytes | None:
    """Of a regular file alone, as for telemetry; of one that is longer than `most` a byte more than that."""
    with suppress(FileNotFoundError):
        if stat.S_ISREG(path.lstat().st_mode) and path.resolve() == path:
            with path.open("rb") as file:
                return file.read(most + 1)
    return None


def _command_run(command: Words, revision: Revision, ended: Ended, outcomes: Outcomes | None) -> CommandRun:
    return CommandRun(
        command=command,
        revision=revision.name,
        exit_code=ended.exit_code,
        seconds=ended.seconds,
        limit=ended.limit,
        output=redact(ended.output)[0][-KEPT:],
        report=None if outcomes is None else summed(outcomes),
        peak_memory_bytes=ended.peak_memory_bytes,
    )
