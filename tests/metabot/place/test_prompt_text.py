"""Placing by the prompt's own text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from repositories import prompt_anchor, repository

from metabot.place.placement import Location
from metabot.place.prompt_text import by_prompt
from metabot.place.several import Several
from metabot.place.sources import sources

STATIC = "\n".join(f"{number}. Rule number {number} of the desk: be kind and be brief." for number in range(1, 21))
LINES = STATIC.split("\n")
HALVES = ("\n".join(LINES[:10]), "\n".join(LINES[10:]))
INDENTED = "".join(f"    {line}\n" for line in LINES)
F_STRING = f'def prompt(now, name):\n    return f"""The time is {{now}}.\nYou help {{name}}.\n\n{STATIC}\n"""\n'


def search(folder: Path, files: dict[str, str], static: str = STATIC) -> Location | Several | None:
    target = repository(folder, files)
    revision = target.resolve("main")
    assert revision is not None
    found = by_prompt(prompt_anchor(static), sources(target, revision))
    return found if isinstance(found, Several) else next(iter(found), None)


@pytest.mark.parametrize(
    ("files", "path", "lines", "symbol"),
    [
        pytest.param({"desk/p.py": F_STRING}, "desk/p.py", (2, 25), "prompt", id="f-string"),
        pytest.param({"p.py": f'RULES = """\\\n{STATIC}"""\n'}, "p.py", (1, 21), "RULES", id="constant"),
        pytest.param(
            {"p.py": f'def p(a):\n    return a + """{STATIC}"""\n'}, "p.py", (2, 21), "p", id="smallest that holds it"
        ),
        pytest.param(
            {"p.py": "P = (\n" + "".join(f'    "{line}\\n"\n' for line in STATIC.split("\n")) + ")\n"},
            "p.py",
            (2, 21),
            "P",
            id="implicit concatenation",
        ),
        pytest.param(
            {"p.py": "P = '\\n'.join([\n" + "".join(f'    "{line}",\n' for line in STATIC.split("\n")) + "])\n"},
            "p.py",
            (1, 22),
            "P",
            id="joined lines",
        ),
        pytest.param({"p.md": f"# Prompt\n\n{STATIC}\n"}, "p.md", (1, 23), None, id="prompt file"),
        pytest.param(
            {"p.py": 'T = """' + STATIC.replace("brief", "{{brief}}") + '"""\n'},
            "p.py",
            (1, 20),
            "T",
            id="str.format template",
        ),
        pytest.param(
            {"p.py": 'T = string.Template("""' + STATIC.replace("brief", "$$brief") + '""")\n'},
            "p.py",
            (1, 20),
            "T",
            id="string.Template",
        ),
        pytest.param(
            {"p.py": 'def p(n):\n    return """' + STATIC.replace("brief", "100%%") + '\nYou help %s.""" % n\n'},
            "p.py",
            (2, 22),
            "p",
            id="percent format",
        ),
        pytest.param({"p.py": f'P = dedent(\n    """\n{INDENTED}    """)\n'}, "p.py", (2, 23), "P", id="dedent"),
        pytest.param(
            {"p.j2": f"{{% if a %}}\nHello {{{{ name }}}}.\n{{% endif %}}\n{STATIC}\n"},
            "p.j2",
            (1, 24),
            None,
            id="Jinja",
        ),
        pytest.param({"p.yaml": f"a: 1\nsystem: |\n{INDENTED}b: 2\n"}, "p.yaml", (2, 22), None, id="YAML, literal"),
        pytest.param(
            {"p.yaml": "a: 1\nsystem: >-\n" + INDENTED.replace("\n", "\n\n") + "b: 2\n"},
            "p.yaml",
            (2, 41),
            None,
            id="YAML, folded",
        ),
        pytest.param(
            {"p.yaml": f"a: 1\nsystem: {json.dumps(STATIC)}\nb: 2\n"}, "p.yaml", (2, 2), None, id="YAML, quoted"
        ),
        pytest.param(
            {"p.json": json.dumps({"a": 1, "system": LINES}, indent=1)}, "p.json", (4, 23), None, id="JSON, lines"
        ),
        pytest.param({"p.toml": f'a = 1\nsystem = """\n{STATIC}"""\nb = 2\n'}, "p.toml", (2, 22), None, id="TOML"),
        pytest.param(
            {"p.py": f'A = """{HALVES[0]}"""\nX = 1\nB = """{HALVES[1]}"""\n'},
            "p.py",
            (1, 21),
            None,
            id="two constants of one file",
        ),
        pytest.param(
            {"p.py": f'class P:\n    def a(self):\n        return [{{"x": """{HALVES[0]}"""}}, """{HALVES[1]}"""]\n'},
            "p.py",
            (3, 21),
            "P.a",
            id="two messages of one method",
        ),
        pytest.param(
            {"vendor/p.py": F_STRING, "p.py": F_STRING, "p_pb2.py": F_STRING}, "p.py", (2, 25), "prompt", id="own file"
        ),
        pytest.param(
            {"p.py": F_STRING, "tests/test_p.py": F_STRING, "desk/test_p.py": F_STRING},
            "p.py",
            (2, 25),
            "prompt",
            id="copies in tests do not count",
        ),
    ],
)
def test_finds(tmp_path: Path, files: dict[str, str], path: str, lines: tuple[int, int], symbol: str | None) -> None:
    """However a file writes the text, its hashed lines are the recorded prompt's."""
    written = {"{{brief}}": "{brief}", "$$brief": "$brief", "100%%": "100%"}
    held = next((mark for mark in written if mark in "".join(files.values())), None)
    static = STATIC.replace("brief", written[held]) if held is not None else STATIC
    found = search(tmp_path, files, static)
    assert isinstance(found, Location)
    assert (found.path, (found.first_line, found.last_line), found.symbol) == (path, lines, symbol)
    assert found.how == "prompt text"
    assert found.why.startswith("20 of 20 static lines of the prompt stand here")
    assert found.sure == 1.0


