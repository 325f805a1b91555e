"""One thing in a file is said otherwise, and every other character stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.settings_files.values import Keys, at, loaded, replaced, values, without

YAML = """\
# what the desk is told
model: &model
  name: large-1   # the usual one
  max_tokens: 300  # cap
other: *model
prompt: |
  It is {now}.

  Be kind.

tools:
  - name: a
    text: "x"

  # the next one
  - name: b
  - {name: c}  # the last one
steps: [1, 2, 3]
"""
JSON = """\
{
  "max_tokens": 300, "prompt": "It is {now}.\\n\\nBe kind.",
  "tools": [
    {"name": "a"},
    {
      "name": "b"
    }
  ]
}
"""
TOML = '''\
top = 1 # one
[model]
max_tokens = 300  # cap
prompt = """
It is {now}.

Be kind.
"""
plain = "a\\nb"
[[step]]
limit = 1
'''
FILES = {"a.yaml": YAML, "a.json": JSON, "a.toml": TOML}


def changed_lines(before: str, after: str | None) -> tuple[list[str], list[str]]:
    """Lines that only one of the two has, in order."""
    assert after is not None
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("path", "keys", "line"),
    [
        ("a.json", ("max_tokens",), '  "max_tokens": 900, "prompt": "It is {now}.\\n\\nBe kind.",'),
        ("a.toml", ("model", "max_tokens"), "max_tokens = 900  # cap"),
        ("a.toml", ("step", 0, "limit"), "limit = 900"),
        ("a.yaml", ("steps", 1), "steps: [1, 900, 3]"),
    ],
)
def test_a_number_changes_alone(path: str, keys: Keys, line: str) -> None:
    """Its line keeps its comment and its spacing."""
    _, new = changed_lines(FILES[path], replaced(path, FILES[path], keys, 900))
    assert new == [line]


@pytest.mark.parametrize(
    ("path", "keys"), [("a.yaml", ("prompt",)), ("a.json", ("prompt",)), ("a.toml", ("model", "prompt"))]
)
def test_a_text_is_written_in_the_style_that_it_had(path: str, keys: Keys) -> None:
    """Block, quoted or of several lines, the file says the new text and nothing else is different."""
    text = str(at(loaded(path, FILES[path]), keys))
    turned = "Be kind.\n\nIt is {now}." + ("\n" if text.endswith("\n") else "")
    after = replaced(path, FILES[path], keys, turned)
    assert after is not None
    assert at(loaded(path, after), keys) == turned
    assert sorted(after) == sorted(FILES[path])


@pytest.mark.parametrize(
    ("path", "positions", "gone"),
    [
        ("a.yaml", (0,), ["  - name: a", '    text: "x"']),
        ("a.yaml", (0, 2), ["  - name: a", '    text: "x"', "  - {name: c}  # the last one"]),
        ("a.json", (0,), ['    {"name": "a"},']),
    ],
)
def test_items_go_with_their_lines(path: str, positions: tuple[int, ...], gone: list[str]) -> None:
    """The comment above an item that stays is kept; no other line changes."""
    assert changed_lines(FILES[path], without(path, FILES[path], ("tools",), positions)) == (gone, [])


@pytest.mark.parametrize(
    ("path", "text", "keys", "value"),
    [
        pytest.param("a.yaml", YAML, ("model", "max_tokens"), 900, id="an anchor says it twice"),
        pytest.param("a.yaml", "p: >\n  a\n  b\n", ("p",), "b a\n", id="a folded block"),
        pytest.param("a.yaml", "p: a {x} b\n", ("p",), "b {x} a", id="a plain text"),
        pytest.param("a.toml", TOML, ("model", "plain"), "b\na", id="escapes"),
        pytest.param("a.toml", TOML, ("model", "max_tokens"), "many", id="another kind"),
        pytest.param("a.yaml", "a: [\n", ("a",), 1, id="broken"),
        pytest.param("a.md", "a: 1\n", ("a",), 1, id="no format of these"),
    ],
)
def test_is_left_alone(path: str, text: str, keys: Keys, value: str | int) -> None:
    """What cannot be written without touching more is not written."""
    assert replaced(path, text, keys, value) is None


def test_a_list_is_never_emptied() -> None:
    """Without its last item it would be another thing."""
    assert without("a.yaml", YAML, ("tools",), (0, 1, 2)) is None
    assert without("a.toml", TOML, ("step",), (0,)) is None


_KEY = st.text("abc", min_size=1, max_size=3)
_TREE = st.recursive(
    st.integers(0, 99) | st.text("ab {}\n#:'", max_size=8),
    lambda inner: st.dictionaries(_KEY, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=3),
    max_leaves=6,
)


@given(tree=st.dictionaries(_KEY, _TREE, min_size=1, max_size=3), indent=st.sampled_from([None, 2, "\t"]))
def test_every_number_of_a_file_can_be_changed_alone(tree: dict[str, object], indent: int | str | None) -> None:
    """Changed and changed back, the file is as it was, character for character."""
    text = json.dumps(tree, indent=indent)
    for one in values("a.json", text):
        if not isinstance(one.value, int):
            continue
        there = replaced("a.json", text, one.keys, 12345)
        if there is not None:
            assert replaced("a.json", there, one.keys, one.value) == text
