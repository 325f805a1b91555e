"""Placing by the code attributes that telemetry carries."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import anchor, repository

from analyzers.finding import CodeAnchor
from metabot.place.code_attributes import by_code
from metabot.place.placement import Location
from metabot.place.several import Several

TOOLS = """\
import requests


def fetch(path):
    return requests.get(path)


class Client:
    def fetch(self):
        return 1
"""
FILES = {
    "src/desk/tools.py": TOOLS,
    "src/desk/agent.py": "def handle():\n    pass\n",
    "batch/tools.py": "def fetch(path):\n    return path\n\n\ndef other():\n    pass\n",
    "web/page.ts": "export function page() {\n  return 1\n}\n",
    "desk/src/com/acme/Agent.java": "class Agent {\n  void run() {\n  }\n}\n",
    "mail/src/com/other/Agent.java": "class Agent {\n  void run() {\n  }\n}\n",
    "agent/loop.go": "package agent\n\nfunc (a *Agent) Run() {\n}\n",
    "broken.py": "def fetch(:\n",
}


def placed(folder: Path, *anchors: CodeAnchor) -> tuple[Location, ...] | Several:
    target = repository(folder / "target", FILES)
    revision = target.resolve("main")
    assert revision is not None
    return by_code(anchors, target, revision)


@pytest.mark.parametrize(
    ("code", "where"),
    [
        pytest.param(anchor("/app/desk/tools.py", "desk.tools.fetch", 5), "src/desk/tools.py:fetch", id="container"),
        pytest.param(anchor("desk/tools.py", "Client.fetch"), "src/desk/tools.py:Client.fetch", id="method"),
        pytest.param(anchor("/app/desk/tools.py", "fetch", 10), "src/desk/tools.py:Client.fetch", id="line decides"),
        pytest.param(anchor("/app/desk/tools.py", None, 10), "src/desk/tools.py:Client.fetch", id="line alone"),
        pytest.param(anchor("/app/desk/tools.py", "<module>", 1), "src/desk/tools.py:None", id="module level"),
        pytest.param(anchor("desk.agent", "handle"), "src/desk/agent.py:handle", id="module for a path"),
        pytest.param(anchor(None, "desk.agent.handle"), "src/desk/agent.py:handle", id="dotted name alone"),
        pytest.param(anchor("/srv/x/tools.py", "other"), "batch/tools.py:other", id="only one file has the function"),
        pytest.param(anchor("/srv/web/page.ts", None, 2), "web/page.ts:None", id="another language, by line"),
        pytest.param(anchor("/srv/web/page.ts", "Page.page", 2), "web/page.ts:None", id="another language, by name"),
        pytest.param(anchor("file:///srv/web/page.ts", "Object.<anonymous>", 1), "web/page.ts:None", id="Node.js"),
        pytest.param(anchor("/src/agent/loop.go", "acme.com/agent.(*Agent).Run", 3), "agent/loop.go:None", id="Go"),
        pytest.param(
            anchor("Agent.java", "com.acme.Agent.run", 2),
            "desk/src/com/acme/Agent.java:None",
            id="Java, by its package",
        ),
    ],
)
def test_finds(tmp_path: Path, code: CodeAnchor, where: str) -> None:
    """A recorded path, name and line select the repository's own path and function."""
    found = placed(tmp_path, code)
    assert not isinstance(found, Several)
    assert [f"{location.path}:{location.symbol}" for location in found] == [where]
    assert all(0 < location.sure <= 1 and location.how == "code attribute" for location in found)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(anchor("/usr/lib/python3.11/desk/tools.py", "fetch", 5), id="a library's frame"),
        pytest.param(anchor("/app/desk/tools.py", "desk.tools.removed", 5), id="the function is gone"),
        pytest.param(anchor("/app/desk/tools.py", "other.place.fetch", 5), id="the name contradicts the path"),
        pytest.param(anchor("/app/desk/tools.py", None, 4000), id="the file has no such line"),
        pytest.param(anchor("/app/desk/tools.py"), id="a path alone"),
        pytest.param(anchor("/srv/web/page.ts", "Page.other", 2), id="another language, without the name"),
        pytest.param(anchor("/srv/web/page.ts", "page"), id="another language, without a line"),
        pytest.param(anchor("/srv/x/agent.py", None, 1), id="an equal file name alone"),
        pytest.param(anchor(None, "handle"), id="a bare name alone"),
        pytest.param(anchor("/app/broken.py", "fetch"), id="broken syntax"),
        pytest.param(anchor("../../../etc/passwd", None, 1), id="a path out of the repository"),
        pytest.param(anchor("", "", 0), id="empty values"),
        pytest.param(anchor(), id="nothing recorded"),
    ],
)
def test_finds_nothing_where(tmp_path: Path, code: CodeAnchor) -> None:
    """Each of these would be guessing."""
    assert placed(tmp_path, code) == ()


def test_two_equal_places_are_not_chosen_between(tmp_path: Path) -> None:
    """Two files and functions that fit equally are both named, and neither is taken."""
    found = placed(tmp_path, anchor("tools.py", "fetch"))
    assert isinstance(found, Several)
    assert found.places == ("batch/tools.py:fetch", "src/desk/tools.py:fetch", "src/desk/tools.py:Client.fetch")


def test_of_many_files_of_one_name_the_one_with_the_function_is_found(tmp_path: Path) -> None:
    """The recorded folder is not in the repository; of those that tie, one has the recorded function."""
    files = {f"p{number}/__init__.py": f"def f{number}():\n    pass\n" for number in range(50)}
    target = repository(tmp_path, files)
    revision = target.resolve("main")
    assert revision is not None
    found = by_code((anchor("/srv/x/__init__.py", "f32", 1),), target, revision)
    assert not isinstance(found, Several)
    assert [(one.path, one.sure) for one in found] == [("p32/__init__.py", 0.9)]


def test_a_library_frame_leaves_the_place_to_the_next_anchor(tmp_path: Path) -> None:
    """The deepest span is often a library's; the caller's anchor counts then, and the order is kept."""
    library = anchor("/usr/lib/python3/dist-packages/requests/api.py", "requests.api.get", 7)
    found = placed(tmp_path, library, anchor("desk/agent.py", "handle"), anchor("/a/desk/tools.py", "desk.tools.fetch"))
    assert not isinstance(found, Several)
    assert [location.symbol for location in found] == ["handle", "fetch"]


def test_a_line_outside_its_function_lowers_the_certainty(tmp_path: Path) -> None:
    """The source changed since: the name still fits, the line does not, and the reason says so."""
    (sharp,) = placed(tmp_path, anchor("desk/tools.py", "desk.tools.fetch", 5))
    (moved,) = placed(tmp_path / "2", anchor("desk/tools.py", "desk.tools.fetch", 50))
    assert isinstance(sharp, Location)
    assert isinstance(moved, Location)
    assert moved.sure < sharp.sure
    assert "moved" in moved.why
