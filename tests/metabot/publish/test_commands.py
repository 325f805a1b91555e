"""Which lines of a comment are commands."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metabot.publish.commands import REASON, Command, addressed, commands

PAUSE = Command("pause", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("/metabot pause", [PAUSE], id="alone"),
        pytest.param("Thanks!\n\n/metabot decline too risky\n\nBye", [Command("decline", "too risky")], id="paragraph"),
        pytest.param("Thanks!\n/metabot decline too risky\r\nBye", [Command("decline", "too risky")], id="line"),
        pytest.param("  /metabot  Decline\twe *like* `it`  ", [Command("decline", "we *like* it")], id="spaces"),
        pytest.param("/metabot decline a\n/metabot pause", [Command("decline", "a"), PAUSE], id="two"),
        pytest.param("> so it was\n\n/metabot pause", [PAUSE], id="below a quotation"),
        pytest.param("/metabot merge now", [Command("merge", "now")], id="one that metabot does not know"),
        pytest.param("/metabot decline", [Command("decline", "")], id="without a reason"),
        pytest.param(f"/metabot decline {'a' * 9999}", [Command("decline", "a" * REASON)], id="a long reason"),
    ],
)
def test_is_read(text: str, found: list[Command]) -> None:
    """On a line of its own, whatever stands around it."""
    assert commands(text) == found
    assert addressed(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("please /metabot pause", id="within a line"),
        pytest.param("/metabot", id="nothing asked"),
        pytest.param("/metabotpause", id="another word"),
        pytest.param("> /metabot pause", id="quoted"),
        pytest.param("> quoted\n/metabot pause", id="a quotation's lazy line"),
        pytest.param("    /metabot pause", id="indented code"),
        pytest.param("```\n/metabot pause\n```", id="fenced code"),
        pytest.param("~~~~ text\n~~~\n/metabot pause", id="a fence that is not closed"),
        pytest.param("a ` b\n/metabot pause\nc ` d", id="code span over lines"),
        pytest.param("- /metabot pause", id="list"),
        pytest.param("1. a\n   ```\n   /metabot pause\n   ```", id="code in a list"),
        pytest.param("# /metabot pause", id="heading"),
        pytest.param("<!--\n/metabot pause\n-->", id="hidden"),
        pytest.param("see <!--\n/metabot pause\n--> above", id="hidden within a paragraph"),
        pytest.param("<pre>\n\n/metabot pause\n</pre>", id="preformatted"),
        pytest.param("\\/metabot pause", id="escaped"),
        pytest.param("&#47;metabot pause", id="entity"),
        pytest.param("/metabot\u200b pause", id="hidden character"),
    ],
)
def test_is_not_read(text: str) -> None:
    """What a reader would not take for a command."""
    assert commands(text) == []


@given(st.text(st.sampled_from("/metabot pause\n>`~#-<!\t\\ *[]()"), max_size=120))
@example("/metabot pause\n" * 9)
def test_what_is_cheaply_passed_over_holds_no_command(text: str) -> None:
    """The quick look never misses one, and a quoted comment gives none."""
    assert addressed(text) or commands(text) == []
    assert commands("\n".join(f"> {line}" for line in text.splitlines())) == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_line_between_paragraphs_is_read(before: str, after: str) -> None:
    """Unless what stands before it opens code, a hidden comment or the like, and then nothing else is made up."""
    found = commands(f"{before}\n\n/metabot pause\n\n{after}")
    assert set(found) <= {PAUSE}


@pytest.mark.parametrize("piece", ["[", "*a ", "<", "[a](b", "<!--", "- a\n\n", "`a ``", "> "])
def test_a_long_comment_takes_no_time_to_speak_of(piece: str) -> None:
    """As long as GitHub takes, of what parsers are slow on; the deadline of a look ends it otherwise."""
    assert commands(f"{piece * (65_000 // len(piece))}\n\n/metabot pause") in ([], [PAUSE])
