"""metabot's own metrics, from its ledger: sums over all of the project's processes since its first pass.

Labels are names of analyzers, stages, reasons, results and the settings' models: nothing that telemetry says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metabot_instrument.metrics.meter import Meter

if TYPE_CHECKING:
    from metabot.ledger.counts import Counts

_SECONDS: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0)


class BotMeter(Meter):
    def __init__(self, since_ns: int | None = None, instance: str | None = None) -> None:
        super().__init__(since_ns=since_ns, instance=instance)
        self.passes = self.counter("metabot.passes", "Passes that ended, by result.", labels=("result",))
        self.pass_duration = self.histogram("metabot.pass.duration", "Time that a pass took.", bounds=_SECONDS)
        self.last_pass = self.gauge("metabot.last_pass", "End of the last pass, since 1970.", unit="s")
        self.findings = self.counter("metabot.findings", "Findings, each once.", labels=("analyzer",))
        self.stops = self.counter("metabot.stops", "Ends of findings on their way.", labels=("stage", "reason"))
        self.proposals = self.counter("metabot.proposals", "Proposals that were tried.", labels=("outcome",))
        self.opened = self.counter("metabot.pull_requests.opened", "Pull requests that were opened.")
        self._model()

    def _model(self) -> None:
        self.calls = self.counter("metabot.model.calls", "Calls of the model.", labels=("model", "outcome"))
        self.tokens = self.counter(
            "metabot.model.tokens", "Tokens of the model.", unit="{token}", labels=("model", "direction")
        )
        self.cost = self.counter(
            "metabot.model.cost", "Cost of the calls whose price is known.", unit="USD", labels=("model",)
        )


def metered(counts: Counts, instance: str | None = None) -> BotMeter:
    """What the ledger counts, as metrics."""
    meter = BotMeter(counts.since_ns or None, instance)
    for seconds in counts.pass_seconds:
        meter.pass_duration.observe(max(seconds, 0))
    if counts.last_pass_ns is not None:
        meter.last_pass.set(counts.last_pass_ns / 1e9)
    for counter, rows, labels in (
        (meter.passes, counts.passes, ("result",)),
        (meter.findings, counts.findings, ("analyzer",)),
        (meter.stops, counts.stops, ("stage", "reason")),
        (meter.calls, counts.model_calls, ("model", "outcome")),
        (meter.cost, counts.cost_usd, ("model",)),
    ):
        for keys, number in rows.items():
            counter.inc(number, **dict(zip(labels, keys, strict=True)))
    for direction, rows in (("input", counts.input_tokens), ("output", counts.output_tokens)):
        for (model,), number in rows.items():
            meter.tokens.inc(number, model=model, direction=direction)
    meter.proposals.inc(counts.verified, outcome="verified")
    meter.proposals.inc(counts.stopped, outcome="stopped")
    meter.opened.inc(counts.pull_requests)
    return meter
