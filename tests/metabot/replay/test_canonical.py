"""The one spelling of equal JSON."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from metabot.replay.canonical import canonical, canonical_text, digest, request_digest

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def shuffled(value: Any, seed: int) -> Any:
    """The same value, its objects in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(inner, seed)) for key, inner in value.items()]
        random.Random(seed).shuffle(items)
        return dict(items)
    return [shuffled(inner, seed) for inner in value] if isinstance(value, list) else value


@given(VALUES, st.integers(0, 9), st.sampled_from([None, 1, 4]), st.booleans())
def test_the_hash_knows_no_order_no_white_space_and_no_escapes(
    value: Any, seed: int, indent: int | None, ascii_only: bool
) -> None:
    """However a program writes a value, its hash is the same."""
    written = json.dumps(shuffled(value, seed), indent=indent, ensure_ascii=ascii_only)
    assert digest(json.loads(written)) == digest(value)


@given(VALUES)
def test_the_canonical_spelling_keeps_the_value(value: Any) -> None:
    """It reads back as what it was, and is its own canonical spelling."""
    again = json.loads(canonical(value))
    assert again == value
    assert canonical(again) == canonical(value)


@given(VALUES, VALUES)
def test_different_values_have_different_hashes(one: Any, other: Any) -> None:
    """The spelling tells apart whatever JSON tells apart."""
    assert (canonical(one) == canonical(other)) == (digest(one) == digest(other))


def test_a_whole_float_is_its_integer() -> None:
    """JSON knows one kind of number; programs in other languages write 1.0 for 1."""
    assert canonical([1.0, 0.5, -2.0, 1e300]) == "[1,0.5,-2,1e+300]"


def test_truth_is_no_number() -> None:
    """Python takes True for 1."""
    assert digest(True) != digest(1)


def test_how_an_answer_is_delivered_is_not_what_is_asked() -> None:
    """A request that streams finds the exchange that did not."""
    assert request_digest({"model": "m", "stream": True, "stream_options": {}}) == request_digest({"model": "m"})


@given(st.text())
def test_a_text_that_is_no_object_stays_as_it_is(text: str) -> None:
    """Only objects and lists are spelled anew: the text 1.0 is not the text 1."""
    if text.lstrip()[:1] not in ("{", "["):
        assert canonical_text(text) == text
    assert canonical_text('{"b": 1,\n "a": 2}') == '{"a":2,"b":1}'
