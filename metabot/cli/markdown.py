"""`--format markdown`: the findings as text that an issue or a pull request can take."""

from __future__ import annotations

import re
from typing import Final

from analyzers.finding import Candidate, Finding
from analyzers.untrusted import Name, Untrusted
from metabot.analysis import Analysis
from metabot.cli.findings import APART, also, costs, in_all, inexact, seen_in, subject_words, times
from metabot.cli.quantities import counted
from metabot.publish.figures import figure
from metabot.redact import redact
from metabot.render import render

_ACTED_ON: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_QUOTED: Final = 2_000  # characters that are looked through for secrets
_SHOWN: Final = 200  # of them


def as_markdown(analysis: Analysis) -> str:
    """A table of the findings, then each with its figures; nothing in it renders, links or mentions by itself."""
    overview = analysis.overview
    return render(
        "report/analysis.md.j2",
        spans=counted(overview.spans, "span"),
        traces=counted(overview.traces, "trace"),
        rejects=overview.rejects,
        refused=[plain(refusal.told()) for refusal in analysis.refused],
        standing=[_values(finding) for finding in analysis.findings if finding.production],
        apart=[_values(finding) for finding in analysis.findings if not finding.production],
        apart_words=APART,
    )


def _values(finding: Finding) -> dict[str, object]:
    candidate = finding.candidate
    observed = candidate.evidence.observed
    return {
        "fingerprint": finding.fingerprint,
        "analyzer": plain(candidate.analyzer),
        "subject": subject_words(candidate.subject),
        "problem": plain(candidate.problem),
        "costs": plain(in_all(finding) or "unknown"),
        "each": plain("; ".join(costs(candidate, finding.cost_usd_per_month))),
        "observed": f"{figure(observed.value)} {observed.unit}, n = {observed.n:,}",
        "inexact": inexact(candidate),
        "achievable": figure(candidate.evidence.achievable),
        "seen": _seen(candidate),
        "also": [f"{plain(also(one))}: {plain(one.candidate.problem)}" for one in finding.consequences],
        "quotes": [quotation(quote) for quote in candidate.quotes],
        "exemplars": [(Name(one.trace_id), Name(one.span_id)) for one in candidate.exemplars],
        "unknown": [plain(one) for one in (candidate.cost_unknown, *candidate.unknown) if one is not None],
    }


def _seen(candidate: Candidate) -> str:
    where = f"{counted(candidate.traces, seen_in(candidate))} of {candidate.traces_examined:,}"
    when = times(candidate)
    return f"{candidate.evidence.occurrences:,} times, in {where}{f', {when}' if when else ''}"


def plain(text: str) -> str:
    """A sentence of ours in which nothing is markup."""
    return _ACTED_ON.sub(r"\\\1", text).replace("@", "(at)")


def quotation(text: Untrusted) -> str:
    """Looked through for secrets before it is cut: half a secret would not be known as one."""
    shown, _ = redact(text.quoted(_QUOTED))
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 2]}…”"
