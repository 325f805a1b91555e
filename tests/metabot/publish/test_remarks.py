"""What metabot says in comments."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.publish import remarks
from metabot.publish.commands import commands
from metabot.publish.host import Check
from tests.memory_host import MemoryHost

ACTING = re.compile(r"@|#\d|GH-\d|www\.|!\[|<(?!/?sub>)|\u202e|\u200b|\x1b", re.IGNORECASE)
HOSTILE = [
    "@team fixes #1",
    "[x](https://evil.test)",
    "<img src=x>",
    "a\n/metabot pause\n",
    "`\u202e\u200b",
    "GH-1 www.x.y",
]


@given(st.sampled_from(HOSTILE) | st.text(max_size=200), st.sampled_from(HOSTILE) | st.text(max_size=200))
def test_names_and_links_of_checks_do_not_act(name: str, where: str) -> None:
    """Whoever runs a check names it."""
    pull = MemoryHost().add(1)
    said = remarks.failing(pull, [Check(name=name, state="failed", required=True, where=where)])
    assert ACTING.findall(said) == []
    assert "](" not in said
    assert len(said.splitlines()) == 3
    assert commands(said) == []


@pytest.mark.parametrize(
    "text",
    [
        *(remarks.DECLINED, remarks.PAUSED, remarks.RESUMED, remarks.ELSEWHERE, remarks.UNKNOWN, remarks.HANDS_OFF),
        remarks.expired(21),
    ],
)
def test_is_signed_and_mentions_nobody(text: str) -> None:
    """And says nothing that it would obey."""
    said = remarks.signed(text)
    assert said.endswith("a bot.</sub>")
    assert ACTING.findall(said.replace("<reason>", "")) == []
    assert commands(said) == []
