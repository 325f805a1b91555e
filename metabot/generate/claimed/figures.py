"""The figures that a sentence about a change may name: those of the finding, and those of the diff."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from analyzers.finding import Candidate, Finding
from metabot.generate.claimed.numbers import Kind, Number, numbers
from metabot.generate.edits import unified
from metabot.generate.proposal import Edit
from metabot.place.placement import Placed

_COUNTED_AS_SAID: Final = 3  # "the two calls", "both of the 3 steps": no figure of the finding
_GAIN: Final = re.compile(
    r"\b(?:sav|fast|slow|cheap|reduc|lower|less|fewer|improv|drop|decreas|shrink|gain|speed|shorten|better|quick)\w*",
    re.IGNORECASE,
)
_EQUAL: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    value: float  # seconds, tokens, USD, a share as a fraction
    kind: Kind
    of: Literal["finding", "change"]


def figures(placed: Placed, edits: Sequence[Edit]) -> tuple[Figure, ...]:
    finding = placed.finding
    lines = [line for one in placed.locations for line in (one.first_line, one.last_line)]
    changed = "\n".join(line[1:] for line in unified(edits).splitlines() if line[:1] in "+- ")
    return (
        *(Figure(value, kind, "finding") for value, kind in _of_finding(finding)),
        *(Figure(line, "plain", "finding") for line in lines),
        *(Figure(one.value, one.kind, "change") for one in numbers(changed)),
    )


def unborne(sentence: str, known: Sequence[Figure]) -> list[Number]:
    """The sentence's numbers that no figure rounds to.

    A number of the change alone (a time-out of 30 s, a limit of 4,000) may be named, but not as a gain: whoever writes
    the change could write any number into it.
    """
    gain = _GAIN.search(sentence) is not None
    return [
        one for one in numbers(sentence) if not _is_count(one, gain) and not any(_bears(f, one, gain) for f in known)
    ]


def _is_count(number: Number, gain: bool) -> bool:
    return number.kind == "plain" and number.value <= _COUNTED_AS_SAID and not gain


def _bears(figure: Figure, number: Number, gain: bool) -> bool:
    plain = number.kind == "plain"
    of_change = figure.of == "change"
    if of_change and (number.kind in ("share", "usd") or (gain and not plain)):
        return False
    if plain or number.kind == figure.kind:
        scales = _SPOKEN[figure.kind] if plain else (1.0,)
    elif figure.kind == "plain" and (of_change or number.kind == "times") and not gain:
        scales = (1.0, 0.001) if number.kind == "seconds" else (1.0,)  # code writes 30 or 30_000
    else:
        return False
    return any(abs(figure.value * scale - number.value) <= number.within + _EQUAL * number.value for scale in scales)


_SPOKEN: Final[Mapping[Kind, tuple[float, ...]]] = {
    "seconds": (1.0, 1000.0),
    "share": (1.0, 100.0),
    "tokens": (1.0,),
    "times": (1.0,),
    "plain": (1.0,),
    "usd": (),
}
"""What a number without its unit may be meant in: "from 800 to 420 ms". Money is always named."""


def _of_finding(finding: Finding) -> Iterator[tuple[float, Kind]]:
    for candidate in (finding.candidate, *(one.candidate for one in finding.consequences)):
        yield from _of_candidate(candidate)
    yield from _known((finding.cost_usd_per_month, "usd"), (finding.seconds_per_month, "seconds"))


def _of_candidate(candidate: Candidate) -> Iterator[tuple[float, Kind]]:
    waste = candidate.evidence
    kind, scale = _counted(waste.observed.unit)
    observed, least, n = waste.observed.value * scale, waste.achievable * scale, waste.observed.n
    wasted = observed - least
    yield from ((value, kind) for value in (observed, least, wasted, wasted * n))
    shares = ((least, observed), (wasted, observed), (waste.occurrences, n))
    yield from ((part / whole, "share") for part, whole in shares if whole)
    if least:
        yield observed / least, "times"
    counts = (n, waste.occurrences, candidate.traces, candidate.traces_examined, *candidate.http_statuses)
    yield from ((float(count), "plain") for count in counts)
    yield from _known((candidate.cost_usd_per_call, "usd"), (candidate.seconds_per_call, "seconds"))
    for text in (candidate.problem, *candidate.unknown):
        yield from ((one.value, one.kind) for one in numbers(text))


def _counted(unit: str) -> tuple[Kind, float]:
    """What a unit of the findings counts, and how many of ours one of it is."""
    if unit.startswith("ms"):
        return "seconds", 0.001
    if unit.startswith("share"):
        return "share", 1.0
    return ("tokens", 1.0) if "tokens" in unit else ("plain", 1.0)


def _known(*values: tuple[float | None, Kind]) -> Iterator[tuple[float, Kind]]:
    yield from ((value, kind) for value, kind in values if value is not None)
