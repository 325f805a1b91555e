"""What a proposal may import: what the repository has, and Python itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.config import Target
from metabot.generate.proposal import Edit, NewTest, Proposal
from metabot.verify.dependencies import COMPUTED, imported
from metabot.verify.policy import BaseTree, refusal

BASE = {
    "app/main.py": "x = 1\n",
    "app/old.py": "import yaml\n",
    "src/desk/tools.py": "",
    "tests/test_app.py": "import pytest\n",
    "pyproject.toml": '[project]\ndependencies = ["httpx>=0.27", "Ruamel.Yaml[full]"]\n',
    "requirements-dev.txt": "time-machine==2\n",
    "README.md": "We like numpy.\n",
}


def refused(proposal: Proposal) -> str | None:
    stopped = refusal(proposal, base=BaseTree(files=frozenset(BASE), read=BASE.get), target=Target())
    assert stopped is None or (stopped.stage, stopped.reason) == ("applied", "forbidden change")
    return None if stopped is None else stopped.detail


def edited(after: str) -> tuple[Edit, ...]:
    return (Edit(path="app/main.py", before=BASE["app/main.py"], after=after),)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("import json, os.path\n", id="Python's own"),
        pytest.param("from desk.tools import x\nimport app.old\n", id="the repository's own, below a source folder"),
        pytest.param("import yaml\n", id="imported elsewhere at the base"),
        pytest.param("import httpx\n", id="in the manifest"),
        pytest.param("import ruamel_yaml, ruamel.yaml\n", id="in the manifest, spelled otherwise"),
        pytest.param("import time_machine\n", id="in the requirements"),
        pytest.param("from . import old\nfrom .. import x\nfrom .other import y\n", id="relative"),
        pytest.param("import importlib\nimportlib.import_module('json')\n", id="by a call"),
        pytest.param("import importlib\nimportlib.import_module('.old', __package__)\n", id="relative, by a call"),
    ],
)
def test_lets_through(a_proposal: Callable[..., Proposal], after: str) -> None:
    """None of these needs anything installed."""
    assert refused(a_proposal(edits=edited(after))) is None


@pytest.mark.parametrize(
    ("after", "said"),
    [
        pytest.param("import numpy\n", "numpy", id="a new one, though a text names it"),
        pytest.param("import os, numpy.linalg as la\n", "numpy", id="behind another"),
        pytest.param("def f():\n    from tenacity import retry\n", "tenacity", id="inside a function"),
        pytest.param("try:\n    import tenacity\nexcept ImportError:\n    tenacity = None\n", "tenacity", id="tried"),
        pytest.param("__import__('tenacity')\n", "tenacity", id="by a call"),
        pytest.param("import importlib\nimportlib.import_module('tenacity.x')\n", "tenacity", id="by importlib"),
        pytest.param("from importlib import import_module\nimport_module('te' + 'n')\n", COMPUTED, id="computed"),
        pytest.param("import tenacity\nmatch = = 3\n", "tenacity", id="in a file that does not parse"),
    ],
)
def test_refuses(a_proposal: Callable[..., Proposal], after: str, said: str) -> None:
    """A new dependency is a person's decision, in an edit and in the new test."""
    new_test = NewTest(path="tests/test_new.py", text=after)
    for proposal in (a_proposal(edits=edited(after)), a_proposal(new_test=new_test)):
        detail = refused(proposal)
        assert detail is not None
        assert f"would import {said}" in detail


def test_what_was_imported_before_may_stay(a_proposal: Callable[..., Proposal]) -> None:
    """An import that no manifest explains is not the change's doing."""
    odd = "import numpy\nimport importlib\nimportlib.import_module(name)\n"
    base = BaseTree(files=frozenset(BASE), read={**BASE, "app/main.py": odd}.get)
    edits = (Edit(path="app/main.py", before=odd, after=f"{odd}x = 2\n"),)
    assert refusal(a_proposal(edits=edits), base=base, target=Target()) is None


def test_a_syntax_error_is_left_to_the_tests(a_proposal: Callable[..., Proposal]) -> None:
    """It may be written for a newer Python than metabot's; the runs tell."""
    assert refused(a_proposal(edits=edited("x = = 2\n"))) is None


@given(st.text(max_size=200))
def test_never_raises(source: str) -> None:
    """Whatever the file holds."""
    imported(source)
