"""The prompt's changing lines move behind its fixed ones; everything else stays as it is."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_runs import page_examples
from repositories import finding, prompt_anchor, repository

from metabot.generate.recipe import NotSure
from metabot.generate.recipes.prompt_rewriting import rewritten
from metabot.generate.writing import propose
from metabot.place.placing import place
from metabot.place.texts import texts
from metabot.stopped import Stopped
from metabot.telemetry.pieces import cut

RULES = [f"Rule {number}: be kind, be brief, and never promise a day." for number in range(1, 9)]
FIXED = "\n".join(RULES)
ARGUMENTS = {"now": "12:00", "name": "Ada", "ticket": "It broke.", "items": ["a", "b"]}


def pieces(text: str) -> frozenset[int]:
    return frozenset(piece.hash for piece in cut(text))


def placed_text(source: str, static: frozenset[int]) -> Any:
    """The place as placing finds it: the smallest text that holds most of the fixed pieces."""
    found = [(text, len(static & pieces(text.text))) for text in texts("p.py", source)]
    return min(found, key=lambda one: (-one[1], one[0].last_line - one[0].first_line, len(one[0].text)))[0]


def rewrite(source: str, fixed: str = FIXED) -> str | NotSure:
    from metabot.place.placement import Location

    static = pieces(fixed)
    text = placed_text(source, static)
    location = Location(
        path="p.py",
        first_line=text.first_line,
        last_line=text.last_line,
        symbol=text.symbol,
        how="prompt text",
        sure=1.0,
        why="",
    )
    changed = rewritten(source, location, static)
    return changed if isinstance(changed, NotSure) else changed[0]


def prompt_of(source: str) -> str:
    space: dict[str, Any] = {}
    exec(source, space)
    names = space["prompt"].__code__.co_varnames[: space["prompt"].__code__.co_argcount]
    text = space["prompt"](**{name: ARGUMENTS[name] for name in names})
    assert isinstance(text, str)
    return text


PIECES = "".join(f'        "{line}\\n"\n' for line in RULES[:-1]) + f'        "{RULES[-1]}"\n'
ELEMENTS = "".join(f'        "{line}",\n' for line in RULES)

SHAPES = [
    pytest.param(f'def prompt(now, name):\n    return f"""The time is {{now}}.\nFor {{name}}.\n\n{FIXED}"""\n', id="f"),
    pytest.param(f'def prompt(now):\n    return f"""\nThe time is {{now}}.\n\n{FIXED}\n"""\n', id="opens on a line"),
    pytest.param(f'def prompt(now):\n    return f"""\\\nThe time is {{now}}.\n\n{FIXED}\n"""\n', id="opens joined"),
    pytest.param(f'def prompt(now):\n    return f"""The time is {{now}}.\n{FIXED}"""\n', id="no blank line between"),
    pytest.param(
        f"def prompt(now):\n    return F'''# Now\nIt is {{now!r:>20}}.\n\n{FIXED}'''\n", id="heading moves along"
    ),
    pytest.param(
        f'def prompt(now, ticket):\n    text = f"""It is {{now}}.\n\n{FIXED}\n\n# Ticket\n{{ticket}}\n"""\n'
        "    return text.strip()\n",
        id="changing lines behind",
    ),
    pytest.param(
        f'def prompt(now):\n    return f"""You are kind.\n\nIt is {{now}}.\n\n{FIXED}\n"""\n',
        id="fixed paragraph first",
    ),
    pytest.param(
        f'RULES = """{FIXED}"""\n\n\ndef prompt(now):\n    return f"It is {{now}}.\\n\\n{{RULES}}"\n',
        id="constant in f",
    ),
    pytest.param(
        f'RULES = """{FIXED}"""\n\n\ndef prompt(now):\n    return f"It is {{now}}.\\n\\n" + RULES\n', id="sum"
    ),
    pytest.param(
        f'RULES = """{FIXED}\n"""\n\n\ndef prompt(now, ticket):\n'
        '    return f"It is {now}.\\n" + RULES + "\\n" + ticket\n',
        id="longer sum",
    ),
    pytest.param(
        f'def prompt(now):\n    return (\n        f"It is {{now}}.\\n"\n        "\\n"\n{PIECES}    )\n', id="pieces"
    ),
    pytest.param(
        f'def prompt(now, name):\n    return (\n        f"It is {{now}} and "\n        f"this is {{name}}.\\n"\n'
        f"{PIECES}    )\n",
        id="a line of two pieces",
    ),
    pytest.param(
        f'def prompt(now):\n    return "\\n".join([\n        f"It is {{now}}.",\n        "",\n{ELEMENTS}    ])\n',
        id="join",
    ),
    pytest.param(
        'def prompt(name, now):\n    return "\\n".join((\n        name,\n        f"It is {now}.",\n'
        f"{ELEMENTS}    ))\n",
        id="join with a bare name",
    ),
    pytest.param(
        'def prompt(now):\n    return f"It is {now}.\\n\\n' + FIXED.replace("\n", "\\n") + '"\n', id="escaped line ends"
    ),
    pytest.param(
        f'def prompt(now):\n    return f"""It is {{now}}.\n\n{{{{"a": "\\\\n"}}}}\n{FIXED}"""\n',
        id="braces, backslashes",
    ),
]


