"""The one step that decides which candidates become findings, what they are called, and in which order they stand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from analyzers.causes import causes
from analyzers.exhibits import first_of
from analyzers.finding import Candidate, Consequence, Exemplar, Finding, Fingerprint, Subject

_DAYS_FOR_A_RATE: Final = 7  # a week has weekdays and a weekend; less is no month's measure
_DAYS_OF_A_MONTH: Final = 30
_EXEMPLARS: Final = 5


def control(candidates: Iterable[Candidate], *, window_days: float) -> list[Finding]:
    """One finding for each cause, dearest first: by money, then by waiting, then by the figure itself.

    One cause, for one analyzer: the same subject; the same exemplar spans; calls made in turn at the same place of
    the code; one prompt sent to several models. The candidate that weighs most speaks for the others. Of several
    analyzers: about the same spans, and one leads to the other (`analyzers.causes`); the cause speaks, and what it
    leads to stands with it as its consequences. A finding weighs what the heaviest of its candidates weighs.
    `window_days` is the time that the telemetry covers: a month's cost is extrapolated from seven days on.
    """
    leading: list[Candidate] = []
    for candidate in sorted(candidates, key=_weight):
        same = next((i for i, other in enumerate(leading) if _one_cause(other, candidate)), None)
        if same is None:
            leading.append(candidate)
        else:
            leading[same] = _merged(leading[same], candidate)
    follows = causes(leading)
    findings = [
        _finding(candidate, _consequences(leading, follows, number), window_days)
        for number, candidate in enumerate(leading)
        if number not in follows
    ]
    return sorted(findings, key=_heaviest)


def _consequences(
    leading: Sequence[Candidate], follows: Mapping[int, tuple[int, str]], cause: int
) -> tuple[Consequence, ...]:
    return tuple(
        Consequence(fingerprint=_fingerprint(leading[number]), candidate=_kept(leading[number]), because=how)
        for number, (beginning, how) in follows.items()
        if beginning == cause
    )


def _finding(candidate: Candidate, consequences: tuple[Consequence, ...], window_days: float) -> Finding:
    return Finding(
        fingerprint=_fingerprint(candidate),
        candidate=_kept(candidate),
        cost_usd_per_month=_month(candidate.cost_usd_per_call, candidate, window_days),
        seconds_per_month=_month(candidate.seconds_per_call, candidate, window_days),
        consequences=consequences,
    )


def _kept(candidate: Candidate) -> Candidate:
    """Without the sample, which has served its purpose."""
    return replace(candidate, affected=frozenset())


def _heaviest(finding: Finding) -> tuple[float, float, float, str]:
    return min(map(_weight, (finding.candidate, *(one.candidate for one in finding.consequences))))


def _fingerprint(candidate: Candidate) -> Fingerprint:
    return fingerprint(candidate.analyzer, candidate.rule_version, candidate.subject)


def fingerprint(analyzer: str, rule_version: int, subject: Subject) -> Fingerprint:
    """Twelve hex digits of SHA-256. JSON keeps the parts apart, whatever characters names hold."""
    parts = [analyzer, rule_version, subject.service, subject.operation, subject.detail]
    return Fingerprint(hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12])


def _weight(candidate: Candidate) -> tuple[float, float, float, str]:
    """Sorts the dearest first, and what weighs the same always in one order."""
    observed = candidate.evidence.observed
    return (
        -(candidate.cost_usd_per_call or 0.0) * observed.n,
        -(candidate.seconds_per_call or 0.0) * observed.n,
        -observed.value,
        _fingerprint(candidate),
    )


def _one_cause(one: Candidate, other: Candidate) -> bool:
    if one.analyzer != other.analyzer:
        return False
    same_service = one.subject.service == other.subject.service
    same_prompt = (
        one.prompt is not None
        and other.prompt is not None
        and same_service
        and one.prompt.static == other.prompt.static
    )
    same_spans = bool(one.exemplars) and set(one.exemplars) == set(other.exemplars)
    same_operation = same_service and one.subject.operation == other.subject.operation
    same_loop = same_operation and one.evidence.observed.unit == "ms per trace" and one.code[:1] == other.code[:1]
    return one.subject == other.subject or same_spans or same_loop or same_prompt


def _merged(leader: Candidate, other: Candidate) -> Candidate:
    exemplars: dict[Exemplar, None] = dict.fromkeys((*leader.exemplars, *other.exemplars))
    return replace(
        leader,
        first_ns=min(_known(leader.first_ns, other.first_ns), default=None),
        last_ns=max(_known(leader.last_ns, other.last_ns), default=None),
        exemplars=tuple(exemplars)[:_EXEMPLARS],
        affected=first_of(leader.affected | other.affected),
        quotes=leader.quotes or other.quotes,
        http_statuses=tuple(sorted({*leader.http_statuses, *other.http_statuses})),
    )


def _known(*times: int | None) -> list[int]:
    return [time for time in times if time is not None]


def _month(per_call: float | None, candidate: Candidate, window_days: float) -> float | None:
    """For 30 days like those of the window; None below seven days, or where what a call costs is unknown."""
    if per_call is None or not window_days >= _DAYS_FOR_A_RATE:
        return None
    return per_call * candidate.evidence.observed.n / window_days * _DAYS_OF_A_MONTH
