"""The repository's own tests, and a proposal's new test, at a revision."""

from __future__ import annotations

from metabot.config import Target
from metabot.verify.commands import words
from metabot.verify.measured import CommandRun
from metabot.verify.runner import Revision, Runner


def run_tests(runner: Runner, target: Target, revision: Revision, test: str | None = None) -> CommandRun:
    """Runs `target.test`, or the same command with one test's path after it."""
    command = words(target.test)
    return runner.run(command if test is None else (*command, test), revision).run
