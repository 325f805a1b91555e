"""What the telemetry says is held against what the replay server counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from proposals import evaluated, finding, measured, proposal
from repositories import finding as found

from metabot.generate.proposal import Proposal
from metabot.place.placement import Placed
from metabot.verify.measured import Evaluated, Matched, Measured, Served
from metabot.verify.served import served_unmet

HONEST = Served(requests=40, input_tokens=80_000, cached_tokens=0, output_tokens=4_000)


def run(revision: Literal["base", "head"], served: Served | None, **told: int | None) -> Evaluated:
    one = evaluated(revision, 1.0, 0)
    assert one.counts is not None
    matched = Matched(by_rule=40, by_hash=0, by_sequence=0, by_nearest=0, missing=0, late=0, served=served)
    return replace(one, counts=replace(one.counts, **told), matched=matched)


def of(*runs: Evaluated) -> Measured:
    return replace(measured(), evaluations=runs)


def change(analyzer: str = "prompt-cache-miss") -> Proposal:
    placed = Placed(finding=found(analyzer), revision="a" * 40, revision_known=True, locations=())
    return replace(proposal(finding(), "a" * 40), placed=placed)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"cached_tokens": 60_000}, id="tokens told as cached"),
        pytest.param({"input_tokens": 30_000}, id="input not told"),
        pytest.param({"output_tokens": 1_000}, id="output not told"),
        pytest.param({"model_calls": 20}, id="calls not told"),
    ],
)
def test_a_gain_that_the_server_does_not_see_is_noticed(told: dict[str, int]) -> None:
    """The change writes its telemetry, and not the server's count."""
    unmet = served_unmet(change(), of(run("base", HONEST), run("base", HONEST), run("head", HONEST, **told)))
    assert unmet is not None
    assert unmet.reason == "measurement tampered"


@pytest.mark.parametrize(
    ("served", "told"),
    [
        pytest.param(replace(HONEST, cached_tokens=60_000), {"cached_tokens": 60_000}, id="really cached"),
        pytest.param(replace(HONEST, requests=20), {"model_calls": 20}, id="really fewer calls"),
        pytest.param(HONEST, {"input_tokens": None}, id="tokens no longer told, which is another condition's"),
        pytest.param(HONEST, {"input_tokens": 79_000}, id="within two in a hundred"),
        pytest.param(replace(HONEST, input_tokens=90_000), {"input_tokens": 90_000}, id="dearer, which is another's"),
        pytest.param(replace(HONEST, requests=50), {}, id="attempts that a library makes by itself"),
    ],
)
def test_an_honest_gain_is_borne_out(served: Served, told: dict[str, int | None]) -> None:
    """Both count the same."""
    assert served_unmet(change(), of(run("base", HONEST), run("head", served, **told))) is None


def test_what_is_spent_in_secret_is_noticed() -> None:
    """Calls that the change adds and tells nothing of."""
    unmet = served_unmet(change(), of(run("base", HONEST), run("head", replace(HONEST, input_tokens=160_000))))
    assert unmet is not None
    assert "0 by the telemetry, -80,000 by the replay server's count" in unmet.detail


def test_calls_that_two_spans_tell_of_count_once() -> None:
    """The base shows how often the telemetry tells of one call."""
    base = run("base", HONEST, model_calls=80)
    assert served_unmet(change(), of(base, run("head", replace(HONEST, requests=20), model_calls=40))) is None


def test_a_server_that_was_ended_is_noticed() -> None:
    """It counted at the base."""
    unmet = served_unmet(change(), of(run("base", HONEST), run("head", None)))
    assert unmet is not None
    assert "missing" in unmet.detail


def test_nothing_is_said_without_a_server_or_about_time() -> None:
    """No replay, or one of an earlier version; and an answer that takes too long may be given up."""
    assert served_unmet(change(), measured()) is None
    assert served_unmet(change("serial-calls"), of(run("base", HONEST), run("head", HONEST, model_calls=1))) is None
