"""Whether passes come by themselves, and how the last one ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from metabot.config import Settings
from metabot.doctor.line import Line, ok, warning
from metabot.ledger.ledger import Ledger
from metabot.lock import holder_of
from metabot.project.told import day
from metabot.schedule.service import Place


def schedule(settings: Settings) -> Iterator[Line]:
    """Nothing here is a problem: passes may be started by cron or by hand."""
    lock = Place(ledger=settings.ledger.path, state=settings.state).lock
    serving = holder_of(lock) if lock.parent.is_dir() else None  # asking makes the folder
    if serving is not None:
        yield ok(f"{serving} runs the jobs")
    else:
        yield ok("metabot serve does not run; passes come by cron, by CI or by hand")
    if not settings.ledger.path.exists():
        return
    ledger = Ledger(settings.ledger.path, wait_seconds=2.0)
    last = ledger.last_pass()
    if last is not None:
        yield _pass(last.number, last.started_ns, last.ended_ns, last.result)
    for run in sorted(ledger.latest_jobs(), key=lambda run: run.job):
        if run.result not in (None, "done"):
            yield warning(
                f"the last {run.job} of {day(run.started_ns)} ended as {run.result}: {run.detail}",
                "See metabot schedule, and what it printed in the folder jobs of the state.",
            )


def _pass(number: int, started_ns: int, ended_ns: int | None, result: str | None) -> Line:
    if ended_ns is None:
        hours = (datetime.now(UTC).timestamp() - started_ns / 1e9) / 3600
        said = f"pass {number} of {day(started_ns)} has no end: it runs, or it was killed"
        return ok(said) if hours < 3 else warning(said, "Run metabot run once more; a pass goes on where one ended.")
    said = f"pass {number} of {day(started_ns)}: {result}"
    return ok(said) if result == "done" else warning(said, "metabot run says why, and what to do.")
