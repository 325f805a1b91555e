"""Runs of the scheduled jobs, as they are kept and forgotten."""

from __future__ import annotations

import sqlalchemy as sql

from metabot.ledger import jobs, schema


def test_forgets_a_job_s_oldest_runs() -> None:
    """A thousand are kept of each job, whatever the others do."""
    engine = sql.create_engine("sqlite://")
    schema.metadata.create_all(engine, [schema.job_runs])
    with engine.begin() as connection:
        jobs.begin(connection, "run", 7)
        for due in range(1_002):
            jobs.begin(connection, "watch", due)
        kept = jobs.runs(connection, 2_000)
    engine.dispose()
    assert [run.due_ns for run in kept if run.job == "watch"] == list(range(1_001, 1, -1))
    assert [run.due_ns for run in kept if run.job == "run"] == [7]
