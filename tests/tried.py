"""A proposal that was tried, with its runs: `tried()` is better, `tried(stop=("sound", "head is red"))` is not."""

from __future__ import annotations

from dataclasses import replace

from metabot.generate.proposal import Proposal
from metabot.stopped import Reason, Stage, Stopped
from metabot.verify.tried import Tried
from tests.proposals import finding, proposal, verified


def tried(of: Proposal | None = None, *, stop: tuple[Stage, Reason] | None = None) -> Tried:
    """Better with everything measured; or stopped with the first of its runs made."""
    made = of or proposal(finding(), "a" * 40)
    end = None
    if stop is not None:
        fingerprint = made.placed.finding.fingerprint
        end = Stopped(finding=fingerprint, stage=stop[0], reason=stop[1], detail="The tests fail. Mend them.")
    whole = verified().measured
    whole = replace(whole, new_test_on_base=replace(whole.new_test_on_base, report=None))  # its exit code tells
    of_new_test = (whole.new_test_on_base, *whole.new_test_on_head)
    runs = (whole.head_tests, *(replace(run, command=(*run.command, made.new_test.path)) for run in of_new_test))
    return Tried(
        proposal=made,
        base_revision="a" * 40,
        threshold=0.2,
        runs=runs[:1] if stop else runs,
        runs_before=(whole.base_tests,),
        seconds=12.5,
        measured=None if stop else whole,
        end=end,
    )
