"""What the model is shown of a repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import anchor, finding, repository

from metabot.generate.author_context import Context, context
from metabot.generate.recipe import Base
from metabot.place.placement import Placed
from metabot.place.placing import place

AGENT = """\
import shop.tools
from .prices import total as sum_up

LIMIT = 3


class Agent:
    def run(self, order):
        found = [shop.tools.stock(one) for one in order[:LIMIT]]
        return self._answer(found, sum_up(order))

    def _answer(self, found, price):
        return f"{found} {price}"
"""
PYPROJECT = """\
[project]
requires-python = ">=3.11"
dependencies = ["HTTPX>=1"]
[tool.ruff]
line-length = 99
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "src/shop/__init__.py": "",
    "src/shop/agent.py": AGENT,
    "src/shop/tools.py": "import httpx\n\n\ndef stock(one):\n    return httpx.get(one)\n\n\ndef unused():\n    ...\n",
    "src/shop/prices.py": "def total(order):\n    return len(order)\n",
    "src/shop/app.py": "from .agent import Agent\n\n\ndef main():\n    Agent().run([])\n\n\ndef other():\n    ...\n",
    "src/shop/broken.py": "def run(:\n",
    "tests/conftest.py": "import pytest\n",
    "tests/test_agent.py": "def test_run():\n    assert True\n",
    "tests/test_other.py": "def test_other():\n    assert True\n",
}


def told(folder: Path, files: dict[str, str], symbol: str = "shop.agent.Agent.run") -> Context:
    made = repository(folder / "r", files)
    about = finding("serial-calls", code=(anchor("shop/agent.py", symbol),))
    placed = place(about, made, base_branch="main")
    assert isinstance(placed, Placed), placed
    return context(placed, Base(made, made.resolve("main") or ""))


def shown(found: Context) -> dict[str, str]:
    return {
        path: "\n".join(one.text for one in found.code if one.path == path) for path in {p.path for p in found.code}
    }


def test_the_place_is_shown_with_what_it_uses_and_who_uses_it(tmp_path: Path) -> None:
    """Its file whole; of other files the functions alone that the place calls, or that call it."""
    code = shown(told(tmp_path, FILES))
    assert set(code) == {"src/shop/agent.py", "src/shop/tools.py", "src/shop/prices.py", "src/shop/app.py"}
    assert code["src/shop/agent.py"] == AGENT.rstrip("\n")
    assert "def stock" in code["src/shop/tools.py"]
    assert "unused" not in code["src/shop/tools.py"]
    assert "def main" in code["src/shop/app.py"]
    assert "other" not in code["src/shop/app.py"]


def test_the_test_beside_is_the_one_about_the_same_module(tmp_path: Path) -> None:
    """With the fixtures of its folder; the new one gets a free name there."""
    found = told(tmp_path, FILES)
    assert [piece.path for piece in found.test] == ["tests/test_agent.py", "tests/conftest.py"]
    assert found.new_test == "tests/test_agent_serial_calls.py"


def test_the_repositorys_own_settings_are_told(tmp_path: Path) -> None:
    """Its longest line, its Python, its libraries."""
    found = told(tmp_path, FILES).conventions
    assert (found.line_length, found.python, found.libraries) == (99, ">=3.11", ("httpx",))


def test_a_large_file_is_shown_in_part(tmp_path: Path) -> None:
    """Its imports and the function; a prompt costs the same on a large repository as on a small one."""
    filler = "".join(f"\n\ndef filler_{number}():\n    return {number}\n" for number in range(500))
    found = told(tmp_path, {**FILES, "src/shop/agent.py": AGENT + filler})
    code = shown(found)["src/shop/agent.py"]
    assert "import shop.tools" in code
    assert "def run(self, order)" in code
    assert "filler" not in code
    assert not any(piece.whole for piece in found.code if piece.path == "src/shop/agent.py")


def test_a_function_without_end_is_cut(tmp_path: Path) -> None:
    """The limit holds for one piece, too."""
    long = "def run():\n" + "".join(f"    x = {number}\n" for number in range(3_000))
    found = told(tmp_path, {**FILES, "src/shop/agent.py": long}, "shop.agent.run")
    assert 0 < sum(len(piece.text) for piece in found.code) <= 24_000


@pytest.mark.parametrize("broken", ["[tool.ruff", "[project]\ndependencies = 7\n", "[tool]\nruff = 1\n"])
def test_settings_that_are_none_are_not_ours_to_repair(tmp_path: Path, broken: str) -> None:
    """The default is told."""
    assert told(tmp_path, {**FILES, "pyproject.toml": broken}).conventions.line_length == 88


def test_without_tests_there_is_no_path_for_a_new_one(tmp_path: Path) -> None:
    """Nobody needs to be asked then."""
    found = told(tmp_path, {path: text for path, text in FILES.items() if not path.startswith("tests/")})
    assert found.new_test is None
    assert found.test == ()


@pytest.mark.parametrize(
    ("path", "test", "new"),
    [
        pytest.param("src/agent.ts", "src/agent.test.ts", "src/agent.serial_calls.test.ts", id="TypeScript"),
        pytest.param("src/agent.js", "spec/other.spec.mjs", "spec/agent.serial_calls.spec.mjs", id="JavaScript"),
        pytest.param("desk/agent.go", "desk/agent_test.go", "desk/agent_serial_calls_test.go", id="Go"),
    ],
)
def test_other_languages_are_shown_as_lines(tmp_path: Path, path: str, test: str, new: str) -> None:
    """The file, a test beside, and a name that the runner finds; what uses what is read of Python alone."""
    made = repository(tmp_path / "r", {path: "one()\ntwo()\n", test: "agent\n", "tests/test_x.py": "agent agent\n"})
    placed = place(finding("serial-calls", code=(anchor(path, line=2),)), made, base_branch="main")
    assert isinstance(placed, Placed), placed
    found = context(placed, Base(made, made.resolve("main") or ""))
    assert [piece.text for piece in found.code] == ["one()\ntwo()"]
    assert [piece.path for piece in found.test] == [test]
    assert found.new_test == new
