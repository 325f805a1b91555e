"""A stranger's folder: what is looked at, and what is not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from metabot.project.project import look
from metabot.project.tree import LARGEST, Tree
from tests.metabot.project.projects import AGENT, written
from tests.repositories import commit


def test_files_at_the_top_come_first(tmp_path: Path) -> None:
    """Where the number of files is bounded, those that tell most are among them."""
    tree = Tree.of(written(tmp_path, {"a/b/c.py": "", "a/d.py": "", "z.py": ""}))
    assert tree.files == ("z.py", "a/d.py", "a/b/c.py")
    assert tree.whole


def test_other_peoples_packages_are_left_out(tmp_path: Path) -> None:
    """Installed packages, builds, hidden folders and virtual environments of any name."""
    files = {"node_modules/x/a.js": "", ".venv/a.py": "", "dist/a.py": "", "mine/pyvenv.cfg": "", "mine/a.py": ""}
    assert Tree.of(written(tmp_path, files)).files == ()


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Neither a file's nor a folder's, nor one that leads to itself or was put in place of a file since."""
    outside = written(tmp_path / "outside", {"secret.py": AGENT})
    root = written(tmp_path / "root", {"a.py": ""})
    (root / "folder").symlink_to(outside)
    (root / "file.py").symlink_to(outside / "secret.py")
    (root / "round").symlink_to(root)
    tree = Tree.of(root)
    assert tree.files == ("a.py",)
    (root / "a.py").unlink()
    (root / "a.py").symlink_to(outside / "secret.py")
    assert tree.text("a.py") is None


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe under a manifest's name would hold the program for ever."""
    os.mkfifo(tmp_path / "pyproject.toml")
    assert Tree.of(tmp_path).files == ()
    assert Tree(tmp_path, (), whole=True).text("pyproject.toml") is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a" * (LARGEST + 1), id="too large"),
        pytest.param(b"a\0b", id="binary"),
        pytest.param(b"\xff", id="not UTF-8"),
    ],
)
def test_no_text(tmp_path: Path, content: bytes) -> None:
    """Such a file is passed over, and everything else is still told."""
    (tmp_path / "agent.py").write_bytes(content)
    assert Tree.of(tmp_path).text("agent.py") is None
    assert look(written(tmp_path, {"b.py": AGENT})).used("model")[0].where == "b.py:3"


def test_names_that_do_not_print_are_left_out(tmp_path: Path) -> None:
    """They would act on a terminal, or end the comment that names them in the settings."""
    for name in (b"a\nb.py", b"\x1b[31m.py", b"\xff.py", "\u202e.py".encode()):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_text(AGENT)
    assert Tree.of(tmp_path).files == ()


def test_folders_without_end(tmp_path: Path) -> None:
    """It is said that not all was looked at."""
    written(tmp_path, {"/".join("abcdefghijklmnopqrs") + "/deep.py": "", "top.py": ""})
    tree = Tree.of(tmp_path)
    assert tree.files == ("top.py",)
    assert not tree.whole


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import openai\n" + "(" * 5_000, id="nested"),
        pytest.param("import openai\ndef f(:\n", id="no Python"),
        pytest.param("import openai\n" + "-" * 50_000 + "1", id="an expression without end"),
    ],
)
def test_code_that_cannot_be_parsed_costs_itself_alone(tmp_path: Path, code: str) -> None:
    """The other files are told."""
    project = look(written(tmp_path, {"bad.py": code, "good.py": AGENT}))
    assert [use.path for use in project.used("model")] == ["good.py"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("a.yaml", "name: OTEL_SERVICE_NAME" + "\n" * 900_000, id="empty lines behind a name"),
        pytest.param("a.yaml", "name: OTEL_SERVICE_NAME" + " " * 900_000, id="a line of blanks"),
        pytest.param("a.env", "OTEL_RESOURCE_ATTRIBUTES=" * 30_000, id="a word over and over"),
        pytest.param("a.py", "print({'score': " * 50_000, id="objects that are not closed"),
        pytest.param("a.ts", "import " * 100_000, id="imports of nothing"),
        pytest.param(".git/config", '[remote "origin"]' + "\n" * 900_000, id="git's settings"),
        pytest.param("Makefile", "test" * 200_000, id="a target that never ends"),
        pytest.param("pyproject.toml", "[" * 100_000, id="tables within tables"),
    ],
)
def test_text_that_is_made_to_be_slow(tmp_path: Path, path: str, text: str) -> None:
    """No pattern goes back over what it has passed."""
    root = tmp_path / "root"
    commit(root, {"b.txt": ""})
    started = time.process_time()
    look(written(root, {path: text}))
    assert time.process_time() - started < 5
