"""The layers, and how an application adds its own."""

from __future__ import annotations

import pytest

from metabot_instrument.vocabulary.layers import LAYERS, Layer, declare, layer_named


@pytest.mark.parametrize(
    ("name", "short", "operations"),
    [
        ("altitude", "alt", "transition evaluate plan execute"),
        ("focus", "foc", "stance_change gate_check lane_switch consent_check route"),
        ("reasoning", "rsn", "classify route escalate"),
        ("learning", "lrn", "pattern_match pattern_add pattern_trim generalize"),
        ("memory", "mem", "read write promote demote"),
        ("system", "sys", ""),
    ],
)
def test_the_shipped_layers_are_the_published_ones(name: str, short: str, operations: str) -> None:
    """Each is found by both names."""
    assert layer_named(name) is layer_named(short) is LAYERS[name]
    assert LAYERS[name] == Layer(name, short, tuple(operations.split()))


def test_any_other_name_is_no_layer() -> None:
    """Names are exact."""
    assert [layer_named(text) for text in ("Altitude", "", "al", "billing")] == [None] * 4


@pytest.mark.usefixtures("declared")
def test_a_layer_is_declared_and_gets_further_operations() -> None:
    """To declare it twice is no mistake: two modules may."""
    declare("billing", "bil", ("charge",))
    declare("billing", "bil", ("charge", "refund"))
    declare("system", "sys", ("boot",))
    assert layer_named("bil") == Layer("billing", "bil", ("charge", "refund"))
    assert LAYERS["system"].operations == ("boot",)


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    ("name", "short"),
    [
        pytest.param("metrics", "mem", id="letters of another layer"),
        pytest.param("memory", "mmy", id="name of another layer"),
        pytest.param("mem", "mmm", id="name that is another's letters"),
        pytest.param("Billing", "bil", id="capital"),
        pytest.param("billing", "bill", id="four letters"),
        pytest.param("", "bil", id="no name"),
    ],
)
def test_a_layer_that_ids_could_not_tell_is_refused(name: str, short: str) -> None:
    """Nothing is changed by it."""
    before = dict(LAYERS)
    with pytest.raises(ValueError, match="layer"):
        declare(name, short)
    assert before == LAYERS