@pytest.mark.parametrize("source", SHAPES)
def test_the_fixed_text_comes_first_and_no_line_is_lost(source: str) -> None:
    """In each shape the prompt has the same lines as before, and the rules stand before what changes."""
    after = rewrite(source)
    assert isinstance(after, str), after
    text = prompt_of(after)
    assert Counter(text.split("\n")) == Counter(prompt_of(source).split("\n"))
    assert text.index(RULES[-1]) < text.index("12:00")
    assert FIXED in text


@pytest.mark.parametrize("source", SHAPES)
def test_applying_it_twice_changes_nothing_more(source: str) -> None:
    """What was moved is not moved again."""
    after = rewrite(source)
    assert isinstance(after, str)
    assert isinstance(rewrite(after), NotSure)


@pytest.mark.parametrize("source", SHAPES)
def test_unrelated_lines_stay_as_they_are(source: str) -> None:
    """Code around the prompt keeps its every character, comments and odd spacing included."""
    before = "import os  # kept\n\n\ndef other( a ):\n    return {'a':a}\n\n\n"
    behind = "\n\nclass A: pass\n"
    after = rewrite(before + source + behind)
    assert isinstance(after, str)
    assert after.startswith(before)
    assert after.endswith(behind)


def test_the_moved_paragraph_keeps_its_distance() -> None:
    """One blank line stood between the two, and one stands there still; the fixed lines do not change at all."""
    source = f'def prompt(now):\n    return f"""The time is {{now}}.\n\n{FIXED}\n"""\n'
    assert rewrite(source) == f'def prompt(now):\n    return f"""\\\n{FIXED}\n\nThe time is {{now}}.\n"""\n'


