"""Paths that mean one place, and globs over them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.verify.paths import is_plain, lies_under, matches


@pytest.mark.parametrize("path", ["a.py", "src/app/main.py", "docs/a b.md", "données/é.txt", "a/..b/c", "a-b_c.d/e"])
def test_plain_paths(path: str) -> None:
    """What git writes for a file below the root is plain."""
    assert is_plain(path)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("", id="nothing"),
        pytest.param("/etc/passwd", id="absolute"),
        pytest.param("~/x", id="a home"),
        pytest.param("../x", id="out of the repository"),
        pytest.param("a/../../x", id="out of it on the way"),
        pytest.param("a/./b", id="a dot"),
        pytest.param("a//b", id="two slashes"),
        pytest.param("a/", id="a folder"),
        pytest.param("a\\b", id="a backslash"),
        pytest.param("C:x", id="a drive"),
        pytest.param("a.py::$DATA", id="a stream"),
        pytest.param("a./b", id="a dot at the end, which some file systems drop"),
        pytest.param("GIT~1/config", id="a short name"),
        pytest.param("a\nb", id="a line end"),
        pytest.param("a\0b", id="a null"),
        pytest.param(".g\u200dit/config", id="an invisible character"),
        pytest.param("a\u202eb", id="turned around"),
        pytest.param(" a/b", id="a space before"),
        pytest.param("a /b", id="a space after"),
        pytest.param("\ud800", id="half a character"),
    ],
)
def test_other_paths(path: str) -> None:
    """Each of these could mean another place, or looks like one that it is not."""
    assert not is_plain(path)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("**", "a/b/c.py", True),
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", False),
        ("src/**", "src/a/b.py", True),
        ("src/**", "src", False),
        ("src/", "src/a/b.py", True),
        ("src", "src/a.py", False),
        ("**/x.py", "x.py", True),
        ("**/x.py", "a/b/x.py", True),
        ("**/x.py", "a/bx.py", False),
        ("a?.py", "ab.py", True),
        ("a?.py", "a/.py", False),
        ("./a.py", "a.py", True),
        ("a.py", "axpy", False),
        ("[a].py", "a.py", False),
    ],
)
def test_globs(glob: str, path: str, expected: bool) -> None:
    """`*` stays inside a folder, `**` crosses folders, everything else is itself."""
    assert matches(path, [glob]) is expected


def test_a_folder_protects_what_is_below_it() -> None:
    """Protecting `deploy` protects `deploy/a/b`, which a match of the whole path alone would not."""
    assert lies_under("deploy/a/b", ["deploy"])
    assert not lies_under("deployment/a", ["deploy"])


@given(st.text(max_size=30))
def test_a_plain_path_stays_below_the_root(path: str) -> None:
    """Whatever is called plain, joined to a root and normalized, is below that root."""
    import posixpath

    if is_plain(path):
        assert posixpath.normpath(posixpath.join("/root", path)) == f"/root/{path}"
