"""`--format json` of `metabot proposal list` and `show`: docs/json.md describes the keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from metabot.cli.proposal_figures import figure_rows
from metabot.cli.proposal_runs import NumberedRun, numbered
from metabot.funnel import Step
from metabot.generate.edits import diff_of
from metabot.ledger.proposals import ProposalEntry
from metabot.publish.figures import Labels
from metabot.verify.measured import Measured
from metabot.verify.tried import Tried

LIST: Final = "metabot.proposals/1"
ONE: Final = "metabot.proposal/1"


def list_json(steps: Sequence[Step], entries: Sequence[ProposalEntry]) -> bytes:
    return _written(
        {"schema": LIST, "funnel": [_step(step) for step in steps], "proposals": list(map(_entry, entries))}
    )


def show_json(entry: ProposalEntry, tried: Tried, labels: Labels, *, output: bool) -> bytes:
    """Text out of telemetry is in none of it; the ends of what commands printed where `output` says so."""
    proposal = tried.proposal
    return _written(
        {
            "schema": ONE,
            **_entry(entry),
            "summary": proposal.summary,
            "scripted": proposal.scripted,
            "base_revision": tried.base_revision,
            "prediction": msgspec.to_builtins(proposal.prediction),
            "diff": diff_of(proposal),
            "new_test": proposal.new_test.path,
            "threshold": tried.threshold,
            "detail": None if tried.end is None else tried.end.detail,
            "seconds": tried.seconds,
            "runs": [_run(one, output=output) for one in numbered(tried)],
            **_tests(tried.measured),
            "figures": [row._asdict() for row in figure_rows(tried.measured, labels)],
        }
    )


def _step(step: Step) -> dict[str, Any]:
    stopped = [{"reason": reason, "count": count} for reason, count in step.stopped]
    return {"step": step.step, "count": step.count, "stopped": stopped, "left": step.left}


def _entry(entry: ProposalEntry) -> dict[str, Any]:
    stop, opened = entry.stop, entry.opened
    return {
        "id": entry.id,
        "finding": entry.fingerprint,
        "analyzer": entry.analyzer,
        "title": entry.title,
        "author": entry.author,
        "recipe": entry.recipe,
        "tried_ns": entry.tried_ns,
        "times": entry.times,
        "stop": None if stop is None else {"stage": stop[0], "reason": stop[1]},
        "pull_request": None if opened is None else {"number": opened.number, "state": opened.state},
    }


def _tests(measured: Measured | None) -> dict[str, Any]:
    """What the tests' own reports tell beside their counts."""
    flaky, lost = ((), ()) if measured is None else (measured.flaky, measured.lost)
    coverage = None if measured is None else msgspec.to_builtins(measured.coverage)
    return {"flaky": list(map(str, flaky)), "lost": list(map(str, lost)), "coverage": coverage}


def _run(one: NumberedRun, *, output: bool) -> dict[str, Any]:
    run = one.run
    return {
        "number": one.number,
        "what": one.what,
        "earlier": one.earlier,
        "command": run.command,
        "revision": run.revision,
        "exit_code": run.exit_code,
        "started": run.started,
        "seconds": run.seconds,
        "limit": run.limit,
        "note": one.note or None,
        "rewritten": run.rewritten,
        "report": None if run.report is None else msgspec.to_builtins(run.report, enc_hook=str),
        "output": run.output if output else None,
    }


def _written(values: Mapping[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n"
