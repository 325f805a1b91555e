"""A long paragraph that a prompt holds twice is said once; what only looks like it is left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_runs import TESTS, Tree, failing, page_examples
from repositories import finding, prompt_anchor

from metabot.generate.recipe import Base, NotSure, Written
from metabot.generate.recipes.remove_repeated_text import LEAST, write
from metabot.place.placement import Location, Placed

LONG = "Never promise a date that no system has given, and say so. " * 4
OTHER = "Look the order up before you answer; the customer has often written before. " * 4
TWICE = f"You help.\n\n{LONG}\n\nBe brief.\n\n{LONG}\n\nAnswer now."
SHAPES = [
    pytest.param("p.py", f'PROMPT = """{TWICE}"""\n', "PROMPT", id="constant"),
    pytest.param("p.py", f"PROMPT: str = '''\\\n{LONG}\n\n{OTHER}\n\n{LONG}\n'''\n", "PROMPT", id="at the end"),
    pytest.param(
        "p.py", f'def prompt(name: str) -> str:\n    return f"""For {{name}}.\n\n{TWICE}"""\n', "prompt", id="f"
    ),
    pytest.param(
        "p.py",
        'import textwrap\n\n\ndef prompt() -> str:\n    return textwrap.dedent("""\n'
        f'        {LONG}\n\n        Be brief.\n\n        {LONG}\n        """)\n',
        "prompt",
        id="indented",
    ),
    pytest.param(
        "p.py",
        f'RULES = """{OTHER}"""\n\n\ndef prompt(now: str) -> str:\n'
        '    return f"""You help.\n\n{RULES}\n\nIt is {now}.\n\n{RULES}\n"""\n',
        "prompt",
        id="one constant twice",
    ),
    pytest.param("prompts/help.md", TWICE + "\n", None, id="Markdown"),
    pytest.param(
        "prompts/help.yaml",
        "model: m  # the small one\nsystem: |\n" + re.sub("(?m)^(?=.)", "  ", TWICE) + "\n",
        None,
        id="YAML",
    ),
    pytest.param("help.txt", TWICE.replace("\n", "\r\n"), None, id="Windows' line ends"),
    pytest.param(
        "help.prompt", LONG + "\n\n" + LONG.replace("that no", "that\nno"), None, id="lines broken in another way"
    ),
]


def remove(path: str, source: str, symbol: str | None, how: str = "prompt text") -> Written | NotSure:
    base = Base(Tree({path: source, **TESTS}), "a" * 40)
    location = Location(
        path=path, first_line=1, last_line=source.count("\n") + 1, symbol=symbol, how=how, sure=1.0, why=""
    )
    about = finding("prompt-cache-miss", prompt=prompt_anchor(LONG))
    placed = Placed(finding=about, revision=base.revision, revision_known=True, locations=(location,))
    return write(placed, location, source, base)


@pytest.mark.parametrize(("path", "source", "symbol"), SHAPES)
def test_says_it_once(path: str, source: str, symbol: str | None) -> None:
    """The first paragraph stays, and what is left is the source without one piece."""
    written = remove(path, source, symbol)
    assert isinstance(written, Written), written
    assert written.changes_prompt
    after = written.edits[0].after
    again = OTHER if "{RULES}" in source else LONG
    assert " ".join(after.split()).count(" ".join(again.split())) == 1
    assert "{RULES}" not in source or after.count("{RULES}") == 1
    same = next((at for at, pair in enumerate(zip(source, after, strict=False)) if len(set(pair)) == 2), len(after))
    assert source[:same] + source[len(source) - len(after) + same :] == after


@pytest.mark.parametrize(("path", "source", "symbol"), SHAPES)
def test_applying_it_twice_changes_nothing_more(path: str, source: str, symbol: str | None) -> None:
    """Once is once."""
    written = remove(path, source, symbol)
    assert isinstance(written, Written)
    assert isinstance(remove(path, written.edits[0].after, symbol), NotSure)


_PARAGRAPHS = st.lists(
    st.sampled_from([LONG, OTHER, "Be brief.", "- one\n- two", "  indented", "Ünïcode…"]), max_size=8
)