def test_line_ends_of_another_system_are_kept() -> None:
    """A file with carriage returns keeps them everywhere."""
    source = f'def prompt(now):\n    return f"""The time is {{now}}.\n\n{FIXED}\n"""\n'.replace("\n", "\r\n")
    after = rewrite(source)
    assert isinstance(after, str)
    assert after.count("\r\n") == after.count("\n") == source.count("\n") + 1


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(f'def prompt():\n    return """{FIXED}"""\n', id="nothing changes"),
        pytest.param(f'def prompt(now):\n    return f"""{FIXED}\n\nIt is {{now}}.\n"""\n', id="what changes is behind"),
        pytest.param(
            f'def prompt(now):\n    return f"""It is {{now}}. {FIXED}"""\n'.replace("\n", " ").replace(
                "prompt(now): ", "prompt(now):\n"
            ),
            id="one line",
        ),
        pytest.param(
            'def prompt(now):\n    return f"""It is {now}.\n'
            + "\n".join(f"{line} {{now}}" if at in (2, 5) else line for at, line in enumerate(RULES))
            + '\n"""\n',
            id="changes all over the text",
        ),
        pytest.param(f'P = """It is {{now}}.\n\n{FIXED}"""\n', id="a template filled elsewhere"),
        pytest.param(
            f'def prompt(now):\n    def inner():\n        return f"""{{now}}\n{FIXED}"""\n',
            id="a function in a function",
        ),
        pytest.param(f'def prompt(now):\n    return f"""The rules of {{now}}:\n\n{FIXED}"""\n', id="a colon leads on"),
        pytest.param(
            f'def prompt(now):\n    return f"""It is {{now}}.\n\n{FIXED}\nAnswer:"""\n', id="a colon at the end"
        ),
        pytest.param(
            f'def prompt(now):\n    return (\n        f"It is {{now}}.\\n"  # the hour\n{PIECES}    )\n',
            id="comments between",
        ),
        pytest.param(
            f'def prompt(now):\n    return dedent(f"""It is {{now}}.\n    {FIXED}""")\n', id="indentation differs"
        ),
        pytest.param(f'def prompt(now):\n    return f"""It is {{now}}.\\n\n{FIXED}"""\n', id="two kinds of line ends"),
        pytest.param(f'def prompt(now):\n    return f"""Now "{{now}}"\n\n{FIXED}"""\n', id="a closing quotation mark"),
        pytest.param(
            f'R = """{FIXED}"""\n\n\ndef prompt(now):\n    head = f"It is {{now}}.\\n"\n    return head + R\n',
            id="the changing text is built before",
        ),
        pytest.param(
            f'R = """{FIXED}"""\n\n\ndef prompt(now):\n    return f"{{now}}\\n" + R\n\n\n'
            'def other(now):\n    return f"{now}\\n" + R\n',
            id="used in two functions",
        ),
        pytest.param(
            f'def prompt(now):\n    return "\\n".join([f"It is {{now}}.", *[\n{ELEMENTS}    ]])\n', id="a computed list"
        ),
        pytest.param(f'def prompt(now):\n    return f"It is {{now}}." + """{FIXED}"""\n', id="no line end between"),
    ],
)
def test_is_not_sure_about(source: str) -> None:
    """Each of these is left exactly as it is."""
    result = rewrite(source)
    assert isinstance(result, NotSure)
    assert result.why


_WORD = st.text(alphabet="abc {}\\\"'é.", min_size=0, max_size=8)


@given(
    head=st.lists(_WORD, max_size=2),
    tail=st.lists(_WORD, max_size=3),
    gap=st.integers(0, 2),
    quote=st.sampled_from("\"'"),
)
def test_no_line_is_ever_lost(head: list[str], tail: list[str], gap: int, quote: str) -> None:
    """Whatever the lines hold, a rewritten prompt has the same lines as before, or there is no rewriting."""
    lines = ["\0", *head, *[""] * gap, *RULES, *tail]
    escaped = "\n".join(line.replace("\\", "\\\\").replace("{", "{{").replace("}", "}}") for line in lines)
    escaped = escaped.replace('"', '\\"').replace("'", "\\'").replace("\0", "It is {now}.")
    source = f"def prompt(now):\n    return f{quote * 3}{escaped}{quote * 3}\n"
    ast.parse(source)
    after = rewrite(source)
    if isinstance(after, str):
        assert Counter(prompt_of(after).split("\n")) == Counter(prompt_of(source).split("\n"))


