"""What a pull request says. Every figure comes out of the verified proposal and is labelled by where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple, Self

import metabot
from analyzers.finding import Metric, Unit
from analyzers.untrusted import Untrusted
from metabot.config import Target
from metabot.publish import identity
from metabot.redact import redact
from metabot.render import render
from metabot.verify.measured import CommandRun, Evaluated, VerifiedProposal

Label = Literal["real", "modelled", "scripted"]

_QUOTED: Final = 200  # characters of one quotation
_READ: Final = 2_000  # characters of it that are looked through for secrets before it is cut
_DECIMALS: Final = 4  # significant digits of a figure that is no count


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Where the figures of a measurement come from. The application, its tests and its telemetry are always real."""

    answers: Label  # what the model said, hence the evaluation's score and the output tokens
    cache: Label  # how many tokens the input has, and which of them the prompt cache served
    times: Label  # how long the model took

    @classmethod
    def of_target(cls, target: Target) -> Self:
        """By what answers the target's model calls while it is measured."""
        if target.model_script is None:
            return cls(answers="real", cache="real", times="real")
        return cls(answers="scripted", cache="modelled", times="modelled")

    def of_unit(self, unit: Unit) -> Label:
        match unit:
            case "uncached input tokens per call" | "input tokens per call":
                return self.cache
            case "output tokens per call":
                return self.answers
            case "ms per trace" | "ms per call":
                return self.times
            case "share of traces ended" | "share of traces" | "share of calls" | "calls per trace":
                return "real"


class Row(NamedTuple):
    """One line of the table of figures."""

    what: str
    base: str
    head: str
    label: Label


def body(verified: VerifiedProposal, labels: Labels, *, reproduce: str) -> str:
    """The pull request's text in Markdown. `reproduce` is the one command that comes to the same result."""
    proposal, measured = verified.proposal, verified.measured
    candidate = proposal.placed.finding.candidate
    return render(
        "pull_request/body.md.j2",
        verified=verified,
        proposal=proposal,
        candidate=candidate,
        locations=proposal.placed.locations,
        times=_times(candidate.first_ns, candidate.last_ns),
        observed=figure(candidate.evidence.observed.value),
        achievable=figure(candidate.evidence.achievable),
        cost=_cost(candidate.cost_usd_per_call, candidate.cost_unknown),
        quotes=[_quotation(quote) for quote in candidate.quotes],
        runs=_runs(verified),
        figures=figures(measured.base, measured.head, labels),
        predicted=figure(proposal.prediction.expected),
        predicted_from=figure(proposal.prediction.observed),
        unchecked=unchecked(verified, labels),
        scripted=labels.answers == "scripted",
        reproduce=reproduce,
        version=metabot.__version__,
        block=identity.write(identity.block_of(verified)),
    )


def commit_message(verified: VerifiedProposal) -> str:
    """Title and reason, with the finding that it is for."""
    proposal = verified.proposal
    finding = proposal.placed.finding
    return f"{proposal.title}\n\n{proposal.summary}\n\nFinding: {finding.candidate.analyzer} {finding.fingerprint}\n"


def figures(base: Evaluated | None, head: Evaluated | None, labels: Labels) -> list[Row]:
    """The evaluation's score, the finding's own metric and the exact counts, base beside head."""
    if base is None or head is None:
        return []
    rows = [Row("Evaluation score", _score(base), _score(head), labels.answers)]
    if base.metric is not None and head.metric is not None:
        unit = base.metric.unit
        rows.append(Row(unit.capitalize(), _metric(base.metric), _metric(head.metric), labels.of_unit(unit)))
    if base.counts is None or head.counts is None:
        return rows
    counted: tuple[tuple[str, str, Label], ...] = (
        ("Traces", "traces", "real"),
        ("Traces with an error", "error_traces", "real"),
        ("Model calls", "model_calls", "real"),
        ("Tool calls", "tool_calls", "real"),
        ("Input tokens", "input_tokens", labels.cache),
        ("Cached input tokens", "cached_tokens", labels.cache),
        ("Output tokens", "output_tokens", labels.answers),
    )
    return rows + [
        Row(what, _count(getattr(base.counts, field)), _count(getattr(head.counts, field)), label)
        for what, field, label in counted
    ]


def unchecked(verified: VerifiedProposal, labels: Labels) -> list[str]:
    """What nobody looked at, so that the reader can."""
    placed, measured = verified.proposal.placed, verified.measured
    scored = all(one is not None and one.score is not None for one in (measured.base, measured.head))
    timed = verified.proposal.prediction.unit == "ms per trace"
    listed = [
        (not scored, "Answer quality: the repository has no evaluation that prints a score."),
        (labels.answers == "scripted", "The answers of a real model: those of the measurement come from a script."),
        (labels.cache == "modelled", "A provider's prompt cache: hits follow the documented rule, nobody was asked."),
        (not timed, "How long anything takes: times are too uncertain on one machine to be compared."),
        (
            measured.sandbox == "none",
            'The commands ran without a sandbox (`sandbox = "none"`), by the settings\' word.',
        ),
        (not placed.revision_known, "The deployed revision: telemetry names none that the repository has."),
        *((True, f"{what[:1].upper()}{what[1:]}.") for what in placed.finding.candidate.unknown),
    ]
    return [text for holds, text in listed if holds]


def figure(value: float) -> str:
    """`1,900`, `0.0125`: a whole number whole, any other to four significant digits, never with an exponent."""
    if value == int(value):
        return f"{int(value):,}"
    digits = f"{value:.{_DECIMALS}g}"
    return f"{float(digits):,.12f}".rstrip("0").rstrip(".")


def _metric(metric: Metric) -> str:
    return f"{figure(metric.value)} (n = {metric.n:,})"


def _count(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _score(evaluated: Evaluated) -> str:
    if evaluated.score is None:
        return "unknown"
    cases = "" if evaluated.cases is None else f" ({evaluated.cases:,} cases)"
    return f"{figure(evaluated.score)}{cases}"


def _cost(usd: float | None, unknown: str | None) -> str:
    return f"USD {usd:,.6f}".rstrip("0").rstrip(".") if usd is not None else f"unknown, {unknown or 'nothing says why'}"


def _runs(verified: VerifiedProposal) -> list[tuple[str, str, str]]:
    measured = verified.measured
    return [
        ("The repository's tests", _ended([measured.base_tests]), _ended([measured.head_tests])),
        ("The new test", _ended([measured.new_test_on_base]), _ended(measured.new_test_on_head)),
    ]


def _ended(runs: Sequence[CommandRun]) -> str:
    passed = sum(run.exit_code == 0 and run.limit is None for run in runs)
    words = "passed" if passed == len(runs) else "failed" if passed == 0 else "mixed"
    times = f", {passed} of {len(runs)} times" if len(runs) > 1 else ""
    lines = [line for run in runs for line in run.output.splitlines() if line.strip()]
    return f"{words}{times}{f': {_quotation(Untrusted(lines[-1]))}' if lines else ''}"


def _quotation(text: Untrusted) -> str:
    """Looked through for secrets before it is cut: half a secret would not be known as one."""
    shown, _ = redact(text.quoted(_READ))
    return shown if len(shown) <= _QUOTED else f"{shown[: _QUOTED - 2]}…”"


def _times(first_ns: int | None, last_ns: int | None) -> str:
    if first_ns is None or last_ns is None:
        return "which has no calendar times"
    return f"{_moment(first_ns)} to {_moment(last_ns)}"


def _moment(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC")
