"""From what was measured to a verdict. Pure: the same figures always give the same verdict.

The conditions, in this order: no run rewrote what measures it; the repository's tests pass at the base, and with the
change; the new test fails at the base and passes with the change; the evaluation ran and shows the finding's own
metric; the metric falls by the threshold, and does not rise at other subjects; the answers were checked where the model
is told something else; the answers are as good as before, and no failure became a wrong answer; no guardrail worsens;
time that is said to be saved passes outside, too, and the replay server counts what is said of calls and tokens; a
fresh start says the same, where there was one. A command that a limit ended stops where it stands in that order.
"""

from __future__ import annotations

from typing import Literal

from metabot.generate.proposal import Proposal
from metabot.stopped import Stopped
from metabot.verify.better import evaluation_unmet
from metabot.verify.clocks import clocks_unmet
from metabot.verify.measured import Measured
from metabot.verify.served import served_unmet
from metabot.verify.sound import tests_unmet
from metabot.verify.tampering import rechecked_unmet, runs_of, tampering_unmet
from metabot.verify.unmet import stopped


def verdict(proposal: Proposal, measured: Measured, *, threshold: float) -> Literal["better"] | Stopped:
    """`better`, or a stop for the first condition that does not hold.

    `threshold` is a share of the value observed at the base: 0.2 asks for at least a fifth less.
    """
    unmet = (
        tampering_unmet(runs_of(measured))
        or tests_unmet(measured)
        or evaluation_unmet(proposal, measured, threshold)
        or clocks_unmet(proposal, measured)
        or served_unmet(proposal, measured)
        or rechecked_unmet(measured)
    )
    return "better" if unmet is None else stopped(proposal, unmet)
