"""What of a text goes to a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.screen import holds_redaction, screened

KEY = "sk-proj-" + "a8Kd93jfLq02mXzP7vBn4RtYw6Hs1GcE5uTi"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        (f'client = OpenAI(api_key="{KEY}")', 'client = OpenAI(api_key="[redacted: model key]")'),
        ("# ask ada@shop.test", "# ask [redacted: e-mail address]"),
        ("access = \u202eresu", "access = \\u202eresu"),
        ("hi\U000e0069\U000e0067", "hi\\U000e0069\\U000e0067"),
        ("a\u200bb", "a\\u200bb"),
        ("a 👩\u200d💻 and a ❤\ufe0f", "a 👩\u200d💻 and a ❤\ufe0f"),
        ("def f(x):\n\treturn 'ä'\n", "def f(x):\n\treturn 'ä'\n"),
    ],
)
def test_takes_out_what_nobody_may_read_and_shows_what_nobody_can_see(text: str, sent: str) -> None:
    """Code without either goes as it is."""
    assert screened(text) == sent


def test_an_edit_that_holds_what_was_taken_out_is_known() -> None:
    """The file has the secret there and not the mark: nothing is searched for or written with it."""
    assert holds_redaction(screened(f"key = '{KEY}'"))
    assert not holds_redaction("key = os.environ['KEY']  # [redacted]")


@given(st.text(max_size=200))
def test_twice_is_once(text: str) -> None:
    """So that an author may screen what it quotes, and the way to the model all of it again."""
    assert screened(screened(text)) == screened(text)
