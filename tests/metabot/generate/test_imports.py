"""A module's imports: what its names stand for, and where a new one goes."""

from __future__ import annotations

import ast

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.imports import Wanted, bound, imported, resolved, with_import

SOURCE = """\
import os, urllib.parse as up
import xml.etree
from requests import get as load, Session
from . import here
from star import *

A: int = 1
B = 2


def f(): ...
class C: ...
"""


def test_names_stand_for_what_was_imported() -> None:
    """Aliases and submodules are followed; relative and star imports explain no name."""
    assert imported(cst.parse_module(SOURCE)) == {
        "os": "os",
        "up": "urllib.parse",
        "xml": "xml",
        "load": "requests.get",
        "Session": "requests.Session",
    }


@pytest.mark.parametrize(
    ("code", "origin"),
    [
        ("load", "requests.get"),
        ("up.quote", "urllib.parse.quote"),
        ("os.path.join", "os.path.join"),
        ("here.x", None),
        ("f().x", None),
        ("load()", None),
    ],
)
def test_an_expression_is_resolved_through_them(code: str, origin: str | None) -> None:
    """Only a dotted name that begins with an imported one has an origin."""
    assert resolved(cst.parse_expression(code), imported(cst.parse_module(SOURCE))) == origin


def test_bound_names_include_definitions() -> None:
    """A function, a class and an assignment take a name as an import does."""
    assert {"os", "load", "A", "B", "f", "C"} <= bound(cst.parse_module(SOURCE))


TIME, CALLABLE = Wanted("time"), Wanted("collections.abc", "Callable")


@pytest.mark.parametrize(
    ("wanted", "before", "after"),
    [
        pytest.param(TIME, "import time\n", "import time\n", id="there already"),
        pytest.param(CALLABLE, "from collections.abc import Callable as C\n", None, id="there under another name"),
        pytest.param(TIME, "import os\nimport sys\n", "import os\nimport sys\nimport time\n", id="last by name"),
        pytest.param(TIME, "import os\nimport zlib\n", "import os\nimport time\nimport zlib\n", id="between"),
        pytest.param(TIME, "import zlib\n", "import time\nimport zlib\n", id="first by name"),
        pytest.param(TIME, "from os import path\n", "import time\nfrom os import path\n", id="before from-imports"),
        pytest.param(
            CALLABLE, "import os\nfrom typing import Any\n",
            "import os\nfrom collections.abc import Callable\nfrom typing import Any\n", id="from-imports by module",
        ),
        pytest.param(
            CALLABLE, "from collections.abc import Awaitable, Iterator\n",
            "from collections.abc import Awaitable, Callable, Iterator\n", id="into a list",
        ),
        pytest.param(
            CALLABLE, "from collections.abc import (\n    Iterator,\n    Mapping,\n)\n",
            "from collections.abc import (\n    Callable,\n    Iterator,\n    Mapping,\n)\n", id="into a list on lines",
        ),
        pytest.param(
            CALLABLE, "from collections.abc import Iterator\n",
            "from collections.abc import Callable, Iterator\n", id="beside one name",
        ),
        pytest.param(
            TIME, '"""Doc."""\n\nfrom __future__ import annotations\n\nimport requests\n',
            '"""Doc."""\n\nfrom __future__ import annotations\n\nimport time\n\nimport requests\n', id="its own group",
        ),
        pytest.param(
            TIME, "import os\n\nimport requests\n\nimport abc\n",
            "import os\nimport time\n\nimport requests\n\nimport abc\n", id="the first group",
        ),
        pytest.param(TIME, '"""Doc."""\nx = 1\n', '"""Doc."""\nimport time\n\nx = 1\n', id="no imports"),
        pytest.param(TIME, "# license\nimport zlib\n", "# license\nimport time\nimport zlib\n", id="under a header"),
    ],
)  # fmt: skip
def test_an_import_goes_where_a_formatter_puts_it(wanted: Wanted, before: str, after: str | None) -> None:
    """Among its kind, by name; the rest of the file stays as it is."""
    result = with_import(cst.parse_module(before), wanted).code
    if after is None:
        assert imported(cst.parse_module(result))["Callable"] == "collections.abc.Callable"
    else:
        assert result == after


@given(
    st.lists(st.sampled_from(["import os", "import zlib", "import requests", "from typing import Any", "x = 1", ""]))
)
def test_adding_twice_is_adding_once(lines: list[str]) -> None:
    """The import is there afterwards, the module is still one, and every line of before is still there."""
    before = "\n".join(lines) + "\n"
    once = with_import(cst.parse_module(before), TIME)
    assert with_import(once, TIME).code == once.code
    assert imported(once)["time"] == "time"
    assert [line for line in once.code.split("\n") if line and line != "import time"] == [
        line for line in lines if line
    ]
    ast.parse(once.code)
