"""What an analyzer hands on and what `control` makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType

from analyzers.untrusted import Name, Untrusted

Fingerprint = NewType("Fingerprint", str)
"""Twelve hex digits of analyzer, rule version and subject: the same over reruns, more data and renamed files."""

Unit = Literal[
    "uncached input tokens per call",
    "input tokens per call",
    "output tokens per call",
    "ms per trace",
    "ms per call",
    "calls per trace",
    "share of calls",
    "share of traces",
    "share of traces ended",
    "share of actions",
    "ms per entry",
    "MB per hour",
    "tokens per session",
    "calls per session",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a finding is about. Two candidates with one subject and one analyzer are one finding."""

    service: Name
    operation: Name
    detail: Name | None = None  # the model, the error, the second operation: what tells two of one operation apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure about one subject, computed in code; lower is better."""

    value: float
    unit: Unit
    n: int  # calls or traces that it was computed over
    exact: bool = True  # a count, a sum or an interval union; False: scaled by a stated ratio, or estimated


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste:
    """A metric and what it would be without the fault."""

    observed: Metric
    achievable: float  # in the unit of `observed`
    occurrences: int  # calls, pairs or traces in which the fault was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAnchor:
    """Where the telemetry itself says the code is (`code.*` attributes, or a stack trace)."""

    file: Untrusted | None
    function: Untrusted | None
    line: int | None
    of_stack: bool = False  # the deepest frame of a stack trace that is no library's; the span itself names no code


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAnchor:
    """A prompt, by the hashes of its pieces: `placing` hashes the repository's own text the same way."""

    static: tuple[int, ...]  # pieces that (nearly) all calls share and that stand behind others that change, in order
    leading_dynamic: int  # how many changing pieces stand before the first of them, the most common count
    static_chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Made by an analyzer only. `control` decides whether it becomes a finding."""

    analyzer: str  # its name as people type it: prompt-cache-miss
    rule_version: int
    subject: Subject
    evidence: Waste
    problem: str  # one sentence with its figures, made of Names and numbers only
    e_value: float | None  # of an estimate; None where the figure is exact, or scaled by a stated ratio
    first_ns: int | None  # of its calendar times; None: it has none
    last_ns: int | None
    traces: int  # traces in which it was seen
    traces_examined: int
    cost_usd_per_call: float | None  # what the waste costs each of `observed.n`, calls or traces; None is unknown
    cost_unknown: str | None
    seconds_per_call: float | None  # wall-clock that it costs each of them; None is unknown
    exemplars: tuple[Exemplar, ...]  # at most five
    code: tuple[CodeAnchor, ...] = ()  # most common first
    prompt: PromptAnchor | None = None
    revision: str | None = None  # newest vcs.ref.head.revision seen with it
    http_statuses: tuple[int, ...] = ()  # of the errors it is about, where it is about errors
    errors: tuple[Name, ...] = ()  # the types of these errors, as far as they are known, most common first
    tools: tuple[Name, ...] = ()  # that it is about, where it is about tools that are offered
    output_tokens: int | None = None  # at which answers are cut, or of the longest one that did not run away
    quotes: tuple[Untrusted, ...] = ()  # a message or two, as exhibit
    unknown: tuple[str, ...] = ()  # what was not known and narrows what is said
    affected: frozenset[Exemplar] = frozenset()  # a sample by which `control` sees what it shares with others


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What another analyzer said of the same spans: evidence of one cause."""

    fingerprint: Fingerprint
    candidate: Candidate
    because: str  # how it follows from the finding's own candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Made by `analyzers.control` only. Its candidates carry no `affected` sample any more."""

    fingerprint: Fingerprint
    candidate: Candidate
    cost_usd_per_month: float | None  # from seven days of telemetry on; else None
    seconds_per_month: float | None = None  # likewise: what all calls or traces wait together
    consequences: tuple[Consequence, ...] = ()
    production: bool = True  # False: seen in tests, evaluations or metabot's own traffic alone

    @property
    def names(self) -> frozenset[Fingerprint]:
        """Its own fingerprint and those of its consequences, any of which may lead another time."""
        return frozenset((self.fingerprint, *(one.fingerprint for one in self.consequences)))
