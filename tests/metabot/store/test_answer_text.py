"""An answer's text taken apart into what it says and what it asks for."""

from __future__ import annotations

import pytest

from metabot.store.answer_text import Said, taken_apart


@pytest.mark.parametrize(
    ("answer", "tools", "calls", "said"),
    [
        pytest.param("Hello.\nlook\n{}", (), None, Said("Hello.\nlook\n{}", ()), id="no tool was called"),
        pytest.param('look\n{"a": 1}', ("look",), 1, Said("", (("look", '{"a": 1}'),)), id="a call alone"),
        pytest.param(
            'One moment.\nlook\n{"a": 1}\nfind\n{}',
            ("look", "find"),
            2,
            Said("One moment.", (("look", '{"a": 1}'), ("find", "{}"))),
            id="a text and two calls",
        ),
        pytest.param("look\nlook", ("look",), 2, Said("", (("look", "{}"), ("look", "{}"))), id="calls of nothing"),
        pytest.param(
            'look\n{"text": "look\\n{}",\n "b": [1,\n2]}',
            ("look",),
            1,
            Said("", (("look", '{"text": "look\\n{}",\n "b": [1,\n2]}'),)),
            id="arguments over several lines",
        ),
        pytest.param("I will\nlook\nfor it.", ("look",), None, None, id="a name in a text and no call"),
        pytest.param("look\n{broken", ("look",), 1, None, id="arguments that are none"),
        pytest.param("look\n{}", ("look",), 2, None, id="fewer calls than were recorded"),
        pytest.param("look\n{}", ("look", "find"), None, None, id="not every tool that was called"),
    ],
)
def test_taken_apart(answer: str, tools: tuple[str, ...], calls: int | None, said: Said | None) -> None:
    """What it cannot tell for sure it leaves alone."""
    assert taken_apart(answer, tools, calls) == said


def test_a_line_that_is_a_tools_name_stays_text() -> None:
    """The calls are what the answer ends with."""
    assert taken_apart('I shall\nlook\nnow.\nlook\n{"a": 1}', ("look",), 1) == Said(
        "I shall\nlook\nnow.", (("look", '{"a": 1}'),)
    )
