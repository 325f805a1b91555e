"""What a pull request says. Every figure comes out of the verified proposal and is labelled by where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import metabot
from analyzers.finding import Candidate
from analyzers.untrusted import Untrusted
from metabot.generate.asking.asked import Asked
from metabot.publish import identity
from metabot.publish.answers_found import answers_found
from metabot.publish.charts import chart
from metabot.publish.ended import ROOM
from metabot.publish.figures import Labels, difference, figure, figures, guarded, runs, timed
from metabot.publish.host import LARGEST_TEXT
from metabot.publish.spent import spent
from metabot.publish.tested import executed, untested
from metabot.redact import redact
from metabot.render import render
from metabot.verify.measured import CommandRun, VerifiedProposal

_QUOTED: Final = 200  # characters of one quotation
_NS_PER_HOUR: Final = 3_600 * 10**9
_MAIN: Final = 2  # rows of the table of figures that everybody reads: the score and the finding's metric
_READ: Final = 2_000  # characters of it that are looked through for secrets before it is cut


def body(verified: VerifiedProposal, labels: Labels, *, reproduce: str, asked: Sequence[Asked] = ()) -> str:
    """The pull request's text in Markdown. `reproduce` is the one command that comes to the same result; `asked` are
    the requests to a language model that it cost.

    No longer than a host takes: what is least needed is left out first, and that is said.
    """
    for kept in _CUTS:
        text = _body(verified, labels, kept, reproduce=reproduce, asked=asked)
        if len(text) <= LARGEST_TEXT - ROOM:
            return text
    raise ValueError("a body without tables is as long as its summary, its risks and ten places")


class _Kept(NamedTuple):
    """How much of each part is shown."""

    left_out: str  # in words
    runs: bool = True
    figures: bool = True
    items: int = 10**6  # places, risks, and what was not checked
    chars: int = 10**6  # of the summary, and of all items together


_CUTS: Final = (
    _Kept(""),
    _Kept("every single run", runs=False),
    _Kept("the tables of figures", runs=False, figures=False),
    _Kept("the tables of figures, and the rest of long lists", runs=False, figures=False, items=10, chars=8_000),
)


def _body(verified: VerifiedProposal, labels: Labels, kept: _Kept, *, reproduce: str, asked: Sequence[Asked]) -> str:
    proposal, measured = verified.proposal, verified.measured
    candidate = proposal.placed.finding.candidate
    of_change = labels.of_change(proposal)
    gain = _gain(verified, of_change) if difference(measured) else ""
    return render(
        "pull_request/body.md.j2",
        verified=verified,
        proposal=proposal,
        candidate=candidate,
        fingerprint=proposal.placed.finding.fingerprint,
        summary=proposal.summary[: kept.chars],
        locations=proposal.placed.locations[: kept.items],
        times=_times(candidate.first_ns, candidate.last_ns),
        observed=figure(candidate.evidence.observed.value),
        achievable=figure(candidate.evidence.achievable),
        cost=_cost(candidate.cost_usd_per_call, candidate.cost_unknown),
        quotes=[_quotation(quote) for quote in candidate.quotes],
        tests=_tests(verified),
        main=figures(measured, of_change)[:_MAIN],
        figures=figures(measured, of_change) if kept.figures else [],
        repeated=runs(measured) if kept.runs else [],
        difference=difference(measured),
        gain=gain,
        chart=chart(measured, title=gain.replace("*", "")) if kept.runs else "",
        guarded=guarded(measured) if kept.figures else [],
        left_out=kept.left_out,
        predicted=figure(proposal.prediction.expected),
        predicted_from=figure(proposal.prediction.observed),
        judged=_judged(candidate),
        unchecked=_some(unchecked(verified, labels), kept),
        risks=_some(proposal.risks, kept),
        scripted=labels.answers == "scripted",
        recorded=answers_found(measured),
        reproduce=reproduce,
        spent=spent(verified, asked),
        version=metabot.__version__,
        block=identity.write(identity.block_of(verified)),
    )


def _some(items: Sequence[str], kept: _Kept) -> list[str]:
    shown = items[: kept.items]
    return [item[: max(kept.chars // len(shown), 1)] for item in shown]


def _judged(candidate: Candidate) -> str:
    """When: over a time and a number of calls like those of the evidence."""
    enough = f"at least {candidate.evidence.observed.n:,} calls or traces"
    if candidate.first_ns is None or candidate.last_ns is None:
        return f", once that holds {enough}"
    hours = max((candidate.last_ns - candidate.first_ns) / _NS_PER_HOUR, 1)
    return f", once that covers {figure(round(hours))} h and {enough}"


def _gain(verified: VerifiedProposal, labels: Labels) -> str:
    """Which figure the runs were made for, and where it comes from."""
    unit = verified.proposal.placed.finding.candidate.evidence.observed.unit
    if verified.measured.benchmarks:
        return f"seconds of the benchmark, *{labels.times}*"
    return f"{unit}, *{labels.of_unit(unit)}*"


def commit_message(verified: VerifiedProposal) -> str:
    """Title and reason, with the finding that it is for."""
    proposal = verified.proposal
    finding = proposal.placed.finding
    return f"{proposal.title}\n\n{proposal.summary}\n\nFinding: {finding.candidate.analyzer} {finding.fingerprint}\n"


def unchecked(verified: VerifiedProposal, labels: Labels) -> list[str]:
    """What nobody looked at, so that the reader can."""
    placed, measured = verified.proposal.placed, verified.measured
    played = "a script" if answers_found(measured) is None else "a recording"
    scored = bool(measured.evaluations) and all(one.score is not None for one in measured.evaluations)
    listed = [
        (not scored, "Answer quality: the repository has no evaluation that prints a score."),
        (labels.answers == "scripted", f"The answers of a real model: those of the measurement come from {played}."),
        (labels.cache == "modelled", "A provider's prompt cache: hits follow the documented rule, nobody was asked."),
        (not timed(measured), "How long anything takes: times were looked at for a rise of more than a tenth only."),
        (
            measured.sandbox == "none",
            'The commands ran without a sandbox (`sandbox = "none"`), by the settings\' word.',
        ),
        *((True, text) for text in untested(measured)),
        (not placed.revision_known, "The deployed revision: telemetry names none that the repository has."),
        *((True, f"{what[:1].upper()}{what[1:]}.") for what in placed.finding.candidate.unknown),
    ]
    return [text for holds, text in listed if holds]


def _cost(usd: float | None, unknown: str | None) -> str:
    return f"USD {usd:,.6f}".rstrip("0").rstrip(".") if usd is not None else f"unknown, {unknown or 'nothing says why'}"


def _tests(verified: VerifiedProposal) -> list[tuple[str, str, str]]:
    measured = verified.measured
    return [
        ("The repository's tests", _ended([measured.base_tests]), _ended([measured.head_tests])),
        ("The new test", _ended([measured.new_test_on_base]), _ended(measured.new_test_on_head)),
        *executed(measured),
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
        return "unknown, the telemetry has no calendar times"
    return f"{_moment(first_ns)} to {_moment(last_ns)}"


def _moment(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC")
