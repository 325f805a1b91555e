"""Whom a CODEOWNERS file names, by GitHub's documented examples and beyond."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.publish.code_owners import PLACES, owners

FILE = """
# A comment.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* @docs-star
apps/ @octocat
/docs/ @docs-root
/scripts/ @doctocat @octocat
**/logs @logs-owner
/apps/ @octocat
/apps/github
a\\ b/ @spaced
*.py[co] @brackets
!*.md @not
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("src/a.py", ("global-owner1", "global-owner2"), id="the default"),
        pytest.param("web/a.js", ("js-owner",), id="an ending, anywhere; what stands behind # is a comment"),
        pytest.param("a.go", (), id="an e-mail address cannot be asked"),
        pytest.param("deep/er/a.txt", ("octo-org/octocats",), id="a team"),
        pytest.param("build/logs/x/y.c", ("logs-owner",), id="the last that matches counts"),
        pytest.param("docs/x.c", ("docs-root",), id="a folder at the top"),
        pytest.param("x/docs/y.c", ("global-owner1", "global-owner2"), id="a pattern with a slash counts from the top"),
        pytest.param("x/apps/y.c", ("octocat",), id="a folder anywhere"),
        pytest.param("deeply/nested/logs/x.c", ("logs-owner",), id="two stars"),
        pytest.param("apps/github/x.c", (), id="a line without owners takes them away"),
        pytest.param("a b/x.c", ("spaced",), id="a space behind a backslash"),
        pytest.param("a.pyc", ("global-owner1", "global-owner2"), id="brackets are no pattern there"),
        pytest.param("a.md", ("global-owner1", "global-owner2"), id="nor is an exclamation mark"),
    ],
)
def test_names_the_owners_of_a_path(path: str, expected: tuple[str, ...]) -> None:
    """As https://docs.github.com describes it."""
    assert owners({".github/CODEOWNERS": FILE}.get, [path]) == expected


def test_a_star_stays_within_a_folder() -> None:
    """`docs/*` takes what lies in it and nothing below."""
    read = {"CODEOWNERS": "docs/* @a\n"}.get
    assert owners(read, ["docs/x"]) == ("a",)
    assert owners(read, ["docs/x/y"]) == ()


def test_the_first_of_the_three_places_counts() -> None:
    """The others are not looked at, also where the first names nobody."""
    files = {place: f"* @owner{number}\n" for number, place in enumerate(PLACES)}
    assert owners(files.get, ["x"]) == ("owner0",)
    assert owners({**files, PLACES[0]: ""}.get, ["x"]) == ()
    assert owners({PLACES[2]: files[PLACES[2]]}.get, ["x"]) == ("owner2",)


def test_everybody_is_asked_once() -> None:
    """In the order of the paths."""
    assert owners({"CODEOWNERS": "a @x @y\nb @y @z\n"}.get, ["a", "b"]) == ("x", "y", "z")


def test_without_a_file_nobody_is_asked() -> None:
    """Nor without a path."""
    assert owners({}.get, ["a"]) == ()
    assert owners({"CODEOWNERS": "* @x"}.get, []) == ()


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_read(text: str, path: str) -> None:
    """A stranger's file can neither stop a pass nor name what is no login."""
    for owner in owners({"CODEOWNERS": text}.get, [path]):
        assert set(owner) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")
