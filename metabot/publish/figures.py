"""The figures of a verification as tables: base beside change, every run, and how sure the difference is.

Each is labelled by where it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Self

from analyzers.finding import Unit
from metabot.config import Target
from metabot.generate.proposal import Proposal
from metabot.verify.better import gain_series, told
from metabot.verify.comparison import Comparison
from metabot.verify.figures import Guardrail, guardrails
from metabot.verify.measured import Evaluated, Measured

Label = Literal["real", "modelled", "scripted"]

_DECIMALS: Final = 4  # significant digits of a figure that is no count


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Where the figures of a measurement come from. The application, its tests and its telemetry are always real."""

    answers: Label  # what the model said, hence the evaluation's score and the output tokens
    cache: Label  # how many tokens the input has, and which of them the prompt cache served
    times: Label  # how long the model took
    counts: Label = "real"  # what the application did

    @classmethod
    def of_target(cls, target: Target) -> Self:
        """By what answers the target's model calls while it is measured."""
        if target.model_script is None:
            return cls(answers="real", cache="real", times="real")
        return cls(answers="scripted", cache="modelled", times="modelled")

    def of_change(self, proposal: Proposal) -> Labels:
        """Whatever is measured of a change that a script wrote depends on that script."""
        if not proposal.scripted:
            return self
        return Labels(answers="scripted", cache="scripted", times="scripted", counts="scripted")

    def of_unit(self, unit: Unit) -> Label:
        match unit:
            case "uncached input tokens per call" | "input tokens per call" | "tokens per session":
                return self.cache
            case "output tokens per call":
                return self.answers
            case "ms per trace" | "ms per call" | "ms per entry":
                return self.times
            case "share of traces ended" | "share of traces" | "share of calls" | "calls per trace":
                return self.counts
            case "share of actions" | "calls per session" | "MB per hour":
                return self.counts


class Row(NamedTuple):
    """One line of the table of figures."""

    what: str
    base: str
    head: str
    label: Label


class Runs(NamedTuple):
    """What the figure came to in each run of one revision, in the order of the runs."""

    revision: str
    times: int
    values: str


class Guarded(NamedTuple):
    """One guardrail and what became of it."""

    what: str
    base: str
    head: str
    difference: str


def figures(measured: Measured, labels: Labels) -> list[Row]:
    """The evaluation's score, the finding's own metric and the counts. What differs from run to run is a range."""
    base, head = measured.base, measured.head
    if not base or not head:
        return []
    rows = [Row("Evaluation score", _scores(base), _scores(head), labels.answers)]
    if metric := base[0].metric:
        rows.append(Row(metric.unit.capitalize(), _metrics(base), _metrics(head), labels.of_unit(metric.unit)))
    counted: tuple[tuple[str, str, Label], ...] = (
        ("Traces", "traces", labels.counts),
        ("Traces with an error", "error_traces", labels.counts),
        ("Model calls", "model_calls", labels.counts),
        ("Tool calls", "tool_calls", labels.counts),
        ("Input tokens", "input_tokens", labels.cache),
        ("Cacheable input tokens", "cacheable_tokens", labels.cache),
        ("Cached input tokens", "cached_tokens", labels.cache),
        ("Output tokens", "output_tokens", labels.answers),
        ("Median ms of a trace that ended well", "trace_ms", labels.times),
        ("Median ms of its critical path", "critical_path_ms", labels.times),
    )
    if base[0].counts is not None and head[0].counts is not None:
        rows += [Row(what, _counts(base, name), _counts(head, name), label) for what, name, label in counted]
    return rows


def runs(measured: Measured) -> list[Runs]:
    """The figure that decides, run by run; none where a run lacks it."""
    series = gain_series(measured.evaluations, measured.benchmarks)
    if series is None or not series.head:
        return []
    named = (("base", series.base), ("with the change", series.head))
    return [Runs(name, len(values), ", ".join(map(figure, values))) for name, values in named]


def difference(measured: Measured) -> str:
    """What the change comes to, in one sentence; empty where nothing was measured."""
    series = gain_series(measured.evaluations, measured.benchmarks)
    if series is None or not series.head:
        return ""
    if series.exact:
        times = {2: "twice"}.get(len(series.base), f"{len(series.base)} times")
        return f"Counted: the base ran {times} and came to the same figure."
    found = series.compared()
    return "Too few runs to compare." if found is None else told(found)


def timed(measured: Measured) -> bool:
    """Whether the figure that decides is a time, and was compared."""
    series = gain_series(measured.evaluations, measured.benchmarks)
    return series is not None and series.timed and series.compared() is not None


def guarded(measured: Measured) -> list[Guarded]:
    """What the change had to leave alone."""
    return [
        Guarded(
            one.what[:1].upper() + one.what[1:], _values(one.series.base), _values(one.series.head), _difference(one)
        )
        for one in guardrails(measured.evaluations, measured.benchmarks)
    ]


def _difference(guardrail: Guardrail) -> str:
    if guardrail.series.exact:
        return "counted"
    found: Comparison | None = guardrail.compared()
    if found is None:
        return "too few runs for an interval"
    return f"{found.ratio - 1:+.1%} (99 % CI {found.low - 1:+.1%} to {found.high - 1:+.1%}, n = {found.pairs} pairs)"


def figure(value: float) -> str:
    """`1,900`, `0.0125`: a whole number whole, any other to four significant digits, never with an exponent."""
    if value == int(value):
        return f"{int(value):,}"
    digits = f"{value:.{_DECIMALS}g}"
    return f"{float(digits):,.12f}".rstrip("0").rstrip(".")


def _metrics(of: Sequence[Evaluated]) -> str:
    metrics = [run.metric for run in of if run.metric is not None]
    if not metrics:
        return "unknown"
    return f"{_values([metric.value for metric in metrics])} (n = {metrics[0].n:,})"


def _counts(of: Sequence[Evaluated], name: str) -> str:
    told = [None if run.counts is None else getattr(run.counts, name) for run in of]
    known = [value for value in told if value is not None]
    return _values(known) if len(known) == len(told) else "unknown"


def _scores(of: Sequence[Evaluated]) -> str:
    known = [run.score for run in of if run.score is not None]
    if len(known) < len(of):
        return "unknown"
    cases = "" if of[0].cases is None else f" ({of[0].cases:,} cases)"
    return f"{_values(known)}{cases}"


def _values(values: Sequence[float]) -> str:
    least, most = figure(min(values)), figure(max(values))
    return least if least == most else f"{least} to {most}"