@given(paragraphs=_PARAGRAPHS, gaps=st.sampled_from(["\n\n", "\n \n", "\n\n\n"]))
def test_unrelated_lines_never_change(paragraphs: list[str], gaps: str) -> None:
    """What is left are all paragraphs in their order, long ones at their first place only."""
    result = remove("p.txt", gaps.join(paragraphs), None)
    kept = [one for at, one in enumerate(paragraphs) if len(one) < LEAST or one not in paragraphs[:at]]
    if isinstance(result, NotSure):
        assert kept == paragraphs
    else:
        after = result.edits[0].after
        assert [" ".join(one.split()) for one in re.split(r"\n\s*\n", after)] == [" ".join(one.split()) for one in kept]


@pytest.mark.parametrize(
    ("path", "source", "symbol", "said"),
    [
        pytest.param("p.txt", f"{LONG}\n\n{OTHER}\n", None, "twice", id="two paragraphs"),
        pytest.param("p.txt", "Be brief.\n\n" * 3, None, "twice", id="short ones"),
        pytest.param("p.txt", f"{LONG}\n\n{LONG}and more.\n", None, "twice", id="more behind it"),
        pytest.param("p.j2", f"{{% if a %}}\n\n{LONG}\n\n{{% else %}}\n\n{LONG}\n", None, "twice", id="branches"),
        pytest.param("p.json", f'{{"a": "{LONG}"}}', None, "no file of lines", id="JSON"),
        pytest.param(
            "p.py",
            f'def prompt(a: str) -> str:\n    return f"""{LONG} {{a}}\n\n{LONG} {{a}}\n"""\n',
            "prompt",
            "twice",
            id="an expression in it",
        ),
        pytest.param("p.py", f'P = "{LONG}"\nQ = "{LONG}"\n', "P", "twice", id="two strings"),
        pytest.param(
            "p.py",
            f'def prompt(a) -> str:\n    return f"""{{a}}\n\n{TWICE}"""\n',
            "prompt",
            "sample",
            id="no annotation",
        ),
        pytest.param(
            "p.py", f'def prompt(a: str):\n    return f"""{{a}}\n\n{TWICE}"""\n', "prompt", "return", id="returns what"
        ),
        pytest.param("p.py", f'P = """{TWICE}"""\n\nfor _ in P:\n    pass\n', "P", "imported", id="a script"),
        pytest.param("p.py", "def (", "prompt", "not Python", id="broken syntax"),
    ],
)
def test_is_not_sure_about(path: str, source: str, symbol: str | None, said: str) -> None:
    """Each of these is left as it is, with a sentence about the prompt."""
    result = remove(path, source, symbol)
    assert isinstance(result, NotSure)
    assert said in result.why


def test_a_prompt_that_was_not_found_by_its_text_is_left_alone() -> None:
    """Where a span says that it comes from there, its text may be another."""
    assert isinstance(remove("p.txt", TWICE, None, how="code attribute"), NotSure)


def test_two_prompts_of_a_file_may_say_the_same() -> None:
    """Only the placed one is changed, and not where a test could not tell the two apart."""
    both = f"one: |\n  {LONG}\n\n  {LONG}\ntwo: |\n  Hello.\n\n  {OTHER}\n\n  {OTHER}\n"
    base = Base(Tree({"p.yaml": both, **TESTS}), "a" * 40)
    location = Location(path="p.yaml", first_line=2, last_line=4, symbol=None, how="prompt text", sure=1.0, why="")
    placed = Placed(finding=finding("prompt-cache-miss"), revision="a" * 40, revision_known=True, locations=(location,))
    result = write(placed, location, both, base)
    assert isinstance(result, NotSure)
    assert "another text" in result.why


def test_the_page_shows_what_it_does() -> None:
    """The example on the recipe's page is what comes out."""
    ((before, after),) = page_examples("remove-repeated-text")
    written = remove("p.py", before, "PROMPT")
    assert isinstance(written, Written)
    assert written.edits[0].after == after


@pytest.mark.slow
def test_each_shapes_new_test_fails_without_the_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests are run for real, all shapes' together, before and after."""
    files, tests, edits = {}, [], []
    for number, shape in enumerate(SHAPES):
        path, source, symbol = shape.values
        own = str(path).replace("p.py", f"p{number}.py").replace("help", f"help{number}")
        files[own] = str(source)
        written = remove(own, str(source), symbol)
        assert isinstance(written, Written), shape.id
        tests.append(written.new_test)
        edits += written.edits
    assert failing(tmp_path / "base", files, tests) == {test.path for test in tests}
    assert failing(tmp_path / "head", files, tests, edits) == set()
