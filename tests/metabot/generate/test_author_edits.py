"""How searched texts become edited files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repositories import repository

from metabot.generate.author_answer import Answer, Replacement, WrittenFile
from metabot.generate.author_edits import applied, new_test
from metabot.generate.proposal import Edit
from metabot.generate.recipe import Base

FILES = {"a.py": "x = 1\ny = 1\nz = 3\n", "win.py": "x = 1\r\ny = 2\r\n", "logo.png": "\x00\x01", "k.py": "k = 'K'\n"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    made = repository(tmp_path_factory.mktemp("target") / "r", FILES)
    return Base(made, made.resolve("main") or "")


def answer(*edits: tuple[str, str, str], test: str = "def test_x(): ...") -> Answer:
    return Answer(
        title="t",
        summary="s",
        edits=[Replacement(path=path, search=search, replace=replace) for path, search, replace in edits],
        new_test=WrittenFile(path="./tests/test_x.py", text=test),
        measure="m",
        prediction=0.0,
        risks=[],
    )


def test_several_edits_of_a_file_are_one(base: Base) -> None:
    """In whatever order they come; what is not searched stays."""
    edits = applied(answer(("a.py", "z = 3", "z = 4"), ("./a.py", "x = 1", "x = 2")), base)
    assert edits == (Edit(path="a.py", before=FILES["a.py"], after="x = 2\ny = 1\nz = 4\n"),)


def test_a_file_keeps_its_line_ends(base: Base) -> None:
    """A model writes line feeds, whatever the file has."""
    edits = applied(answer(("win.py", "x = 1\ny = 2", "x = 1\ny = 3\nz = 4")), base)
    assert edits == (Edit(path="win.py", before=FILES["win.py"], after="x = 1\r\ny = 3\r\nz = 4\r\n"),)


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        pytest.param([("a.py", "q = 1", "q = 2")], "nowhere", id="the text is not there"),
        pytest.param([("a.py", "x =  1\ny", "x")], "white space", id="its white space differs"),
        pytest.param([("a.py", "= 1", "= 2")], "more than once", id="it is there twice"),
        pytest.param([("a.py", "", "x")], "empty", id="nothing is searched"),
        pytest.param([("a.py", "x = 1", "x = 1")], "by itself", id="nothing changes"),
        pytest.param([("b.py", "x", "y")], "no text file", id="there is no such file"),
        pytest.param([("../a.py", "x", "y")], "no text file", id="outside of the repository"),
        pytest.param([("/etc/passwd", "root", "")], "no text file", id="of the machine"),
        pytest.param([("a.py", "x = 1\ny", "x"), ("a.py", "y = 1\nz", "z")], "overlap", id="two share characters"),
        pytest.param(
            [("k.py", "'[redacted: API key]'", "''")], "removed", id="a secret that was not shown is searched"
        ),
        pytest.param([("k.py", "'K'", "'[redacted: API key]'")], "removed", id="the mark of a secret is written"),
    ],
)
def test_an_edit_that_does_not_apply_says_which_and_why(
    base: Base, edits: list[tuple[str, str, str]], says: str
) -> None:
    """Nothing is guessed and nothing is applied in part."""
    fault = applied(answer(*edits), base)
    assert isinstance(fault, str)
    assert says in fault


@given(st.integers(0, len(FILES["a.py"]) - 1), st.integers(1, 8), st.text(max_size=5))
def test_unrelated_characters_never_change(base: Base, start: int, length: int, instead: str) -> None:
    """Whatever piece is searched: it alone is replaced, or the edit does not apply."""
    text = FILES["a.py"]
    piece = text[start : start + length]
    edits = applied(answer(("a.py", piece, instead)), base)
    if isinstance(edits, tuple):
        assert edits[0].after == text[:start] + instead + text[start + len(piece) :]
    else:
        assert piece == instead or text.count(piece) > 1 or piece in text[text.index(piece) + 1 :]


def test_the_new_test_ends_with_a_line_feed(base: Base) -> None:
    """And stands where its path says, without a leading ./"""
    found = new_test(answer())
    assert not isinstance(found, str)
    assert (found.path, found.text) == ("tests/test_x.py", "def test_x(): ...\n")


def test_a_test_with_the_mark_of_a_secret_is_refused(base: Base) -> None:
    """It would compare with text that no file holds."""
    assert "removed" in str(new_test(answer(test="assert k == '[redacted: API key]'")))
