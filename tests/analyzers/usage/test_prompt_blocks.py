"""What prompts have in common, by the hashes of their blocks."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.usage.agents import with_agents
from analyzers.usage.prompt_blocks import prompt_blocks
from analyzers.usage.sequences import in_order
from metabot_instrument.vocabulary.blocks import shared
from tests.builders import frames, model, span, trace


def chained(blocks):
    """A hash of every prefix."""
    done, before = [], b""
    for block in blocks:
        before = hashlib.blake2b(before + str(block).encode(), digest_size=8).digest()
        done.append(int.from_bytes(before, "big"))
    return done


def sent(*blocks, **more):
    return model(**{"block_hashes": chained(blocks), "block_size": 64, "block_unit": "tokens", **more})


def seen(*traces):
    spans, calls, _ = frames(*traces)
    return prompt_blocks(in_order(with_agents(calls.collect(), spans)))


def test_what_an_earlier_call_had_is_reusable():
    """By a cache that forgets nothing: a block counts if everything before it is the same too."""
    (found,) = seen(trace(sent(1, 2, 3)), trace(sent(1, 2, 4), at=1), trace(sent(9, 2, 3), at=2))
    assert (found.calls, found.blocks, found.reusable, found.reusable_share) == (3, 9, 2, 2 / 9)
    assert found.same_first_block == 2
    assert found.consecutive.calls == 0
    assert found.consecutive.reused_share is None


def test_a_cache_serves_one_model():
    """What another model was sent is read again."""
    (found,) = seen(trace(sent(1, 2, model="small"), sent(1, 2, model="large")))
    assert found.reusable == 0


def test_each_call_against_the_one_before():
    """Within one agent of one trace; a nested agent has a conversation of its own."""
    helper = span("helper", None, sent(7, 8), sent(7, 8, 9), kind="agent")
    (found,) = seen(trace(sent(1, 2), helper, sent(1, 2, 3), sent(1, 5)), trace(sent(1, 5), at=99))
    assert (found.consecutive.calls, found.consecutive.blocks, found.consecutive.reused) == (3, 8, 5)
    assert found.consecutive.reused_share == 5 / 8


LONG = range(200)


def test_a_break_is_a_long_prompt_that_begins_anew():
    """The history was rewritten: everything is read again."""
    (found,) = seen(
        trace(sent(*LONG), sent(*range(19), *range(1000, 1181)), sent(*range(5, 300))), trace(sent(*LONG), sent(*LONG))
    )
    assert (found.consecutive.breaks, found.consecutive.traces_with_breaks) == (2, 1)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(sent(*range(1, 200)), id="199 blocks"),
        pytest.param(sent(*range(20), *range(1000, 1180)), id="a tenth is shared"),
        pytest.param(sent(*LONG, start=-5), id="it is the first"),
        pytest.param(sent(*range(1, 201), block_size=32), id="blocks of another size"),
    ],
)
def test_says_nothing_when(later):
    """Each of these is no break."""
    assert all(one.consecutive.breaks == 0 for one in seen(trace(sent(*LONG), later)))


def test_sizes_of_blocks_stay_apart():
    """A hash of 64 tokens says nothing about one of 256 characters; calls without blocks are left out."""
    found = seen(
        trace(sent(1), sent(1, block_size=256, block_unit="characters"), sent(2), sent(), model(block_hashes=[1]))
    )
    assert [(one.block_unit, one.block_size, one.calls) for one in found] == [("tokens", 64, 2), ("characters", 256, 1)]


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=6), min_size=1, max_size=6))
def test_the_same_as_comparing_block_by_block(prompts):
    """Bisection finds what stepping through both finds."""
    hashes = [chained(prompt) for prompt in prompts]
    (found,) = seen(trace(*(sent(*prompt) for prompt in prompts)))
    pairs = list(pairwise(hashes))
    assert found.consecutive.reused == sum(shared(one, other) for one, other in pairs)
    known = set()
    reusable = 0
    for prompt in hashes:
        reusable += len(set(prompt) & known)
        known |= set(prompt)
    assert (found.reusable, found.blocks) == (reusable, sum(map(len, hashes)))
