"""The evaluation at one base revision: the base's once for every proposal, the change's as it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.verify.better import evaluated_unmet
from metabot.verify.commands import words
from metabot.verify.evaluation import Evaluation, evaluate, unmeasurable
from metabot.verify.measured import Evaluated
from metabot.verify.measurement import evaluated
from metabot.verify.runner import BASE, Revision, Runner
from metabot.verify.unmet import Unmet


@dataclass(frozen=True, kw_only=True)
class Evaluations:
    """Not to be shared between base revisions."""

    settings: Settings
    runner: Runner
    progress: Callable[[str], None]

    def of(self, proposal: Proposal, head: Revision) -> tuple[Evaluated | None, Evaluated | None] | Unmet:
        """At the base and with the change; both None where the settings name no evaluation."""
        finding, target = proposal.placed.finding, self.settings.target
        if not words(target.evaluate):
            return None, None
        if unmet := unmeasurable(target):
            return unmet
        on_base = evaluated(self._base_evaluation, finding, self.settings)
        if unmet := evaluated_unmet(on_base):
            return unmet
        return on_base, evaluated(self._evaluation(head), finding, self.settings)

    def _evaluation(self, revision: Revision) -> Evaluation:
        self.progress(f"evaluation at {revision.name}")
        keep = self.runner.under / f"{revision.name}.telemetry"
        return evaluate(self.runner, self.settings.target, revision, keep=keep)

    @cached_property
    def _base_evaluation(self) -> Evaluation:
        return self._evaluation(BASE)