def test_the_prompt_may_hold_more_than_the_text(tmp_path: Path) -> None:
    """Tool definitions and a second file's text belong to the prompt too; the share that is found is said."""
    found = search(tmp_path, {"p.py": F_STRING}, STATIC + "\n" + "a definition of a tool " * 20)
    assert isinstance(found, Location)
    assert 0.6 <= found.sure < 0.8


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"p.py": F_STRING.replace("kind", "quick")}, id="another text"),
        pytest.param({"p.py": F_STRING.replace("\n1", "\nx").replace(":", ";", 30)}, id="half of it"),
        pytest.param({"p.py": "x = 1\n", "data.bin": "\0"}, id="no text at all"),
    ],
)
def test_finds_nothing_where(tmp_path: Path, files: dict[str, str]) -> None:
    """Less than the stated share is no place."""
    assert search(tmp_path, files) is None


def test_two_copies_are_not_chosen_between(tmp_path: Path) -> None:
    """A prompt that stands in two files is ambiguous, and both are named."""
    found = search(tmp_path, {"a.py": F_STRING, "b.py": F_STRING.replace("kind", "kind", 1)})
    assert isinstance(found, Several)
    assert found.places == ("a.py:prompt", "b.py:prompt")


def test_two_prompts_that_share_most_lines_are_not_chosen_between(tmp_path: Path) -> None:
    """What both say was recorded: each of them may be the one that was served."""
    other = F_STRING.replace(LINES[0], "Another beginning.").replace(LINES[-1], "Another end.")
    found = search(tmp_path, {"a.py": F_STRING, "b.py": other}, "\n".join(LINES[1:-1]))
    assert isinstance(found, Several)
    assert sorted(found.places) == ["a.py:prompt", "b.py:prompt"]


def test_a_prompt_in_two_files_is_not_enough_in_either(tmp_path: Path) -> None:
    """Half of it in each: one half is named, and is no place for a change."""
    found = search(tmp_path, {"a.md": HALVES[0], "b.md": HALVES[1]})
    assert isinstance(found, Location)
    assert 0.4 < found.sure < 0.6


def test_a_prompt_without_line_ends_is_found(tmp_path: Path) -> None:
    """One long line, written as many strings side by side."""
    text = "".join(f'    "Rule {number}: be kind and be brief. "\n' for number in range(20))
    static = "".join(f"Rule {number}: be kind and be brief. " for number in range(20))
    found = search(tmp_path, {"p.py": f"P = (\n{text})\n"}, static)
    assert isinstance(found, Location)
    assert (found.symbol, found.sure) == ("P", 1.0)
