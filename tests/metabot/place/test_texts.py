"""The texts that a repository's files hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.place.texts import HOLE, texts


def found(content: str, path: str = "a.py") -> list[tuple[str, str | None]]:
    return [(text.text, text.symbol) for text in texts(path, content)]


@pytest.mark.parametrize(
    ("content", "text", "symbol"),
    [
        pytest.param('A = "x\\ny"', "x\ny", "A", id="constant, escapes evaluated"),
        pytest.param('A: str = "x" "y"', "xy", "A", id="implicit concatenation"),
        pytest.param('def f(n):\n    return f"a {n!r:>4} b{{}}"', f"a {HOLE} b{{}}", "f", id="f-string"),
        pytest.param('def f(n):\n    return (f"{n}\\n"\n        "b")', f"{HOLE}\nb", "f", id="f-string and plain"),
        pytest.param('def f(n):\n    return n + "b" + C', f"{HOLE}b{HOLE}", "f", id="sum with unknown names"),
        pytest.param('def f(n):\n    return "\\n".join([n, "b", f"c{n}"])', f"{HOLE}\nb\nc{HOLE}", "f", id="join"),
        pytest.param('class A:\n    def f(self):\n        return "x"', "x", "A.f", id="method"),
        pytest.param("class A:\n    text = 'x'", "x", "A", id="class attribute"),
        pytest.param('M = [{"content": "x"}]', "x", "M", id="inside a structure"),
    ],
)
def test_python_strings_are_evaluated(content: str, text: str, symbol: str) -> None:
    """A string is read as Python makes it, with holes for what is computed later."""
    assert (text, symbol) in found(content)


@pytest.mark.parametrize(
    ("path", "content", "text"),
    [
        ("prompt.md", "a\nb\n", "a\nb\n"),
        ("prompt.json", '{"system": ["a\\nb"]}', "a\nb"),
        ("prompt.toml", 'system = """\na\nb"""', "a\nb"),
        ("prompt.yaml", "system: |\n  a\n", "a\n"),
        ("broken.yaml", "a: [\n", "a: [\n"),
    ],
)
def test_prompt_files_are_read(path: str, content: str, text: str) -> None:
    """Text files count as they are; the strings of JSON and TOML as their parser reads them."""
    assert (text, None) in found(content, path)


@pytest.mark.parametrize(
    ("path", "content"), [("a.py", "def ("), ("a.json", "{"), ("a.toml", "= 1"), ("a.rs", 'let a = "x";')]
)
def test_nothing_is_read_from(path: str, content: str) -> None:
    """Broken files and other kinds of files hold no prompt that we could name."""
    assert found(content, path) == []


@given(st.text(), st.sampled_from(["a.py", "a.json", "a.toml", "a.md"]))
def test_any_file_is_read_without_failing(content: str, path: str) -> None:
    """Lines stay within the file."""
    assert all(1 <= text.first_line <= text.last_line for text in texts(path, content))
