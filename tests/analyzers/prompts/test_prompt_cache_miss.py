"""Instructions behind changing text: when it is said, how much it is said to be, and when nothing is said."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Subject
from analyzers.frames import CALLS
from analyzers.prompts.prompt_cache_miss import Settings, detect, measure
from analyzers.untrusted import Name
from tests.builders import frames, model, piece_hash, trace

RULES = tuple(
    f"Rule {number}: answer every question about topic {number} in a friendly and plain tone." for number in range(100)
)
TOOLS = ("lookup_order(order_id: str) finds an order",)
WHOLE = sum(len(rule) + 1 for rule in RULES) // 4 // 128 * 128
SUBJECT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))


def conversation(number, *prompts, every=10, **call):
    """One trace whose model calls have these prompts."""
    return trace(*(model(prompt=prompt, **call) for prompt in prompts), at=number * every, session_id=f"s{number}")


def faulty(number, **call):
    """Two calls that begin with the time and the name; the second goes on with the conversation."""
    opening = (*TOOLS, f"The time is {number}.", f"You help customer {number}.", *RULES, f"Where is order {number}?")
    return conversation(number, opening, (*opening, f"It is in town {number}.", "Thanks."), **call)


def cured(number):
    """The same lines with the instructions first."""
    opening = (*TOOLS, *RULES, f"The time is {number}.", f"You help customer {number}.", f"Where is order {number}?")
    return conversation(number, opening, (*opening, f"It is in town {number}.", "Thanks."))


def calls_of(build, conversations=10, **more):
    return frames(*(build(number, **more) for number in range(conversations))).calls


def test_says_what_the_order_costs():
    """Of ten conversations with two calls each, nine begin without the prefix that the first one left."""
    calls = calls_of(faulty, input_usd_per_mtok=2.0, cached_usd_per_mtok=0.5, code_function="desk.ask", revision="abc")
    (found,) = detect(calls)
    assert found.subject == SUBJECT
    assert found.evidence.occurrences == 9
    assert found.evidence.observed == measure(calls, subject=SUBJECT)
    assert found.evidence.observed.value == pytest.approx(WHOLE * 9 / 20)
    assert (found.evidence.observed.n, found.evidence.achievable) == (20, 0)
    assert found.cost_usd_per_call == pytest.approx(WHOLE * 9 / 20 * 1.5e-6)
    assert found.cost_unknown is None
    assert (found.traces, found.traces_examined) == (9, 10)
    assert len(found.exemplars) == 5
    assert found.revision == "abc"
    assert [anchor.function.quoted() for anchor in found.code] == ["“desk.ask”"]
    assert found.problem.startswith(f"about {WHOLE * 9 / 20:,.0f} input tokens per call repeat instructions")
    assert found.problem.endswith("behind 2 changing lines, where no cached prefix holds them (9 of 20 calls)")


def test_the_anchor_is_the_text_to_move():
    """Placing looks for the lines behind the changing ones; the tools' definitions in front stay where they are."""
    (found,) = detect(calls_of(faulty))
    assert found.prompt.static == tuple(piece_hash(rule) for rule in RULES)
    assert found.prompt.static_chars == sum(len(rule) + 1 for rule in RULES)
    assert found.prompt.leading_dynamic == 2


def test_the_figure_falls_to_nothing_once_cured():
    """The same measure over the application with the order changed."""
    assert detect(calls_of(cured)) == []
    assert measure(calls_of(cured), subject=SUBJECT).value == 0


def test_measures_without_conditions():
    """Three conversations are too few to report and enough to compare."""
    calls = calls_of(faulty, 3)
    assert detect(calls) == []
    assert measure(calls, subject=SUBJECT).value == pytest.approx(WHOLE * 2 / 6)


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(dataclasses.replace(SUBJECT, service=Name("shop")), id="other service"),
        pytest.param(dataclasses.replace(SUBJECT, operation=Name("embed")), id="other operation"),
        pytest.param(dataclasses.replace(SUBJECT, detail=None), id="model unknown"),
    ],
)
def test_measures_nothing_without_traffic(subject):
    """No calls is not the same as no waste."""
    assert measure(calls_of(faulty), subject=subject) is None


def test_says_that_the_price_is_unknown():
    """An absent price is a reason, never zero."""
    (unknown,) = detect(calls_of(faulty, cost_unknown="no price for large-1"))
    assert (unknown.cost_usd_per_call, unknown.cost_unknown) == (None, "no price for large-1")
    (half,) = detect(calls_of(faulty, input_usd_per_mtok=2.0))
    assert (half.cost_usd_per_call, half.cost_unknown) == (None, "no list price of input and cached input tokens")


def test_a_model_that_is_not_named_is_a_subject_too():
    """Some instrumentations leave the model out."""
    (found,) = detect(calls_of(faulty, model=None))
    assert found.subject.detail is None
    assert measure(calls_of(faulty, model=None), subject=found.subject) == found.evidence.observed


def test_a_strange_name_is_still_the_same_subject():
    """Names are cleaned before they are printed; measuring starts from the printed name."""
    strange = frames(*(dataclasses.replace(faulty(n, model="m@x/<b>#1")) for n in range(10))).calls
    (found,) = detect(strange)
    assert found.subject.detail == "m_x/‹b›_1"
    assert measure(strange, subject=found.subject) == found.evidence.observed


def long_thread(number):
    """One conversation in which every call tells the time anew."""
    return conversation(number, *((f"The time is {turn}.", *RULES) for turn in range(12)))


