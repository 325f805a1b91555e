"""Prompts that methods, coroutines and handlers build or send themselves: moved, and seen by a test that runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_runs import prompt_moved
from recipe_runs import failing

from metabot.generate.catalogue import RECIPES
from metabot.generate.recipe import NotSure, Written

RULES = [f"Rule {number}: be kind, be brief, and never promise a day." for number in range(1, 9)]
FIXED = "\n".join(RULES)
TEXT = f'f"""It is {{now}}.\nYou are helping {{name}}.\n\n{FIXED}\n"""'
SELF = TEXT.replace("{name}", "{self.name}")
SEND = "client.chat.completions.create(model='m', messages=[{'role': 'system', 'content': TEXT}])"
SHAPES = {
    "no annotations": f"def prompt(now, name):\n    return {TEXT}\n",
    "a time by its format": f"def prompt(now, name):\n    return {TEXT.replace('{now}', '{now:%H:%M}')}\n",
    "async": f"async def prompt(now: str, name: str) -> str:\n    text = {TEXT}\n    return text.strip()\n",
    "method": f"class Desk:\n    def __init__(self, name):\n        self.name = name\n\n"
              f"    def prompt(self, now):\n        return {SELF}\n",
    "dataclass": f"import dataclasses\n\n\n@dataclasses.dataclass\nclass Desk:\n    name: str\n\n"
                 f"    def prompt(self, now: str) -> str:\n        return {SELF}\n",
    "sends it": f"def ask(client, now, name):\n    return {SEND.replace('TEXT', TEXT)}\n",
    "a handler's coroutine": "from openai import AsyncOpenAI\n\nclient = AsyncOpenAI(api_key='none')\n\n\n"
                             f"async def ask(now, name):\n    system = {TEXT}\n"
                             f"    return await {SEND.replace('TEXT', 'system')}\n",
    "Anthropic's system": f"class Desk:\n    def __init__(self, client, name):\n        self.client = client\n"
                          f"        self.name = name\n\n    def ask(self, now):\n        self.client.messages.create(\n"
                          f"            model='m', max_tokens=9, messages=[], system={SELF}\n        )\n",
    "local template": "def prompt(today, person):\n    template = " + TEXT[1:]
                      + "\n    return template.format(now=today, name=person)\n",
    "added up": f"def prompt(now, name):\n    text = f'It is {{now}}.\\n'\n    text += f'For {{name}}.\\n'\n"
                f'    text += """{FIXED}\n"""\n    return text\n',
    "added up from a constant": f'RULES = """{FIXED}\n"""\n\n\ndef prompt(now, name):\n'
                                "    text = f'It is {now}, {name}.\\n\\n'\n    text += RULES\n    return text\n",
    "a sum with a constant that ends its line": f'RULES = """{FIXED}\n"""\n\n\ndef prompt(now, name):\n'
                                                "    return f'It is {now}, {name}.\\n' + RULES\n",
    "messages": f'RULES = """{FIXED}\n"""\n\n\ndef messages(question: str, now: str) -> list[dict]:\n'
                "    system = f'It is {now}.\\n' + RULES\n    return [\n"
                "        {'role': 'system', 'content': system},\n"
                "        {'role': 'user', 'content': question},\n    ]\n",
    "messages on the spot": f"def messages(question, now, name):\n    return [{{'role': 'system', 'content': {TEXT}}},"
                            " {'role': 'user', 'content': question}]\n",
    "appended": f"def prompt(now, name):\n    parts = []\n    parts.append(f'It is {{now}}.')\n"
                f"    parts.append(f'For {{name}}.')\n    parts.append(\"\"\"{FIXED}\"\"\")\n"
                '    return "\\n".join(parts)\n',
}  # fmt: skip


def change(path: str, source: str) -> Written | NotSure:
    return prompt_moved(path, source, FIXED)


@pytest.mark.parametrize("name", SHAPES)
def test_the_rules_come_first_and_no_line_is_lost(name: str) -> None:
    """The prompt's lines are the same ones in another order; a second time nothing moves."""
    written = change("p.py", SHAPES[name])
    assert isinstance(written, Written), written
    (edit,) = written.edits
    assert edit.after.index(RULES[-1]) < edit.after.index("{now")
    assert len(edit.after.replace("\\\n", "")) == len(edit.before)
    assert isinstance(change("p.py", edit.after), NotSure)


def test_instructions_at_the_end_move_to_the_front() -> None:
    """A task of any length stands first in every conversation; the rules that all share come before it."""
    source = f'def prompt(task: str) -> str:\n    return f"""# The task\n{{task}}\n\n# The rules\n{FIXED}\n"""\n'
    written = change("p.py", source)
    assert isinstance(written, Written)
    moved = f'    return f"""\\\n# The rules\n{FIXED}\n\n# The task\n{{task}}\n"""\n'
    assert written.edits[0].after == f"def prompt(task: str) -> str:\n{moved}"
    assert "late-instructions" in RECIPES


@pytest.mark.slow
def test_the_new_tests_fail_before_and_pass_after(tmp_path: Path) -> None:
    """Each shape's own test is run for real."""
    files = {f"p{number}.py": source for number, source in enumerate(SHAPES.values())}
    written = [change(path, source) for path, source in files.items()]
    tests = [one.new_test for one in written if isinstance(one, Written)]
    edits = [edit for one in written if isinstance(one, Written) for edit in one.edits]
    assert len(tests) == len(files)
    assert failing(tmp_path / "before", files, tests) == {test.path for test in tests}
    assert failing(tmp_path / "after", files, tests, edits) == set()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param(
            f"class Desk(Base):\n    def prompt(self, now, name):\n        return {TEXT}\n",
            "cannot make an object",
            id="a class that no test can make",
        ),
        pytest.param(f"def ask(now, name):\n    log({TEXT})\n", "0 requests", id="neither returned nor sent"),
        pytest.param(
            f'def prompt(now, name):\n    text = f\'It is {{now}}.\'\n    text += """{FIXED}\n"""\n    return text\n',
            "nothing",
            id="added up without a line end",
        ),
        pytest.param(
            f'def prompt(now, name):\n    text = f\'It is {{now}}.\\n\'\n    # the rules\n    text += """{FIXED}\n"""\n'
            "    return text\n",
            "nothing",
            id="a comment between",
        ),
        pytest.param(
            f"def prompt(now, name):\n    return {TEXT.replace('{now}', '{clock()}').replace('{name}', '')}\n",
            "does not come from an argument",
            id="the clock itself",
        ),
    ],
)
def test_is_not_sure_about(source: str, said: str) -> None:
    """Where no test can see the prompt, nothing is proposed."""
    result = change("p.py", source)
    assert isinstance(result, NotSure)
    assert said in result.why
