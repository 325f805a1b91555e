"""Placing by the prompt's own text."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import prompt_anchor, repository

from metabot.place.placement import Location
from metabot.place.prompt_text import by_prompt
from metabot.place.several import Several
from metabot.place.sources import sources

STATIC = "\n".join(f"{number}. Rule number {number} of the desk: be kind and be brief." for number in range(1, 21))
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
    static = STATIC.replace("brief", "{brief}") if "{{brief}}" in "".join(files.values()) else STATIC
    found = search(tmp_path, files, static)
    assert isinstance(found, Location)
    assert (found.path, (found.first_line, found.last_line), found.symbol) == (path, lines, symbol)
    assert found.how == "prompt text"
    assert found.why == "20 of 20 static lines of the prompt stand here"


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
