"""Values are held against the types that they were declared with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzers.finding import Candidate, Exemplar
from analyzers.untrusted import Name, Untrusted
from metabot.typed import mismatches
from tests.proposals import finding

SOUND = finding().candidate


class Loud(str):
    """Prints itself as it likes."""

    __slots__ = ()


def test_a_sound_value_has_no_mismatch() -> None:
    """Whole numbers stand where any number may, None where it may."""
    assert list(mismatches(SOUND, Candidate, "it")) == []
    assert list(mismatches(replace(SOUND, cost_usd_per_call=1, first_ns=None), Candidate, "it")) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"problem": Untrusted("x")}, "it.problem must be str, is Untrusted", id="text for a sentence"),
        pytest.param({"problem": Loud("x")}, "it.problem must be str, is Loud", id="a string of its own"),
        pytest.param({"quotes": ("x",)}, "it.quotes[0] must be Untrusted, is str", id="a sentence for text"),
        pytest.param({"quotes": [Untrusted("x")]}, "it.quotes must be tuple, is list", id="a list"),
        pytest.param({"traces": True}, "it.traces must be int, is bool", id="yes is no number"),
        pytest.param({"traces": None}, "it.traces must be int, is NoneType", id="nothing"),
        pytest.param({"seconds_per_call": float("inf")}, "it.seconds_per_call must be float", id="no end"),
        pytest.param({"revision": 4}, "it.revision must be str, is int", id="an optional one"),
        pytest.param(
            {"exemplars": (Exemplar(trace_id=1, span_id="a"),)},  # type: ignore[arg-type]  # the mistake
            "it.exemplars[0].trace_id must be str, is int",
            id="deep down",
        ),
        pytest.param(
            {"subject": replace(SOUND.subject, operation="chat")},  # type: ignore[arg-type]  # the mistake
            "it.subject.operation must be Name, is str",
            id="a name that nobody cleaned",
        ),
        pytest.param(
            {"evidence": replace(SOUND.evidence, observed=replace(SOUND.evidence.observed, unit="ms"))},  # type: ignore[arg-type]  # the mistake
            "it.evidence.observed.unit is not one of its",
            id="no word of the list",
        ),
    ],
)
def test_says_what_is_not_of_its_type(changed: dict[str, Any], said: str) -> None:
    """Where it stands, what it must be, what it is."""
    (told,) = mismatches(replace(SOUND, **changed), Candidate, "it")
    assert told.startswith(said)


def test_another_thing_altogether() -> None:
    """Something that has the same attributes is not the same."""
    assert list(mismatches(SOUND.subject, Candidate, "it")) == ["it must be Candidate, is Subject"]
    assert list(mismatches(Name("x"), Name, "it")) == []
