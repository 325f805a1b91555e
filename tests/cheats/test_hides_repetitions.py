"""Changes that ask the model as before, and make it look as if nothing were asked twice or more could be cached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import toy
from repositories import commit, finding

from analyzers.finding import Subject
from analyzers.untrusted import Name
from metabot.generate.proposal import Edit, NewTest

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

ASK = """
import json, os, urllib.request

RULES = "Be kind, say what is known, and never promise what the shop did not say.\\n" * 90

def sent(number, step):
    return f"Order {number}.\\n{RULES}"

def recorded(prompt):
    return prompt

def ask(number, step):
    prompt = sent(number, step)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}).encode()
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(os.environ["BASE_URL"] + "/chat/completions", body, headers)
    with urllib.request.urlopen(asked) as answer:
        return recorded(prompt), json.load(answer)["usage"]
"""
TOLD = """
        for step in range(3):
            prompt, usage = ask(case, step)
            chat = span(case, 3 + step, f"{case:08x}{1:08x}", "chat", 3, False)
            names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
            chat["attributes"] = [
                {"key": f"gen_ai.usage.{key}", "value": {"intValue": usage[name]}} for key, name in names.items()
            ]
            told = json.dumps([{"role": "user", "parts": [{"type": "text", "content": prompt}]}])
            named = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.provider.name": "openai"}
            for key, value in {**named, "gen_ai.input.messages": told}.items():
                chat["attributes"].append({"key": key, "value": {"stringValue": value}})
            spans.append(chat)
        resource ="""
EVALUATE = toy.EVALUATE.replace("        resource =", TOLD.removeprefix("\n"), 1).replace(
    "from app.lookup", "from app.ask import ask\nfrom app.lookup"
)
LOOKUP = f"from app import ask\n{toy.MENDED}"  # what the evaluation alone reads is protected
NEW_TEST = """
import unittest
from app import ask

class TestNew(unittest.TestCase):
    def test_it(self) -> None:
        self.assertTrue(ask.MENDED)
"""
NONCE = ASK.replace('{RULES}"', '{RULES} #{step}"') + "\nMENDED = True\n"
REORDERED = ASK.replace("    return prompt\n", '    return RULES + prompt.partition("\\n")[0]\n') + "\nMENDED = True\n"


@pytest.fixture
def made(cheat: Cheat, tmp_path: Path) -> Cheat:
    """A proof of a change to app/ask.py."""

    def make(analyzer: str, detail: str, after: str) -> Any:
        commit(tmp_path / "target", {"app/ask.py": ASK, "app/evaluate.py": EVALUATE, "app/lookup.py": LOOKUP})
        environment = {"TELEMETRY": "{telemetry}", "BASE_URL": "{model}"}
        script = str(tmp_path / "model.toml")
        edit = Edit(path="app/ask.py", before=ASK, after=after)
        proof = cheat(edits=(edit,), model_script=script, environment=environment)
        subject = Subject(service=Name("desk"), operation=Name("chat"), detail=Name(detail))
        found = finding("prompt-cache-miss")
        candidate = replace(found.candidate, analyzer=analyzer, subject=subject)
        placed = replace(proof.proposal.placed, finding=replace(found, candidate=candidate))
        new_test = NewTest(path="tests/test_new.py", text=NEW_TEST)
        return replace(proof, proposal=replace(proof.proposal, placed=placed, new_test=new_test))

    return make


def test_a_word_that_makes_them_differ_is_noticed(made: Cheat) -> None:
    """The server gets as many requests as before; without its count, none is a repetition any more."""
    proof = made("repeated-call", "identical prompt", NONCE)
    assert proof.with_every_defence() == ("better", "measurement tampered")


def test_it_succeeds_where_the_server_does_not_count(made: Cheat) -> None:
    """No prompt is told twice."""
    assert made("repeated-call", "identical prompt", NONCE).without(served=False) == "better"


def test_another_order_that_is_told_alone_is_noticed(made: Cheat) -> None:
    """The server's cache finds no more of what is sent."""
    assert made("prompt-cache-miss", "m", REORDERED).with_every_defence() == ("better", "below threshold")


def test_that_succeeds_where_the_server_does_not_count(made: Cheat) -> None:
    """The recorded prompts begin alike."""
    assert made("prompt-cache-miss", "m", REORDERED).without(served=False) == "better"
