"""The values of JSON, YAML and TOML files and their lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.place.structured import blocks


def values(path: str, text: str) -> list[tuple[str, int, int]]:
    return [(value.text, value.first_line, value.last_line) for block in blocks(path, text) for _, value in block.pairs]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        pytest.param("a.json", '{\n "a": "x\\ny",\n "b": ["p",\n "q"]}', [("x\ny", 2), ("p", 3), ("q", 4)], id="JSON"),
        pytest.param("a.json", '{"a": "\\ud83d\\ude00\\"{[", "b": 1}', [('😀"{[', 1), ("1", 1)], id="JSON, escapes"),
        pytest.param("a.yaml", "a: &x\n  b: >-\n    p\n    q\nc: *x\n", [("", 5), ("p q", 2)], id="YAML, an alias"),
        pytest.param("a.yaml", "- |\n  p\n\n  q\n\n- r\n", [("p\n\nq\n", 1), ("r", 6)], id="YAML, block"),
        pytest.param("a.toml", "# 'no'\na = '''\np\nq'''\nb = [\"r\"]\n", [("p\nq", 2), ("r", 5)], id="TOML"),
    ],
)
def test_finds(path: str, text: str, found: list[tuple[str, int]]) -> None:
    """Each value as its format reads it, and the line that it begins on."""
    assert [(value, first) for value, first, _ in values(path, text)] == found


def test_a_value_ends_on_its_last_line() -> None:
    """Blank lines between two values belong to none."""
    assert values("a.yaml", "a: |\n  p\n  q\n\n\nb: r\n") == [("p\nq\n", 1, 3), ("r", 6, 6)]
    assert values("a.toml", 'a = """\np\nq"""\n\nb = 1\n') == [("p\nq", 1, 3)]


@pytest.mark.parametrize("path", ["a.json", "a.yaml", "a.toml"])
@given(text=st.text() | st.text(alphabet="{}[]\"':,-#=|>&*!%@\\ \n\tab1"))
def test_any_text_is_read_without_failing(path: str, text: str) -> None:
    """A file that its format refuses holds nothing; lines stay within it."""
    assert all(1 <= first <= last <= text.count("\n") + 1 for _, first, last in values(path, text))


LEAF = st.text(max_size=8) | st.integers()
NESTED = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAF.map(str), inner, max_size=3), max_leaves=8
)


@given(value=NESTED)
def test_every_string_of_json_is_found(value: object) -> None:
    """However deep it stands, and whatever it holds."""

    def strings(of: object) -> list[str]:
        if isinstance(of, dict):
            return [text for one in of.values() for text in strings(one)]
        return [text for one in of for text in strings(one)] if isinstance(of, list) else [str(of)]

    expected = strings(value) if isinstance(value, list | dict) else []
    assert sorted(text for text, _, _ in values("a.json", json.dumps(value, indent=1))) == sorted(expected)


def test_a_bomb_of_aliases_stays_small() -> None:
    """Aliases are not followed."""
    bomb = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 30))
    assert len(values("a.yaml", bomb)) < 300
