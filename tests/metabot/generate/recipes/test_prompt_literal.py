"""String literals as lines of source."""

from __future__ import annotations

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.recipes.prompt_literal import Lines, lines_of


def read(code: str) -> Lines:
    literal = cst.parse_expression(code)
    assert isinstance(literal, cst.SimpleString | cst.FormattedString)
    known = {"RULES": "a\nb"}
    return lines_of(literal, lambda node: known.get(node.value) if isinstance(node, cst.Name) else None)


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('"a\\nb"', ["a", "b"]),
        ("'''a\nb\n'''", ["a", "b", ""]),
        ('r"a\\nb"', ["a\\nb"]),
        ('"a\\\\nb"', ["a\\nb"]),
        ('f"{x}\\n{{a}}"', [None, "{a}"]),
        ('f"{RULES}\\n{RULES!r}"', ["a\nb", None]),
        ('"""\\\na\\\nb\n"""', ["ab", ""]),
        ('f"""say "hi"\n"""', ['say "hi"', ""]),
        ('"\\x41\\t"', ["A\t"]),
    ],
)
def test_lines_are_split_where_the_text_has_them(code: str, texts: list[str | None]) -> None:
    """Escapes, raw strings, doubled braces and joined lines are read as Python reads them."""
    assert [line.text for line in read(code).lines] == texts


@given(st.text(alphabet="a\n\"'\\{}\t", max_size=12), st.sampled_from(["", "f", "r"]))
def test_the_old_order_gives_the_old_literal(text: str, prefix: str) -> None:
    """Lines joined as they were are the literal as it was, character for character."""
    try:
        literal = cst.parse_expression(f'{prefix}"""{text}"""')
    except cst.ParserSyntaxError:
        return
    if not isinstance(literal, cst.SimpleString | cst.FormattedString):
        return
    lines = lines_of(literal, lambda _: None)
    if len(lines.ends) == 1:
        assert lines.joined(list(range(len(lines.lines)))) == f'{prefix}"""{text}"""'
