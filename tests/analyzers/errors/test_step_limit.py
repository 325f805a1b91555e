"""Sizes that pile up at their maximum: caps of runs, cuts of prompts, and what only looks like one."""

from __future__ import annotations

import dataclasses

import pytest

from analyzers.errors.step_limit import Settings, detect, measure
from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.untrusted import Name
from tests.builders import frames, model, span, trace

RUNS = Subject(service=Name("desk"), operation=Name("handle"), detail=Name("model calls of a run"))
INPUTS = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("input tokens of a call"))
FREELY = (3, 5, 6, 8, 9, 9, 11, 12)


def run(steps, last=None, **columns):
    """One agent's run of so many model calls."""
    return trace(*[model(ms=10)] * (steps - 1), model(ms=10, **(last or {})), **columns)


def runs(*steps, last=None):
    return [run(count, last=last if count == max(steps) else None) for count in steps]


def prompts(*sizes, **columns):
    return [trace(model(input_tokens=size, **columns)) for size in sizes]


def detected(*traces, **options):
    spans, calls, _ = frames(*traces)
    return detect(spans, calls, **options)


def test_says_how_many_runs_stop_at_one_cap():
    """Five of thirteen runs make fifteen calls, none fourteen or thirteen."""
    spans, calls, _ = frames(*runs(*FREELY, *[15] * 5))
    (found,) = detect(spans, calls)
    assert found.subject == RUNS
    assert found.evidence.observed == measure(spans, calls, subject=RUNS)
    assert (found.evidence.observed.value, found.evidence.observed.unit) == (5 / 13, "share of traces")
    assert (found.evidence.occurrences, found.traces, found.traces_examined) == (5, 5, 13)
    assert found.unknown == ("whether 5 of the 5 runs were finished",)
    assert found.problem == (
        "5 of 13 runs of handle (38.5%) stop after exactly 15 model calls, the most that any makes; "
        "1 at most have any size next to it"
    )


def test_a_run_is_what_one_agent_did():
    """Two agents share each trace; one of them is capped."""

    def team(steps):
        return trace(
            span("plan", None, *[model(ms=10)] * (steps % 3 + 1), kind="agent"),
            span("write", None, *[model(ms=10)] * steps, kind="agent"),
            kind="workflow",
        )

    (found,) = detected(*(team(steps) for steps in (*FREELY, *[15] * 5)))
    assert (found.subject.operation, found.evidence.occurrences) == ("write", 5)


def test_runs_that_asked_for_more_were_capped_whatever_the_others_did():
    """No run comes near the cap, but those at it had not finished."""
    (found,) = detected(*runs(1, 2, 3, 3, *[8] * 6, last={"asks": ("1",)}))
    assert found.unknown == ()


def test_a_round_and_large_number_is_a_cap():
    """As people set them."""
    assert len(detected(*runs(6, 9, 9, 13, *[30] * 4))) == 1
    assert detected(*runs(6, 9, 9, 13, *[31] * 4)) == []


def test_says_how_many_prompts_are_cut():
    """Forty prompts of one size to the token or two, the largest there are."""
    spans, calls, _ = frames(*prompts(*range(1000, 7400, 100), *[7437, 7435, 7436, 7436] * 10))
    (found,) = detect(spans, calls)
    assert found.subject == INPUTS
    assert found.evidence.observed == measure(spans, calls, subject=INPUTS)
    assert (found.evidence.observed.value, found.evidence.observed.unit) == (40 / 104, "share of calls")
    assert found.unknown == ("what was cut off", "whether one prompt was sent again and again")
    assert found.problem == (
        "40 of 104 prompts of chat (38.5%) have 7,435 to 7,437 input tokens, the most that any has, as if cut there; "
        "no size next to it occurs"
    )


def test_different_prompts_of_one_size_are_cut():
    """Their hashes say that it is not one prompt sent again."""
    cut = [trace(model(input_tokens=7437, prompt_hash=number)) for number in range(40)]
    (found,) = detected(*prompts(*range(1000, 7400, 100)), *cut)
    assert found.unknown == ("what was cut off",)


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param(runs(*FREELY, 15, 15), id="two at the maximum are no pile"),
        pytest.param(prompts(*range(1000, 7400, 100), *[7437] * 19), id="nor are a few prompts"),
        pytest.param(runs(*(3, 5, 6, 8, 9) * 40, *[15] * 3), id="hardly any reaches it"),
        pytest.param(runs(*FREELY, *[14] * 3, *[15] * 5), id="they thin out towards the maximum"),
        pytest.param(runs(*[1, 2, 3] * 2, *[4] * 9), id="too short to be capped"),
        pytest.param(prompts(*range(100, 900, 50), *[950] * 40), id="too short to be cut"),
        pytest.param(runs(*[12] * 20), id="a pipeline makes the same calls every time"),
        pytest.param(runs(*[2] * 9, *[3] * 9, *[20] * 20), id="three ways through a pipeline"),
        pytest.param(runs(1, 2, 3, 3, *[8] * 9), id="short and long runs, nothing in between"),
        pytest.param(runs(*FREELY, *[15] * 5, last={"finish_reason": "stop"}), id="those at the maximum were finished"),
        pytest.param(
            [*prompts(*range(1000, 7400, 100)), *prompts(*[7437] * 40, prompt_hash=7)], id="one long prompt, sent again"
        ),
        pytest.param(prompts(*range(1000, 7400, 10)), id="sizes of every kind"),
        pytest.param(prompts(*[None] * 50), id="sizes are not known"),
        pytest.param([run(1)], id="one call"),
    ],
)
def test_says_nothing_when(traces):
    """Each of these has a largest size, and none is a limit."""
    assert detected(*traces) == []


def test_says_nothing_about_nothing():
    """Empty frames are a recording too."""
    empty = [kind.empty().lazy() for kind in (SPANS, CALLS)]
    assert detect(*empty) == []
    assert measure(*empty, subject=RUNS) is None
    assert measure(*empty, subject=INPUTS) is None


def test_measures_without_conditions():
    """One of three is at the maximum: no pile, but a share."""
    spans, calls, _ = frames(*runs(1, 2, 3))
    assert measure(spans, calls, subject=RUNS).value == pytest.approx(1 / 3)
    assert measure(spans, calls, subject=dataclasses.replace(RUNS, service=Name("shop"))) is None


def test_how_many_are_a_pile_is_a_setting():
    """Two, for whoever says so."""
    assert len(detected(*runs(*FREELY, 15, 15), settings=Settings(min_runs=2, min_ratio=2))) == 1
