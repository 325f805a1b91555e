"""Templates that are filled elsewhere: their changing lines move behind the fixed ones, wherever they are written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_runs import prompt_moved
from repositories import finding, prompt_anchor, repository

from metabot.generate.proposal import Proposal
from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes.prompt_file import turned_template
from metabot.generate.writing import propose
from metabot.place.placing import place
from metabot.stopped import Stopped
from metabot.telemetry.pieces import cut

RULES = [f"Rule {number}: be kind, be brief, and never promise a day." for number in range(1, 9)]
FIXED = "\n".join(RULES)
STATIC = frozenset(piece.hash for piece in cut(FIXED))
TEXT = f"It is {{now}}.\nYou are helping {{name}}.\n\n{FIXED}\n"
TESTS = {"tests/test_a.py": "def test_a():\n    pass\n"}
READER = {"read.py": "import yaml\n\n\ndef read(path):\n    return yaml.safe_load(open(path))\n"}


def indented(text: str) -> str:
    return "".join(f"  {line}\n" if line else "\n" for line in text.rstrip("\n").split("\n"))


SHAPES = {
    "prompts/desk.md": TEXT,
    "prompts/headed.md": f"---\nversion: 1\n---\n{TEXT}",
    "prompts/desk.j2": TEXT.replace("{", "{{ ").replace("}", " }}"),
    "prompts/choice.jinja": "{% if name %}\nFor {{ name }}.\n{% endif %}\n\n" + FIXED + "\n\nTicket: {{ ticket }}\n",
    "prompts/dollar.txt": TEXT.replace("{", "${"),
    "prompts/percent.txt": TEXT.replace("{", "%(").replace("}", ")s"),
    "prompts/angle.prompt": TEXT.replace("{", "<").replace("}", ">"),
    "prompts/windows.txt": TEXT.replace("\n", "\r\n"),
    "prompts/desk.yaml": f"# by the desk\nversion: 7\nsystem: |\n{indented(TEXT)}user: >-\n  {{ticket}}\n",
    "prompts/desk.toml": f'version = 7  # by the desk\n[desk]\nsystem = """\n{TEXT}"""\n',
    "prompts/desk.json": json.dumps({"version": 7, "prompts": [{"system": TEXT}]}, indent=2),
    "format.py": f'PROMPT = """{TEXT}"""\n\n\ndef prompt(now, name):\n    return PROMPT.format(now=now, name=name)\n',
    "dollar.py": f'from string import Template\n\nPROMPT = Template("""{TEXT.replace("{", "${")}""")\n',
    "owned.py": f'class Desk:\n    PROMPT = """{TEXT}"""  # filled by ask\n',
    "listed.py": f'PROMPTS = {{\n    "desk": """\n{TEXT}""",\n    "other": "Hello {{name}}",\n}}\n',
    "joined.py": 'PROMPT = "\\n".join([\n    "It is {now}.",\n'
    + "".join(f'    "{line}",\n' for line in RULES)
    + "])\n",
    "stripped.py": 'from textwrap import dedent\n\nPROMPT = dedent("""\\\n    It is {now}.\n\n'
    + "".join(f"    {line}\n" for line in RULES)
    + '""").strip()\n',
}  # fmt: skip


def written(folder: Path, path: str, text: str, **more: str) -> Proposal | Stopped:
    target = repository(folder, {path: text, **TESTS, **READER, **more})
    placed = place(finding("prompt-cache-miss", prompt=prompt_anchor(FIXED)), target, base_branch="main")
    assert not isinstance(placed, Stopped), placed
    return propose(placed, target, base_branch="main")


