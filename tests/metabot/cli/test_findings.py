"""How findings are printed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzers.finding import Candidate, Consequence, Finding, Fingerprint
from metabot.cli.fail_on import limit_of
from metabot.cli.findings import findings_lines, found_seconds, found_usd
from metabot.cli.show import finding_page
from tests import proposals


def finding(usd: float | None = None, seconds: float | None = None, *, production: bool = True) -> Finding:
    made = proposals.finding()
    return replace(made, candidate=costing(made.candidate, usd, seconds), production=production)


def costing(candidate: Candidate, usd: float | None, seconds: float | None) -> Candidate:
    return replace(candidate, cost_usd_per_call=usd, seconds_per_call=seconds)


def following(one: Finding, *others: Finding) -> Finding:
    consequences = tuple(
        Consequence(fingerprint=other.fingerprint, candidate=other.candidate, because="it is tried again")
        for other in others
    )
    return replace(one, consequences=consequences)


def test_says_what_it_costs_in_all() -> None:
    """Money and waiting of all 40 calls, by which findings are ranked."""
    lines = findings_lines([finding(0.5, 2)])
    assert lines[0].startswith("findings  1, dearest first")
    assert "in all $20.00 and 80.00 s" in "\n".join(lines)


@pytest.mark.parametrize(
    ("exact", "e_value", "said"),
    [(True, None, ""), (False, None, ", scaled by a stated ratio"), (False, 40.0, ", estimated")],
)
def test_a_figure_that_is_not_exact_says_how_it_came(exact: bool, e_value: float | None, said: str) -> None:
    """In proportion to what was counted, or as an estimate, which has its e-value."""
    one = finding()
    waste = replace(one.candidate.evidence, observed=replace(one.candidate.evidence.observed, exact=exact))
    page = finding_page(replace(one, candidate=replace(one.candidate, evidence=waste, e_value=e_value)))
    assert f"tokens per call over n = 40{said} achievable" in " ".join(" ".join(page).split())


def test_what_follows_stands_below_its_cause() -> None:
    """Two lines at most, each with how it follows; the rest is counted."""
    lines = findings_lines([following(finding(), *[finding()] * 4)])
    also = [line for line in lines if line.startswith("    also: ")]
    assert [line.startswith("    also: prompt-cache-miss (it is tried again)") for line in also] == [True, True, False]
    assert also[-1] == "    also: 2 more"
    assert max(map(len, lines)) <= 80


def test_a_finding_costs_what_the_dearest_of_its_cause_costs() -> None:
    """Not their sum: they are about the same calls. What is unknown is no zero."""
    assert found_usd(following(finding(0.5), finding(2), finding())) == 80
    assert found_usd(following(finding(), finding())) is None
    assert found_seconds(following(finding(), finding(0.5, 1))) == 40


def test_tests_stand_apart() -> None:
    """Behind the others, or alone."""
    both = findings_lines([finding(), finding(production=False)])
    assert [line for line in both if not line.startswith(" ")] == [
        "findings  1, dearest first  (metabot show ID tells all about one)",
        "1 seen in tests or evaluations only",
    ]
    assert findings_lines([finding(production=False)])[0] == "findings  1 seen in tests or evaluations only"
    assert findings_lines([]) == ["findings  none"]


def test_the_first_five_stand_within_a_screen() -> None:
    """Without consequences."""
    found = [replace(finding(0.5, 2), fingerprint=Fingerprint(f"{number:012x}")) for number in range(9)]
    assert sum(not line.startswith("    ") for line in findings_lines(found)[:22]) >= 6


def test_costs_are_added_over_all_findings() -> None:
    """A limit is passed by more than it; of how many findings nothing is known is said."""
    limit = limit_of("cost:40")
    assert limit.exceeded([finding(0.5), finding(0.5), finding()]) is None
    assert limit.exceeded([finding(0.5), finding(0.6)]) == "what was found costs $44.00 in what was analyzed."
    assert limit.unknown([finding(0.5), finding()]) == "not weighed, as their cost is unknown: 1 finding."
    assert limit.unknown([finding(0.5)]) is limit_of("any").unknown([finding()]) is None
    assert limit_of("any").exceeded([]) is None
