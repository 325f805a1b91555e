"""Whether passes come, and how the last one ended."""

from __future__ import annotations

import os
from pathlib import Path

from metabot.doctor import schedule
from metabot.ledger.ledger import Ledger
from metabot.lock import held
from metabot.schedule.service import Place
from tests.metabot.doctor.looked import lines, made


def test_how_the_last_pass_and_jobs_ended(tmp_path: Path) -> None:
    """A job that failed is a warning, and so is a pass without a sandbox; who serves is named."""
    settings = made(tmp_path)
    ledger = Ledger(settings.ledger.path)
    ledger.end_pass(ledger.begin_pass(), "no sandbox")
    ledger.end_job(ledger.begin_job("load", 1), "done")
    ledger.end_job(ledger.begin_job("watch", 1), "failed", "exit code 5")
    with held(Place(ledger=settings.ledger.path, state=settings.state).lock, purpose="metabot serve", waiting=print):
        found = lines(schedule.schedule, settings)
    assert [state for state, _ in found] == ["ok", "warning", "warning"]
    assert f"metabot serve, pid {os.getpid()}" in found[0][1]
    assert "pass 1 of" in found[1][1]
    assert "the last watch of" in found[2][1]
