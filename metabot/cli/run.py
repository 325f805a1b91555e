"""`metabot run`: one pass."""

from __future__ import annotations

import sys
from pathlib import Path

from metabot.cli.analyzers import tell_left_out
from metabot.cli.console import WIDTH, out, settings_at, stopwatch
from metabot.cli.findings import findings_lines
from metabot.cli.funnel_lines import funnel_line
from metabot.cli.load import tell_refused
from metabot.cli.outcomes import end_of, outcome_lines
from metabot.cli.overview import overview_lines
from metabot.errors import RepositoryError, SandboxError
from metabot.funnel import funnel
from metabot.generate.edits import diff_of
from metabot.lock import held
from metabot.pipeline import Pass, Scope, run_pass
from metabot.publish.publisher import Preview


def run(*, dry_run: bool, again: str | None, config: Path | None) -> None:
    scope = Scope(only=() if again is None else (again,), again=again is not None, dry_run=dry_run)
    settings, say = settings_at(config), stopwatch()
    with held(
        settings.state / "pass",
        purpose="metabot run",
        waiting=lambda who: say(f"waiting for {who}"),
        setting="[ledger] path",
    ):
        done = run_pass(settings, scope, progress=say)
    tell_refused(done.refused)
    tell_left_out(done.analysis.refused)
    print_pass(done)
    for outcome in done.outcomes:
        if isinstance(outcome.end, Preview) and outcome.verified is not None:
            out("\n" + "-" * WIDTH + "\n" + outcome.end.text)
            out(diff_of(outcome.verified.proposal))
    sys.exit(exit_code(done))


def exit_code(done: Pass) -> int:
    return {"done": 0, "no sandbox": SandboxError.exit_code, "no repository": RepositoryError.exit_code}[done.result]


def print_pass(done: Pass) -> None:
    for part in (
        overview_lines(done.analysis.overview, done.analysis.rejected),
        findings_lines(done.analysis.findings),
    ):
        out("\n".join(part))
        out()
    out("\n".join(outcome_lines(done.outcomes, done.introduction)))
    out("\n".join(["", *funnel_line(funnel(end_of(outcome) for outcome in done.outcomes))]))
