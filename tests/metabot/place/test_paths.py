"""Recorded paths against the repository's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.place.paths import best_matches, is_library, module_parts

FILES = ("desk/__init__.py", "desk/tools.py", "desk/agent.py", "batch/tools.py", "web/tools.ts")


@pytest.mark.parametrize(
    ("recorded", "paths"),
    [
        ("/app/desk/tools.py", ["desk/tools.py"]),
        ("desk/tools.py", ["desk/tools.py"]),
        ("./desk/tools.py", ["desk/tools.py"]),
        ("file:///srv/desk/agent.py", ["desk/agent.py"]),
        (r"C:\work\desk\agent.py", ["desk/agent.py"]),
        ("desk.agent", ["desk/agent.py"]),
        ("tools.py", ["desk/tools.py", "batch/tools.py"]),
        ("/app/tools.ts", ["web/tools.ts"]),
        ("/app/desk/tools.pyc", []),
        ("", []),
    ],
)
def test_the_longest_common_ending_wins(recorded: str, paths: list[str]) -> None:
    """Whatever folder the application was deployed to, its last components are the repository's."""
    assert [match.path for match in best_matches(recorded, FILES)] == paths


@pytest.mark.parametrize(
    "recorded",
    [
        "/usr/local/lib/python3.11/site-packages/requests/api.py",
        "/home/a/.venv/lib/python3.12/asyncio/tasks.py",
        "/usr/lib/python3/dist-packages/urllib3/connection.py",
        r"C:\venv\Lib\site-packages\requests\api.py",
        "<frozen importlib._bootstrap>",
    ],
)
def test_library_frames_are_known(recorded: str) -> None:
    """What pip, the system or the interpreter installed is not the repository's."""
    assert is_library(recorded)


@pytest.mark.parametrize("recorded", ["/app/lib/tools.py", "/usr/src/app/desk/tools.py", "desk/tools.py"])
def test_own_frames_are_no_library(recorded: str) -> None:
    """A folder that is named lib, or that lies below /usr/src, is the application's."""
    assert not is_library(recorded)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("src/desk/tools.py", ("desk", "tools")),
        ("desk/__init__.py", ("desk",)),
        ("tools.py", ("tools",)),
        ("services/desk/tools.py", ("services", "desk", "tools")),
    ],
)
def test_a_path_is_a_module(path: str, parts: tuple[str, ...]) -> None:
    """A source root is no part of a module's name."""
    assert module_parts(path) == parts


@given(st.text())
def test_only_the_repositorys_own_paths_come_out(recorded: str) -> None:
    """Whatever telemetry says, the answer is selected from the repository's files."""
    assert {match.path for match in best_matches(recorded, FILES)} <= set(FILES)
