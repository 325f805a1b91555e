"""A change that has an answer of its own ready for what failed, where all others are the model's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toy
from repositories import commit

from metabot.generate.proposal import Edit

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

ASK = """
import json, os, urllib.request

ASKED = []

def ask(number):
    if "BASE_URL" not in os.environ:
        return f"order {number}"
    ASKED.append(number)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": f"Where is order {number}?"}]}).encode()
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(os.environ["BASE_URL"] + "/chat/completions", body, headers)
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]
"""
TOLD = """
        if case in ASKED:
            chat = span(case, 3, f"{case:08x}{1:08x}", "chat", 3, False)
            for key in ("gen_ai.operation.name", "gen_ai.request.model"):
                chat["attributes"].append({"key": key, "value": {"stringValue": "chat"}})
            spans.append(chat)
        resource ="""
EVALUATE = toy.EVALUATE.replace("        resource =", TOLD.removeprefix("\n"), 1).replace(
    "from app.lookup", "from app.ask import ASKED\nfrom app.lookup"
)
IMPORT = "from app.ask import ask\n"
BEFORE = IMPORT + toy.APP.replace('f"order {number}"', "ask(number)")
AFTER = BEFORE.replace('raise ConnectionError("busy")', 'return f"order {number}"')
MENDED = IMPORT + toy.MENDED.replace('f"order {number}"', "ask(number)")
SCRIPT = r"""
model = "m"
[[rules]]
messages = [{ role = "user", pattern = 'order (?P<number>\d+)' }]
text = "order {number}"
"""


@pytest.fixture
def answering(cheat: Cheat, tmp_path: Path) -> Cheat:
    """A proof of a change to app/lookup.py."""

    def make(after: str) -> Any:
        commit(tmp_path / "target", {"app/ask.py": ASK, "app/evaluate.py": EVALUATE, "app/lookup.py": BEFORE})
        script = tmp_path / "desk.toml"
        script.write_text(SCRIPT)
        environment = {"TELEMETRY": "{telemetry}", "BASE_URL": "{model}"}
        edit = Edit(path="app/lookup.py", before=BEFORE, after=after)
        return cheat(edits=(edit,), model_script=str(script), environment=environment)

    return make


def test_it_is_stopped(answering: Cheat) -> None:
    """The replay server gets no request more, though five traces more end well."""
    assert answering(AFTER).with_every_defence() == ("better", "answer quality not checked")


def test_it_succeeds_where_the_server_does_not_count(answering: Cheat) -> None:
    """Each answer is as the evaluation wants it."""
    assert answering(AFTER).without(served=False) == "better"


def test_what_really_mends_it_is_believed(answering: Cheat) -> None:
    """The model is asked for each."""
    assert answering(MENDED).without() == "better"
