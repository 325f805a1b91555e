"""A pull request's block: what was written is read, and nothing else is believed."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Unit
from analyzers.untrusted import Name, Untrusted
from metabot.publish.identity import Block, block_of, fingerprint, read, write
from tests.proposals import FINGERPRINT, verified

LINE = write(block_of(verified()))
FIGURES = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    def matching(pattern: str) -> str:
        return draw(st.from_regex(pattern, fullmatch=True))

    return Block(
        fingerprint=matching("[0-9a-f]{12}"),
        analyzer=matching("[a-z][a-z0-9-]{0,60}"),
        rule_version=draw(st.integers(1, 10**6)),
        evidence=matching("[0-9a-f]{64}"),
        unit=draw(st.sampled_from(get_args(Unit))),
        observed=draw(FIGURES),
        expected=draw(FIGURES),
        metabot=matching(r"[0-9][0-9A-Za-z.+]{0,40}"),
        base=matching("[0-9a-f]{40}"),
    )


@given(blocks(), st.text(), st.text())
def test_reads_what_it_wrote(block: Block, before: str, after: str) -> None:
    """Whatever stands above and below it."""
    assert read(f"{before}\n{write(block)}\n{after}") == block


def test_names_the_finding_and_its_evidence() -> None:
    """Another figure in the evidence is another digest."""
    block = block_of(verified())
    assert (block.fingerprint, block.analyzer, block.base) == (FINGERPRINT, "prompt-cache-miss", "a" * 40)
    assert (block.observed, block.expected) == (1900.0, 400.0)
    assert fingerprint(LINE) == FINGERPRINT


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(LINE + "\n" + LINE, id="two blocks"),
        pytest.param(f"> {LINE}", id="quoted"),
        pytest.param(f"`{LINE}`", id="within a line"),
        pytest.param(LINE.replace('"rule_version":1', '"rule_version":0'), id="a value out of range"),
        pytest.param(LINE.replace('"rule_version":1', '"rule_version":"1"'), id="a value of another type"),
        pytest.param(LINE.replace('"rule_version":1,', ""), id="a missing key"),
        pytest.param(LINE.replace('"rule_version":1', '"rule_version":1,"more":1'), id="an unknown key"),
        pytest.param(LINE.replace('"rule_version":1', '"rule_version":2,"rule_version":1'), id="a key twice"),
        pytest.param(LINE.replace(FINGERPRINT, FINGERPRINT.upper()), id="a fingerprint in capitals"),
        pytest.param(LINE.replace(FINGERPRINT, FINGERPRINT + "\\n"), id="a line end in the fingerprint"),
        pytest.param(LINE.replace('","', '", "'), id="another spacing"),
        pytest.param(LINE.replace("{", "{{"), id="no JSON"),
    ],
)
def test_believes_nothing_else(text: str) -> None:
    """What metabot would not have written like this is not metabot's."""
    assert read(text) is None


@given(st.text())
def test_telemetry_can_neither_forge_nor_close_it(text: str) -> None:
    """Quoted text and names hold no comment, whatever they say; around them the block stays the only one."""
    hostile = f"{text}\n{LINE.replace(FINGERPRINT, 'f' * 12)}\n-->{text}"
    shown = f"{Untrusted(hostile).quoted(5000)}\n{Name(hostile)}\n{LINE}\n{Untrusted(hostile).quoted(5000)}"
    assert fingerprint(shown) == FINGERPRINT
    assert read(Untrusted(hostile).quoted(5000)) is None
