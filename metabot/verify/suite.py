"""The repository's own tests, and a proposal's new test, at a revision.

Which tests passed is read from the JUnit report that the command writes to `{report}`. A command that runs pytest is
told to write one; for any other, `target.test` names the placeholder, or exit codes are all there is.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from metabot.config import Target
from metabot.verify.commands import Words, words
from metabot.verify.one_test import for_one
from metabot.verify.runner import Result, Revision, Runner


def run_tests(runner: Runner, target: Target, revision: Revision, test: str | None = None, **how: Any) -> Result:
    """Runs `target.test`, or the same command for one test's file alone; `how` goes to the runner."""
    command = words(target.test)
    wanted = command if test is None else for_one(command, test)
    return runner.run(wanted, revision, after=report_option(command), **how)


def report_option(command: Words) -> Words:
    """What makes the command write a report; nothing where it does so by itself, or cannot be told to."""
    asked = any("{report}" in word or word.startswith(("--junitxml", "--junit-xml")) for word in command)
    is_pytest = any(PurePosixPath(word).name in ("pytest", "py.test") for word in command)
    without_plugin = "no:junitxml" in " ".join(command)
    return ("--junitxml={report}",) if is_pytest and not asked and not without_plugin else ()
