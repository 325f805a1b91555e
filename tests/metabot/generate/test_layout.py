"""Import names and new tests, by the layout of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import repository

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.recipe import Base, NotSure


@pytest.mark.parametrize(
    ("path", "files", "name"),
    [
        ("desk/tools.py", ["desk/__init__.py"], "desk.tools"),
        ("src/desk/tools.py", ["src/desk/__init__.py"], "desk.tools"),
        ("src/desk/tools.py", [], "desk.tools"),
        (
            "backend/desk/http/tools.py",
            ["backend/desk/__init__.py", "backend/desk/http/__init__.py"],
            "desk.http.tools",
        ),
        ("desk/__init__.py", ["desk/__init__.py"], "desk"),
        ("tools.py", [], "tools"),
        ("desk/tools.py", [], "desk.tools"),
    ],
)
def test_a_file_has_the_name_that_python_gives_it(path: str, files: list[str], name: str) -> None:
    """Packages end where no __init__.py is; source roots are no part of the name."""
    assert import_name(path, [path, *files]) == name


@pytest.mark.parametrize("path", ["my-desk/tools.py", "desk/2fa.py", "__init__.py"])
def test_a_file_without_a_name_is_not_written_for(path: str) -> None:
    """What no import statement can name cannot be tested."""
    assert isinstance(import_name(path, [path]), NotSure)


TEST = "def test_a():\n    pass\n"


@pytest.mark.parametrize(
    ("files", "about", "path"),
    [
        pytest.param({"tests/test_a.py": TEST}, "desk/tools.py", "tests/test_tools_x.py", id="tests"),
        pytest.param({"a_test.py": TEST}, "tools.py", "tools_x_test.py", id="beside, named behind"),
        pytest.param({"tests/test_a.py": TEST}, "desk/__init__.py", "tests/test_desk_x.py", id="a package"),
        pytest.param(
            {"a/tests/test_a.py": TEST, "b/tests/test_b.py": TEST},
            "b/desk/tools.py",
            "b/tests/test_tools_x.py",
            id="nearest",
        ),
        pytest.param(
            {"tests/unit/test_a.py": TEST, "other/test_b.py": TEST, "pytest.ini": "[pytest]\ntestpaths = tests\n"},
            "other/tools.py",
            "tests/unit/test_tools_x.py",
            id="pytest.ini",
        ),
        pytest.param(
            {
                "checks/test_a.py": TEST,
                "other/test_b.py": TEST,
                "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["checks/"]\n',
            },
            "other/tools.py",
            "checks/test_tools_x.py",
            id="pyproject.toml",
        ),
        pytest.param(
            {"tests/test_a.py": TEST, "pyproject.toml": "= broken", "tox.ini": "broken"},
            "desk/tools.py",
            "tests/test_tools_x.py",
            id="broken settings",
        ),
    ],
)
def test_a_new_test_stands_among_the_tests(tmp_path: Path, files: dict[str, str], about: str, path: str) -> None:
    """In the configured folder, else in the nearest one, and named as the tests there are."""
    assert new_test_path(about, "x", base(tmp_path, files)) == path


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"desk/tools.py": ""}, id="no tests"),
        pytest.param({"tests/test_tools_x.py": TEST}, id="there already"),
    ],
)
def test_there_is_no_place_for_a_test_where(tmp_path: Path, files: dict[str, str]) -> None:
    """The reason is said."""
    assert isinstance(new_test_path("desk/tools.py", "x", base(tmp_path, files)), NotSure)


def base(folder: Path, files: dict[str, str]) -> Base:
    target = repository(folder, files)
    revision = target.resolve("main")
    assert revision is not None
    return Base(target, revision)
