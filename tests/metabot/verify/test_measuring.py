"""Files that measure a change and that no setting names."""

from __future__ import annotations

import pytest

from metabot.verify.measuring import only_measures

FILES = {
    "app/__init__.py": "",
    "app/agent.py": "from app.prompts import PROMPT\nfrom app.settings import load\n",
    "app/prompts.py": "PROMPT = 'x'\n",
    "app/settings.py": "def load(): return open('settings.toml')\n",
    "app/main.py": "from app import agent, routes\n",
    "app/routes.py": "PATHS = ()\n",
    "app/score/__init__.py": "from .rules import right\n",
    "app/score/rules.py": "def right(): return True\n",
    "settings.toml": "cap = 3\n",
    "data/cases.json": "[]",
    "data/expected.csv": "a,b\n",
    "data/unread.json": "[]",
    "run.py": "from app.main import agent\nfrom app.score import right\nopen(HERE / 'data' / 'cases.json')\n",
    "lib/table.py": "EXPECTED = open('../data/expected.csv')\n",
    "web/check.js": "import { right } from './right'\n",
    "web/right.js": "export const right = () => true\n",
}


def found(*edited: str, located: tuple[str, ...] = ("app/agent.py",), judge: str = "run.py") -> str | None:
    return only_measures(edited, located, (judge,), frozenset(FILES), FILES.get)


@pytest.mark.parametrize(
    ("path", "judge"),
    [
        pytest.param("data/cases.json", "run.py", id="data, by its last part"),
        pytest.param("app/score/__init__.py", "run.py", id="a scorer's package"),
        pytest.param("app/score/rules.py", "run.py", id="what the scorer imports"),
        pytest.param("data/expected.csv", "lib/table.py", id="data beside another folder"),
        pytest.param("web/right.js", "web/check.js", id="another language's import"),
    ],
)
def test_is_there_to_measure(path: str, judge: str) -> None:
    """The evaluation leads to it, and the application does not."""
    assert found("app/agent.py", path, judge=judge) == path


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("app/agent.py", id="where the finding was placed"),
        pytest.param("app/prompts.py", id="what that imports"),
        pytest.param("settings.toml", id="what it reads, two files further"),
        pytest.param("app/main.py", id="what calls it"),
        pytest.param("app/routes.py", id="what its caller imports"),
        pytest.param("data/unread.json", id="what nothing measures by"),
    ],
)
def test_is_the_application(path: str) -> None:
    """Also where the evaluation reads it, too."""
    assert found(path) is None


def test_nothing_is_said_without_a_place() -> None:
    """The application is not known then."""
    assert found("data/cases.json", located=()) is None
