"""A request that is answered "try again" is sent again; whatever is not surely that is left alone."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from repositories import anchor, finding, repository
from shapes import Unversioned, write

from metabot.generate.proposal import Proposal
from metabot.generate.recipe import NotSure
from metabot.generate.recipes import retry_transient
from metabot.generate.recipes.retry_transient import retried
from metabot.generate.writing import propose
from metabot.place.placing import place
from metabot.stopped import Stopped

BEFORE = '''\
"""Tools."""

import os
import time  # kept

import requests

URL = os.environ.get("URL", "http://127.0.0.1:1")


# The one way to the service.
def fetch(path: str) -> dict:
    response = requests.get(URL + path, timeout=5)
    response.raise_for_status()
    return response.json()


class A: pass
'''
AFTER = '''\
"""Tools."""

import os
import time  # kept
from collections.abc import Callable

import requests

URL = os.environ.get("URL", "http://127.0.0.1:1")


def _retry_transient(send: Callable[[], requests.Response]) -> requests.Response:
    """Sends again, three times at most, while the answer's status is 429 or 503.

    Waits the seconds that Retry-After names, else 1, 2 and 4; never more than 10.
    """
    for wait in (1.0, 2.0, 4.0):
        response = send()
        if response.status_code not in (429, 503):
            return response
        asked = response.headers.get("Retry-After", "")
        time.sleep(min(float(asked) if asked.isdecimal() else wait, 10.0))
    return send()


# The one way to the service.
def fetch(path: str) -> dict:
    response = _retry_transient(lambda: requests.get(URL + path, timeout=5))
    response.raise_for_status()
    return response.json()


class A: pass
'''


def module(body: str, imports: str = "import requests") -> str:
    indented = "".join(f"    {line}\n" if line else "\n" for line in body.split("\n"))
    return f"{imports}\n\n\ndef fetch(path: str) -> dict:\n{indented}"


def retry(source: str, symbol: str = "fetch") -> str | NotSure:
    changed = retried(source, symbol, (429,))
    return changed if isinstance(changed, NotSure) else changed[0]


def test_the_change_is_what_a_person_would_write() -> None:
    """The call, one private function before it, and an import where a formatter puts it; nothing else changes."""
    changed = retried(BEFORE, "fetch", (429, 503))
    assert not isinstance(changed, NotSure)
    assert changed[0] == AFTER


RAISE = "answer.raise_for_status()\nreturn answer.json()"
REQUEST = "answer = requests.get(path, timeout=5)\n"
SHAPES = [
    pytest.param(module(REQUEST + "answer.raise_for_status()\nreturn answer.json()"), "requests.get", id="plain"),
    pytest.param(
        module("answer: r.Response = r.get(path)\n" + RAISE, "import requests as r"),
        "r.Response",
        id="module under another name",
    ),
    pytest.param(
        module("answer = load(path)\n" + RAISE, "from requests import get as load"),
        "from requests import Response, get as load",
        id="function under another name",
    ),
    pytest.param(
        module("answer = httpx.get(path)\nanswer.raise_for_status()\nreturn answer.json()", "import httpx"),
        "httpx.Response",
        id="httpx",
    ),
    pytest.param(
        module('answer = requests.request("GET", path)\nanswer.raise_for_status()\nreturn answer.json()'),
        'requests.request("GET", path)',
        id="request by its method",
    ),
    pytest.param(
        module("with span():\n    " + REQUEST + "    note(answer)\n    answer.raise_for_status()\nreturn answer"),
        "    answer = _retry_transient(lambda: requests.get(path, timeout=5))",
        id="inside a with block",
    ),
    pytest.param(
        module(
            "try:\n    " + REQUEST + "    answer.raise_for_status()\nexcept requests.HTTPError as error:\n"
            "    note(error)\n    raise\nreturn answer.json()"
        ),
        "_retry_transient(lambda:",
        id="a handler that passes the error on",
    ),
    pytest.param(
        module("answer = requests.get(\n    path,\n    timeout=5,\n)\nanswer.raise_for_status()\nreturn answer.json()"),
        "_retry_transient(lambda: requests.get(\n",
        id="a call on several lines",
    ),
    pytest.param(
        module('answer = requests.get(path, headers={"accept": "application/json"}, timeout=5, allow_redirects=False)\n'
               "answer.raise_for_status()\nreturn answer.json()"),
        "answer = _retry_transient(\n        lambda: requests.get(",
        id="a long call is broken",
    ),
    pytest.param(
        "import requests\n\n\ndef _get(path):\n    answer = requests.get(path)\n    answer.raise_for_status()\n"
        "    return answer\n\n\ndef fetch(path):\n    return _get(path).json()\n",
        "answer = _retry_transient(lambda: requests.get(path))",
        id="in the one function that it calls",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), SHAPES)
def test_finds_the_request(source: str, expected: str) -> None:
    """However it is imported and wherever it stands, the request is sent through the new function, once."""
    after = retry(source)
    assert isinstance(after, str), after
    assert expected in after
    assert after.count("_retry_transient(") == 2
    ast.parse(after)


@pytest.mark.parametrize(("source", "expected"), SHAPES)
def test_applying_it_twice_changes_nothing_more(source: str, expected: str) -> None:
    """What is retried already is left alone."""
    after = retry(source)
    assert isinstance(after, str)
    assert isinstance(retry(after), NotSure)


@pytest.mark.parametrize(("source", "expected"), SHAPES)
def test_line_ends_and_tabs_are_kept(source: str, expected: str) -> None:
    """The new lines are written as the file writes its own."""
    after = retry(source.replace("    ", "\t").replace("\n", "\r\n"))
    assert isinstance(after, str)
    assert after.count("\n") == after.count("\r\n")
    assert "    " not in after


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(module("answer = requests.post(path)\n" + RAISE), id="a request that changes something"),
        pytest.param(
            module('answer = requests.request("PATCH", path)\n' + RAISE), id="changes something, by its method"
        ),
        pytest.param(module("answer = requests.request(method, path)\n" + RAISE), id="a method not written there"),
        pytest.param(module(REQUEST + "return answer.json()"), id="the status is not raised"),
        pytest.param(module(REQUEST + "answer = other()\n" + RAISE), id="another answer's status is raised"),
        pytest.param(module(REQUEST + RAISE, "import other as requests"), id="another module of that name"),
        pytest.param(module(REQUEST + RAISE, "requests = make()"), id="no module at all"),
        pytest.param(module("answer = session.get(path)\n" + RAISE), id="a session"),
        pytest.param(module(REQUEST + RAISE, "import requests\nimport tenacity"), id="tenacity"),
        pytest.param(module(REQUEST + RAISE, "import requests\nfrom stamina import retry"), id="stamina"),
        pytest.param(module(REQUEST + RAISE, "import requests\nfrom urllib3.util.retry import Retry"), id="urllib3"),
        pytest.param(
            module(REQUEST + RAISE).replace("def fetch", "@with_retry(3)\ndef fetch"), id="a retrying decorator"
        ),
        pytest.param(
            module("for _ in range(3):\n    " + REQUEST + "    answer.raise_for_status()\nreturn answer"), id="a loop"
        ),
        pytest.param(
            module("while True:\n    with span():\n        " + REQUEST + "        answer.raise_for_status()"),
            id="a loop around a with block",
        ),
        pytest.param(
            module("try:\n    " + REQUEST + "    answer.raise_for_status()\nexcept OSError:\n    return None"),
            id="a handler that swallows the error",
        ),
        pytest.param(module(REQUEST + RAISE).replace("def fetch", "async def fetch"), id="a coroutine"),
        pytest.param(module("answer = requests.get(path, stream=True)\n" + RAISE), id="a streamed answer"),
        pytest.param(module("answer = requests.get(url := path)\n" + RAISE), id="an assignment among the arguments"),
        pytest.param(module(REQUEST + "answer.raise_for_status()\n" + REQUEST + RAISE), id="two requests"),
        pytest.param(module(REQUEST + RAISE, "import requests\nfrom time import time"), id="time means something else"),
        pytest.param(module(REQUEST + RAISE, "import requests\n\nCallable = 1"), id="Callable means something else"),
        pytest.param(
            module(REQUEST + RAISE, "import requests\n\n\ndef _retry_transient():\n    pass"), id="the name is taken"
        ),
        pytest.param("import requests\n\n\nclass A:\n    def fetch(self):\n        pass\n", id="a method"),
        pytest.param(
            module(REQUEST + RAISE).replace("fetch", "one")
            + module(REQUEST + RAISE).replace("fetch", "two")
            + "\n\ndef fetch():\n    return one('/a'), two('/b')\n",
            id="it calls two such functions",
        ),
        pytest.param("def fetch(:\n", id="broken syntax"),
    ],
)
def test_is_not_sure_about(source: str) -> None:
    """Each of these is left exactly as it is, with a reason."""
    result = retry(source)
    assert isinstance(result, NotSure)
    assert result.why


def proposed(folder: Path, source: str, statuses: tuple[int, ...] = (429,)) -> Proposal | Stopped:
    files = {"desk/__init__.py": "", "desk/tools.py": source, "tests/test_a.py": "def test_a():\n    pass\n"}
    target = repository(folder, files)
    about = finding("recurring-error", http_statuses=statuses, code=(anchor("/app/desk/tools.py", "desk.tools.fetch"),))
    placed = place(about, target, base_branch="main")
    assert not isinstance(placed, Stopped)
    return propose(placed, target, base_branch="main")


def exit_code(folder: Path, test: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(module(REQUEST + RAISE), id="requests, json"),
        pytest.param(
            module("answer = get(path)\nanswer.raise_for_status()\nreturn answer.text", "from requests import get"),
            id="requests' function, text",
        ),
        pytest.param(
            module("answer = httpx2.get(path)\nanswer.raise_for_status()\nreturn answer", "import httpx2"),
            id="httpx, the answer itself",
        ),
    ],
)
def test_the_new_test_fails_without_the_change_and_passes_with_it(tmp_path: Path, source: str) -> None:
    """The generated test is run for real, before and after."""
    proposal = proposed(tmp_path, source)
    assert isinstance(proposal, Proposal)
    (edit,) = proposal.edits
    test = tmp_path / proposal.new_test.path
    test.write_text(proposal.new_test.text)
    assert exit_code(tmp_path, proposal.new_test.path) == 1
    (tmp_path / edit.path).write_text(edit.after)
    assert exit_code(tmp_path, proposal.new_test.path) == 0


@pytest.mark.parametrize(
    ("source", "statuses", "said"),
    [
        pytest.param(module(REQUEST + RAISE), (404,), "404", id="not transient"),
        pytest.param(module(REQUEST + RAISE), (429, 500), "500", id="not transient alone"),
        pytest.param(module(REQUEST + RAISE), (), "none", id="no status"),
        pytest.param(module(REQUEST + RAISE).replace("path: str", "path"), (429,), "sample", id="no annotation"),
        pytest.param(
            module(REQUEST + 'answer.raise_for_status()\nreturn answer.json()["a"]'),
            (429,),
            "makes of",
            id="a part of it",
        ),
    ],
)
def test_stops(source: str, statuses: tuple[int, ...], said: str) -> None:
    """Errors of another kind, and functions that a test cannot follow, are not written for."""
    about = finding("recurring-error", http_statuses=statuses)
    result = write(retry_transient.write, Unversioned({"desk.py": source}), "desk.py", "fetch", about)
    assert isinstance(result, NotSure)
    assert said in result.why
