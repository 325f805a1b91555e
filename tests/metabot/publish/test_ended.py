"""How a pull request that metabot closed is told from one that a person closed."""

from __future__ import annotations

import pytest

from metabot.publish.ended import ROOM, ended, marked

BODY = "What it does.\n\nWhat it costs.\n"


def test_the_line_says_why() -> None:
    """It is read again, stands there once, and the rest of the text stays."""
    text = marked(BODY, "expired")
    assert ended(text) == "expired"
    assert text.startswith(BODY)
    assert marked(text, "expired") == text
    assert ended(marked(text, "outdated")) == "outdated"
    assert len(text) - len(BODY) <= ROOM


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BODY, id="no line"),
        pytest.param("see <!-- metabot ended expired -->", id="within a line"),
        pytest.param("<!-- metabot ended merged -->", id="a reason that metabot has not"),
    ],
)
def test_a_person_closed(text: str) -> None:
    """Whatever is not exactly the line."""
    assert ended(text) is None


def test_line_ends_of_a_browser_change_nothing() -> None:
    """A text that was edited there comes back with other line ends."""
    assert ended(marked(BODY, "expired").replace("\n", "\r\n")) == "expired"