def shuffled(number):
    """Every conversation has the same lines, in an order of its own."""
    return conversation(number, RULES[number:] + RULES[:number])


def short(number):
    """The whole prompt is shorter than what a cache keeps."""
    return conversation(number, (f"The time is {number}.", *RULES[:20], f"Where is order {number}?"))


def small_share(number):
    """One long conversation after another: what the first call loses is little beside the rest."""
    opening = (f"The time is {number}.", *RULES)
    return conversation(number, *((*opening, *(f"{number} {turn}" for turn in range(turns))) for turns in range(12)))


def all_different(number):
    """Nothing is repeated."""
    return conversation(number, tuple(f"{rule} {number}" for rule in RULES))


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(calls_of(faulty, 3), id="too few calls"),
        pytest.param(calls_of(long_thread, 1), id="one conversation only"),
        pytest.param(calls_of(shuffled, 20), id="the instructions' own order changes"),
        pytest.param(calls_of(cured), id="the instructions stand first"),
        pytest.param(calls_of(short, 40), id="too short to be kept"),
        pytest.param(calls_of(small_share), id="too little beside the whole"),
        pytest.param(calls_of(all_different), id="no instructions"),
        pytest.param(calls_of(faulty, every=301), id="too far apart for any cache"),
        pytest.param(calls_of(faulty, cached_tokens=WHOLE), id="the provider cached it anyway"),
        pytest.param(calls_of(faulty, input_tokens=None), id="tokens unknown"),
        pytest.param(calls_of(faulty, piece_hashes=None, piece_chars=None, prompt_chars=None), id="not captured"),
        pytest.param(calls_of(faulty, piece_chars=[3]), id="lists of unequal length"),
        pytest.param(calls_of(faulty, prompt_chars=0), id="no characters"),
        pytest.param(calls_of(faulty, clock="order"), id="nobody knows how far apart"),
        pytest.param(calls_of(faulty, clock="relative"), id="conversations that count from moments of their own"),
        pytest.param(frames(faulty(1)).calls, id="one trace"),
        pytest.param(CALLS.empty().lazy(), id="nothing at all"),
    ],
)
def test_says_nothing_when(calls):
    """Each of these looks like instructions behind changing text, or like input, and is not."""
    assert detect(calls) == []


def test_other_models_do_not_share_a_cache():
    """Two models in turn, each 400 seconds after its last call: nothing could have been kept."""
    calls = frames(*(faulty(number, every=200, model=f"large-{number % 2}") for number in range(20))).calls
    assert detect(calls) == []
    assert len(detect(calls, settings=Settings(keep_seconds=400))) == 2


def test_says_how_many_calls_do_not_report_cached_tokens():
    """Calls that do not report cached tokens are judged by their prompts, and that is said."""
    (found,) = detect(calls_of(faulty))
    assert found.unknown[1] == "20 of 20 calls do not say how many tokens were cached"
    (told,) = detect(calls_of(faulty, cached_tokens=0))
    assert len(told.unknown) == 1


@st.composite
def recordings(draw):
    """Calls out of a few pieces, in few conversations, so that prefixes often meet."""
    lines = st.lists(st.sampled_from(["a" * 900, "b" * 2000, "c" * 5000, "d" * 9]), max_size=6)
    prompts = draw(st.lists(st.tuples(lines, st.integers(0, 700), st.integers(0, 3)), min_size=1, max_size=12))
    return [(tuple(prompt), at, f"s{session}") for prompt, at, session in prompts]


@given(recordings())
def test_agrees_with_a_plain_reading_of_the_definition(recorded):
    """Prefixes and warm lines, found by comparing every call with every earlier one."""
    calls = frames(*(trace(model(prompt=p), at=at, session_id=session) for p, at, session in recorded)).calls
    result = measure(calls, subject=SUBJECT)
    expected = plainly(recorded)
    assert (result is None) == (expected is None)
    if result is not None and expected is not None:
        assert result.value == pytest.approx(expected)


def plainly(recorded):
    """The mean of the tokens lost, by nested loops."""
    calls = [
        (numbered(prompt), at, session) for prompt, at, session in sorted(recorded, key=lambda call: call[1]) if prompt
    ]
    first = {session: prompt for prompt, _, session in reversed(calls)}
    every = {line for prompt in first.values() for line in prompt}
    static = {line for line in every if sum(line in prompt for prompt in first.values()) >= 0.9 * len(first)}
    lost = []
    for index, (prompt, at, _) in enumerate(calls):
        kept = [earlier for earlier, then, _ in calls[:index] if at - then <= 300]
        shared = max((common(prompt, earlier) for earlier in kept), default=0)
        warm = {line for earlier in kept for line in earlier}
        late = [line for line in prompt[shared:] if line in static and line in warm]
        ratio = (sum(map(chars, prompt)) // 4) / sum(map(chars, prompt))
        before = sum(map(chars, prompt[:shared]))
        lost.append(held(ratio * (before + sum(map(chars, late)))) - held(ratio * before))
    return sum(lost) / len(lost) if lost else None


def numbered(prompt):
    return [(line, prompt[:index].count(line)) for index, line in enumerate(prompt)]


def common(one, other):
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def chars(line):
    return len(line[0]) + 1


def held(tokens):
    return tokens // 128 * 128 if tokens >= 1024 else 0


def test_leaves_the_frame_as_it_was():
    """Detecting is a pure function: twice the same."""
    calls = calls_of(faulty)
    before = calls.collect()
    assert detect(calls) == detect(calls)
    assert before.equals(calls.collect())
