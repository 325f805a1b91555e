"""How findings are printed: at most four lines each and two of what follows from them, 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from analyzers.finding import Candidate, Consequence, Finding, Subject, Unit
from metabot.cli.console import WIDTH, cut, wrapped
from metabot.cli.quantities import seconds

APART: Final = "seen in tests or evaluations only"

_INDENT: Final = " " * 4
_ALSO: Final = 2  # consequences that are shown; metabot show has them all
_SEEN_IN: Final[Mapping[Unit, str]] = {
    "ms per entry": "session",
    "tokens per session": "session",
    "calls per session": "session",
    "share of actions": "session",
    "MB per hour": "run",
}
_COUNTED_BY: Final = ("trace", "session", "entry", "action")


def moment(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M")


def times(candidate: Candidate) -> str:
    """`2026-11-04 10:00 to 2026-11-05 09:30 UTC`; empty where the finding has no calendar times."""
    if candidate.first_ns is None or candidate.last_ns is None:
        return ""
    return f"{moment(candidate.first_ns)} to {moment(candidate.last_ns)} UTC"


def money(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= 0.1 else f"${usd:.2g}"


def findings_lines(findings: Sequence[Finding]) -> list[str]:
    """Dearest first, each with what follows from it; apart from them what was seen in tests alone.

    Without consequences the first five stand within 22 lines.
    """
    if not findings:
        return ["findings  none"]
    standing = [finding for finding in findings if finding.production]
    apart = [finding for finding in findings if not finding.production]
    lines = [f"findings  {len(standing)}, dearest first  (metabot show ID tells all about one)"] if standing else []
    lines += [line for finding in standing for line in _finding(finding)]
    if apart:
        lines.append(f"{'' if standing else 'findings  '}{len(apart)} {APART}")
    return lines + [line for finding in apart for line in _finding(finding)]


def _finding(finding: Finding) -> list[str]:
    candidate = finding.candidate
    tail = f" [{candidate.analyzer}]"
    head = f"  {finding.fingerprint}  "
    return [
        f"{head}{cut(subject_words(candidate.subject), max(WIDTH - len(head) - len(tail), 1))}{tail}",
        *wrapped(candidate.problem, indent=_INDENT, lines=2),
        *wrapped("; ".join(_seen(finding)), indent=_INDENT, lines=1),
        *_also(finding),
    ]


def _also(finding: Finding) -> Iterable[str]:
    """A line for each of the first consequences."""
    for one in finding.consequences[:_ALSO]:
        yield from wrapped(f"{also(one)}: {one.candidate.problem}", first=f"{_INDENT}also: ", indent=_INDENT, lines=1)
    if len(finding.consequences) > _ALSO:
        yield f"{_INDENT}also: {len(finding.consequences) - _ALSO} more"


def also(consequence: Consequence) -> str:
    return f"{consequence.candidate.analyzer} ({consequence.because})"


def found_usd(finding: Finding) -> float | None:
    """What it costs in all that was analyzed, by the dearest of what has this one cause; None is unknown."""
    return _in_all(finding, lambda candidate: candidate.cost_usd_per_call)


def found_seconds(finding: Finding) -> float | None:
    return _in_all(finding, lambda candidate: candidate.seconds_per_call)


def _in_all(finding: Finding, per_call: Callable[[Candidate], float | None]) -> float | None:
    candidates = (finding.candidate, *(one.candidate for one in finding.consequences))
    known = [(per_call(candidate), candidate.evidence.observed.n) for candidate in candidates]
    return max((each * times for each, times in known if each is not None), default=None)


def subject_words(subject: Subject) -> str:
    """`service/operation detail`; the detail only where the operation does not say it already."""
    what = f"{subject.service}/{subject.operation}"
    return what if subject.detail is None or subject.detail in subject.operation else f"{what} {subject.detail}"


def _seen(finding: Finding) -> Iterable[str]:
    candidate = finding.candidate
    if candidate.first_ns is not None:
        yield f"since {moment(candidate.first_ns)}"
    total = in_all(finding)
    if total:
        yield f"in all {total}"
    yield from costs(candidate, finding.cost_usd_per_month)
    if candidate.exemplars:
        yield f"span {candidate.exemplars[0].span_id}"


def in_all(finding: Finding) -> str:
    """`$1.20 and 3.41 s`: the two by which findings are ranked; empty where neither is known."""
    usd, waited = found_usd(finding), found_seconds(finding)
    known = (None if usd is None else money(usd), None if waited is None else seconds(waited))
    return " and ".join(one for one in known if one is not None)


def costs(candidate: Candidate, per_month: float | None) -> Iterable[str]:
    each = _each(candidate.evidence.observed.unit)
    if candidate.cost_usd_per_call is not None:
        yield f"{money(candidate.cost_usd_per_call)} {each}"
    else:
        yield "cost unknown"
    if per_month is not None:
        yield f"{money(per_month)} a month"
    if candidate.seconds_per_call is not None:
        yield f"{candidate.seconds_per_call:.2f} s {each}"


def inexact(candidate: Candidate) -> str:
    """What its figure is where it is no count, sum or union of intervals; empty where it is one."""
    if candidate.evidence.observed.exact:
        return ""
    return "scaled by a stated ratio" if candidate.e_value is None else "estimated"


def seen_in(candidate: Candidate) -> str:
    """What it was looked for in, one by one: a trace, a session, the run of a process."""
    return _SEEN_IN.get(candidate.evidence.observed.unit, "trace")


def _each(unit: Unit) -> str:
    word = next((word for word in _COUNTED_BY if word in unit), "call")
    return f"{'an' if word[0] in 'ae' else 'a'} {word}"
