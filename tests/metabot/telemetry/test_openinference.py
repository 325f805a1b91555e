import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry.openinference import flat


@pytest.mark.parametrize(
    ("nested", "expected"),
    [
        pytest.param({"llm": {"token_count": {"prompt": 5}}}, {"llm.token_count.prompt": 5}, id="nested"),
        pytest.param({"llm.token_count": {"prompt": 5}}, {"llm.token_count.prompt": 5}, id="half nested"),
        pytest.param({"llm.token_count.prompt": 5}, {"llm.token_count.prompt": 5}, id="flat"),
        pytest.param(
            {"llm": {"input_messages": [{"message": {"role": "user", "content": "Hi"}}]}},
            {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Hi"},
            id="messages",
        ),
        pytest.param(
            {"llm.input_messages": [{"message.role": "user"}]},
            {"llm.input_messages.0.message.role": "user"},
            id="a column",
        ),
        pytest.param(
            {"llm.input_messages": "[{'message.role': 'user', 'message.content': None}]"},
            {"llm.input_messages.0.message.role": "user"},
            id="as Python prints it",
        ),
        pytest.param(
            {"llm.input_messages": '[{"message.role": "user"}]'},
            {"llm.input_messages.0.message.role": "user"},
            id="as JSON",
        ),
        pytest.param({"llm.input_messages": "[array(["}, {"llm.input_messages": "[array(["}, id="no list at all"),
        pytest.param(
            {"output": {"value": {"a": {"b": 1}}}}, {"output.value": {"a": {"b": 1}}}, id="a value of any shape"
        ),
        pytest.param({"tag": {"tags": ["a", "b"]}}, {"tag.tags": ["a", "b"]}, id="a list of texts"),
        pytest.param({"llm": None}, {}, id="null"),
        pytest.param("none", {}, id="no attributes"),
    ],
)
def test_every_value_has_its_dotted_name(nested, expected):
    """However a program nested them."""
    assert flat(nested) == expected


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda one: st.lists(one) | st.dictionaries(st.text(max_size=3), one),
)


@given(value=_JSON)
def test_flat_is_flat(value):
    """Names are texts, and flattening what is flat changes nothing."""
    once = flat(value)
    assert all(isinstance(name, str) for name in once)
    assert flat(once).keys() == once.keys()
