"""What is written is loaded again as an equal value, whatever the telemetry said."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzers.finding import CodeAnchor, Finding, Metric, Subject
from analyzers.untrusted import Name, Untrusted
from metabot.ledger.encoding import decode, encode
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped
from metabot.verify.tried import Tried

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)  # decoded UTF-8 holds no surrogates
st.register_type_strategy(Untrusted, TEXT.map(Untrusted))
st.register_type_strategy(Name, TEXT.map(Name))
st.register_type_strategy(str, TEXT)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(int, st.integers(-(2**63), 2**64 - 1))


@pytest.mark.parametrize("kind", [Finding, Stopped, Tried, PullRequest])
@settings(suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_loads_what_it_wrote(kind: type, data: st.DataObject) -> None:
    """Every type that the ledger keeps, with any content."""
    value = data.draw(st.from_type(kind))
    assert decode(encode(value), kind) == value


def test_keeps_the_types_of_text() -> None:
    """What could not be printed before cannot be printed after; a name stays a name."""
    loaded = decode(encode(CodeAnchor(file=Untrusted("a/b.py"), function=None, line=1)), CodeAnchor)
    assert isinstance(loaded.file, Untrusted)
    assert type(decode(encode(Subject(service=Name("a"), operation=Name("b"))), Subject).service) is Name


def test_a_name_that_was_tampered_with_is_cleaned_again() -> None:
    """An edited ledger cannot smuggle markup into a name."""
    text = encode(Subject(service=Name("a"), operation=Name("b"))).replace('"a"', '"[a](x)"')
    assert "[" not in decode(text, Subject).service


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"value":"3","unit":"ms per trace","n":3,"exact":true}'])
def test_refuses_what_is_no_such_value(text: str) -> None:
    """Missing fields and wrong types are an error, not a default."""
    with pytest.raises(msgspec.MsgspecError):
        decode(text, Metric)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_keeps_no_figure_that_is_none(value: float) -> None:
    """JSON would turn it into null."""
    with pytest.raises(TypeError, match="say None"):
        encode(Metric(value=value, unit="ms per trace", n=1))


def test_lone_surrogates_do_not_end_a_pass() -> None:
    """Text that no UTF-8 can hold is written with replacements."""
    assert decode(encode(Untrusted("a\ud800b")), Untrusted) == Untrusted("a?b")
