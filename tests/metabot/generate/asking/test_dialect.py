"""What is asked for, and what instead where a server does not understand."""

from __future__ import annotations

from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.asking.answered import Failed
from metabot.generate.asking.dialect import Dialect

WORDS = ["max_tokens", "max_completion_tokens", "temperature", "stream_options", "response_format", "no", "schema"]
Structured = Literal["auto", "schema", "json", "text"]


@given(
    st.sampled_from(get_args(Structured)),
    st.lists(st.tuples(st.sampled_from([400, 404, 422, 500]), st.lists(st.sampled_from(WORDS), max_size=3))),
)
def test_it_is_lowered_a_few_times_at_most(structured: Structured, refusals: list[tuple[int, list[str]]]) -> None:
    """However long a server refuses, and whatever it says: each thing is dropped once."""
    dialect: Dialect | None = Dialect.of(structured, 0.2)
    lowered = 0
    for status, words in refusals:
        assert dialect is not None
        milder = dialect.after(Failed(why="status", status=status, words=" ".join(words)))
        if milder is not None:
            assert milder != dialect
            lowered += 1
            dialect = milder
    assert lowered <= 5


@pytest.mark.parametrize(
    "failed",
    [
        pytest.param(Failed(why="status", status=500, words="response_format"), id="a fault of the server"),
        pytest.param(Failed(why="status", status=401, words="response_format"), id="a wrong key"),
        pytest.param(Failed(why="status", status=404, words="no such model"), id="a wrong name"),
        pytest.param(Failed(why="status", status=400, words="maximum context length is 4096"), id="a long prompt"),
        pytest.param(Failed(why="status", status=400, words="Invalid model name"), id="a wrong name, said otherwise"),
        pytest.param(Failed(why="stalled"), id="no answer"),
    ],
)
def test_other_failures_change_nothing(failed: Failed) -> None:
    """They are no lack of understanding."""
    assert Dialect.of("auto", None).after(failed) is None


def test_the_schema_stands_in_the_last_message_alone() -> None:
    """And only where the server is not given it as one."""
    messages = [("system", "Be brief."), ("user", "Write.")]
    schema = {"type": "object"}
    as_text = Dialect.of("text", None).request(messages, schema, model="m", max_tokens=9)
    assert as_text["messages"][0]["content"] == "Be brief."
    assert '{"type": "object"}' in as_text["messages"][-1]["content"]
    assert "response_format" not in as_text
    without = Dialect.of("schema", None).request(messages, None, model="m", max_tokens=9)
    assert "response_format" not in without