CALLABLE = 'def prompt({parameters}) -> str:\n    return f"""It is {{now}}.\n\n' + FIXED + '\n"""\n'
TESTS = {"tests/test_a.py": "def test_a():\n    pass\n"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(
            {"p.py": CALLABLE.format(parameters="now: Clock"), **TESTS},
            "does not come from an argument",
            id="a type of its own",
        ),
        pytest.param({"p.py": CALLABLE.format(parameters="now: str")}, "no tests", id="no tests"),
        pytest.param(
            {"p.py": "import time\n\n\n" + CALLABLE.format(parameters="").replace("{now}", "{time.time()}"), **TESTS},
            "does not come from an argument",
            id="the clock itself",
        ),
        pytest.param(
            {
                "p.py": CALLABLE.format(parameters="now: str").replace("-> str", "-> list").replace("return f", "x = f")
                + "    return [x]\n",
                **TESTS,
            },
            "not known to return the prompt",
            id="returns something else",
        ),
    ],
)
def test_stops_where_no_test_can_be_written(tmp_path: Path, files: dict[str, str], said: str) -> None:
    """A change that no new test can show is not proposed."""
    target = repository(tmp_path, files)
    placed = place(finding("prompt-cache-miss", prompt=prompt_anchor(FIXED)), target, base_branch="main")
    assert not isinstance(placed, Stopped)
    stopped = propose(placed, target, base_branch="main")
    assert isinstance(stopped, Stopped)
    assert (stopped.stage, stopped.reason) == ("written", "recipe not sure")
    assert said in stopped.detail


def test_words_that_point_are_named_as_a_risk(tmp_path: Path) -> None:
    """Who reads the pull request looks at them; a prompt without such words is not suspected of them."""
    for number, text in enumerate((FIXED, FIXED + "\n\nKeep to the rules above.")):
        source = f'def prompt(now: str) -> str:\n    return f"""It is {{now}}.\n\n{text}\n"""\n'
        target = repository(tmp_path / str(number), {"p.py": source, **TESTS})
        placed = place(finding("prompt-cache-miss", prompt=prompt_anchor(text)), target, base_branch="main")
        assert not isinstance(placed, Stopped)
        proposal = propose(placed, target, base_branch="main")
        assert not isinstance(proposal, Stopped)
        assert ["above" in risk for risk in proposal.risks] == [False, *[True] * number]


def test_the_pages_example_is_what_it_does() -> None:
    """docs/recipes/stable-prompt-prefix.md shows its result, character for character."""
    ((before, after),) = page_examples("stable-prompt-prefix")
    assert rewrite(before) == after


def annotated(source: str) -> str:
    """The same function with types, so that a test can be written for it."""
    head, names, rest = re.split(r"def prompt\((.*?)\):", source)
    parameters = ", ".join(f"{name}: str" for name in names.split(", "))
    return f"{head}def prompt({parameters}) -> str:{rest}"


def exit_codes(folder: Path, tests: list[str]) -> dict[str, int]:
    """How many tests of each file failed, all files run at once."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf", *tests]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    output = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout
    assert "error" not in output.lower().replace("assertionerror", ""), output
    return {test: output.count(f"FAILED {test}::") for test in tests}


def test_each_shapes_new_test_fails_without_the_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests are run for real, all shapes' together, before and after."""
    together = tmp_path / "together"
    (together / "tests").mkdir(parents=True)
    tests, edits = [], []
    for number, shape in enumerate(SHAPES):
        source = annotated(str(shape.values[0]))
        target = repository(tmp_path / str(number), {f"p{number}.py": source, **TESTS})
        placed = place(finding("prompt-cache-miss", prompt=prompt_anchor(FIXED)), target, base_branch="main")
        assert not isinstance(placed, Stopped), shape.id
        proposal = propose(placed, target, base_branch="main")
        assert not isinstance(proposal, Stopped), (shape.id, proposal)
        (together / f"p{number}.py").write_text(source)
        (together / proposal.new_test.path).write_text(proposal.new_test.text)
        tests.append(proposal.new_test.path)
        edits.append(proposal.edits[0])
    assert all(exit_codes(together, tests).values())
    for edit in edits:
        (together / edit.path).write_text(edit.after)
    assert not any(exit_codes(together, tests).values())