def failures(folder: Path, tests: list[str]) -> dict[str, int]:
    """How many tests of each file failed, all files run at once."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf", *tests]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    output = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout
    assert "error" not in output.lower().replace("assertionerror", ""), output
    return {test: output.count(f"FAILED {test}::") for test in tests}


@pytest.mark.slow
def test_each_shapes_new_test_fails_without_the_change_and_passes_with_it(tmp_path: Path) -> None:
    """In each file and constant the rules come first, no line is lost, and the generated test tells the two apart."""
    together = tmp_path / "together"
    repository(together, {**SHAPES, **TESTS})
    proposals = []
    for number, (path, text) in enumerate(SHAPES.items()):
        proposal = written(tmp_path / str(number), path, text)
        assert isinstance(proposal, Proposal), (path, proposal)
        (edit,) = proposal.edits
        assert edit.after.index(RULES[-1]) < edit.after.index("now" if "now" in text else "name }}")
        assert sorted(edit.after.replace("\\\n", "")) == sorted(text.replace("\\\n", "")), path
        assert proposal.changes_prompt
        name = f"tests/test_number_{number}.py"
        (together / name).write_text(proposal.new_test.text)
        proposals.append((name, edit))
    tests = [name for name, _ in proposals]
    before = failures(together, tests)
    assert all(before.values()), before
    for _, edit in proposals:
        (together / edit.path).write_bytes(edit.after.encode())
    assert not any(failures(together, tests).values())


@pytest.mark.parametrize("path", SHAPES)
def test_a_second_time_nothing_is_left_to_do(path: str) -> None:
    """What was moved is not moved again."""
    first = prompt_moved(path, SHAPES[path], FIXED, **READER)
    assert isinstance(first, Written)
    assert isinstance(prompt_moved(path, first.edits[0].after, FIXED, **READER), NotSure)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(FIXED, "nothing in the text changes", id="no placeholder"),
        pytest.param(f"{FIXED}\n\nIt is {{now}}.\n", "less than", id="it stands behind already"),
        pytest.param(f"For {{name}}. Read the rules below.\n\n{FIXED}\n", "point", id="it points on"),
        pytest.param(f"For {{name}}.\n\nAs said above:\n{FIXED}\n", "point", id="the rules point back"),
        pytest.param(f"1. Greet {{name}}.\n2. Be kind.\n{FIXED}\n", "numbered", id="numbered through"),
        pytest.param(f"<context>\n{{ticket}}\n</context>\n{FIXED}\n", "tag", id="a tag would be torn"),
        pytest.param(f"{{% if a %}}\n{{{{ a }}}}\n\n{FIXED}\n\n{{% endif %}}", "statement", id="a statement around"),
        pytest.param(f"{{% set a = 1 %}}\n{{{{ a }}}}\n\n{FIXED}\n", "statement", id="a name is set"),
        pytest.param(f"The customer, {{name}}, says:\n\n{FIXED}\n", "colon", id="it introduces"),
        pytest.param(TEXT.replace("brief", "brief {x}"), "less than", id="it changes all over"),
    ],
)
def test_is_not_sure_about(text: str, said: str) -> None:
    """Each of these stays exactly as it is."""
    found = turned_template(text, STATIC)
    assert isinstance(found, NotSure)
    assert said in found.why


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        pytest.param("p.yaml", f"p: |2\n{indented(TEXT)}", "cannot be kept", id="an indentation that is stated"),
        pytest.param("p.py", f'P = load("""{TEXT}""")\n', "no constant", id="a function of its own takes it"),
    ],
)
def test_stops_at(tmp_path: Path, path: str, text: str, said: str) -> None:
    """What cannot be written or read by a test is left to a person."""
    stopped = written(tmp_path, path, text)
    assert isinstance(stopped, Stopped)
    assert said in stopped.detail


_LINE = st.text("ab {}.:<>$%", max_size=10)


@given(st.lists(_LINE, max_size=4), st.lists(_LINE, max_size=3))
def test_no_line_is_ever_lost(head: list[str], tail: list[str]) -> None:
    """Whatever stands around the rules, the same lines come out, and a placeholder never passes another one."""
    text = "\n".join([*head, "It is {now}.", "", *RULES, *tail])
    found = turned_template(text, STATIC)
    if not isinstance(found, NotSure):
        assert sorted(found.text.split("\n")) == sorted(text.split("\n"))
        assert [found.text.index(one) for one in found.changing] == sorted(
            found.text.index(one) for one in found.changing
        )
