import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry.attributes import as_text, first, integer, number, numbered, of_jaeger, of_otlp, parsed
from tests.metabot.telemetry.exports import attributes, tags

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
VALUES = st.recursive(
    st.booleans() | st.integers(0, 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=5))
def test_otlp_values_of_every_type_come_back(values):
    """Writing a value as OTLP does and reading it gives the value."""
    assert of_otlp(attributes(values)) == values


@given(st.dictionaries(st.text(min_size=1), st.booleans() | st.integers() | st.text(), max_size=5))
def test_jaeger_values_come_back(values):
    """A tag is a key, a type and a value."""
    assert of_jaeger(tags(values)) == values


def test_jaeger_integers_are_sometimes_strings():
    """The type says what the value is."""
    assert of_jaeger([{"key": "http.status_code", "type": "int64", "value": "404"}]) == {"http.status_code": 404}


@given(JSON)
def test_nothing_raises(value):
    """Whatever stands where a list of attributes should, there are only fewer attributes."""
    for given_value in (value, [value], [{"key": "a", "value": value}], [{"key": value}]):
        assert isinstance(of_otlp(given_value), dict)
        assert isinstance(of_jaeger(given_value), dict)
    integer(value), number(value), as_text(value), parsed(value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("17", 17, id="a string"),
        pytest.param(" 17 ", 17, id="a string with spaces"),
        pytest.param(17.0, 17, id="a whole float"),
        pytest.param("17.0", 17, id="a whole float as a string"),
        pytest.param(0, 0, id="zero is a value"),
        pytest.param(17.5, None, id="a fraction"),
        pytest.param(-1, None, id="a negative number"),
        pytest.param(2**63, None, id="more than 64 bits"),
        pytest.param("9" * 400, None, id="far more than 64 bits"),
        pytest.param(True, None, id="a truth value"),
        pytest.param("seventeen", None, id="a word"),
        pytest.param("", None, id="nothing"),
        pytest.param("NaN", None, id="not a number"),
        pytest.param("²", None, id="a digit that is none"),
    ],
)
def test_an_integer_is_whole_and_fits(written, read):
    """What is no count is unknown, never a wrong count."""
    assert integer(written) == read


def test_numbered_lists_are_in_the_order_of_their_numbers():
    """`.10` stands after `.9`, and gaps close."""
    found = numbered({"p.10.role": "c", "p.2.role": "a", "p.9.role": "b", "p.x.role": "no", "q.0.role": "no"}, "p")
    assert found == [{"role": "a"}, {"role": "b"}, {"role": "c"}]


def test_first_skips_what_has_no_value():
    """A name that is there without a value does not hide the next one; zero and the empty string are values."""
    assert first({"a": None, "b": 0}, ("a", "b")) == 0


def test_json_that_is_broken_stays_text():
    """A prompt that begins with a brace is no JSON for that."""
    assert parsed("{not json") == "{not json"
