"""Remove repeated text: a long paragraph that a prompt holds twice is said once.

It fires where a prompt was found in the repository by its own text, and a paragraph of at least 200 characters stands
in it a second time, word for word:

    PROMPT = \"\"\"You answer questions.            PROMPT = \"\"\"You answer questions.

    Never promise a date that …                  Never promise a date that …
                                           ->
    Be brief.                                    Be brief.
                                                 \"\"\"
    Never promise a date that …
    \"\"\"

The first one stays, so that the beginning of the prompt is the same as before. It reads strings and f-strings in triple
quotes, where a paragraph may also be one constant of the module (`{RULES}`), and prompt files of lines (Markdown, text,
Jinja, YAML, TOML).

It leaves alone: shorter paragraphs, those with an expression in them, templates with branches, strings put together
from pieces, files of several prompts that repeat each other, and prompts that a generated test cannot read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.module import module_of
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written
from metabot.generate.recipes.prompt_expression import constants
from metabot.generate.recipes.through_function import runs_when_imported
from metabot.generate.sample_call import SampleCall, sample_call
from metabot.place.parsing import parse
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "remove-repeated-text"
LEAST: Final = 200  # characters of a paragraph: what is shorter may be said twice on purpose
_FILES: Final = (".md", ".txt", ".prompt", ".j2", ".jinja", ".jinja2", ".mustache", ".yaml", ".yml", ".toml")
_GAP: Final = re.compile(r"((?:\r?\n[ \t]*){2,})")
_QUOTES: Final = ('"""', "'''")


def write(_placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for a prompt that was placed by its text."""
    if location.how != "prompt text":
        return NotSure("the prompt's text was not found in the repository")
    made = without_repetition(source, location)
    if isinstance(made, NotSure):
        return made
    test = _test(location, source, base)
    if isinstance(test, NotSure):
        return test
    removed = len(source) - len(made)
    return Written(
        recipe=NAME,
        title="Say once what a prompt says twice",
        summary=(
            f"The prompt in `{location.path}` holds a long paragraph a second time, word for word, and every call pays "
            f"for it. The repetition is removed, {removed:,} characters; the first one stays where it is."
        ),
        edits=(Edit(path=location.path, before=source, after=made),),
        new_test=test,
        changes_prompt=True,
        risks=("Said twice, a rule may weigh more: a model may follow it less often where it is said once.",),
    )


def without_repetition(source: str, location: Location) -> str | NotSure:
    """The source with each long paragraph of the placed text once."""
    if location.path.endswith(_FILES):
        after = _in_file(source, location)
    elif location.path.endswith(".py"):
        after = _in_python(source, location)
    else:
        return NotSure(f"{location.path} is no file of lines")
    return after if after != source else NotSure("no long paragraph of the prompt stands in it twice")


def _in_file(source: str, location: Location) -> str | NotSure:
    lines = source.splitlines(keepends=True)
    first, last = location.first_line - 1, location.last_line
    after = "".join([*lines[:first], _once("".join(lines[first:last]), {}, written=True), *lines[last:]])
    if _once(after, {}, written=True) != after:
        return NotSure(f"another text of {location.path} repeats a paragraph, too")
    return after


def _in_python(source: str, location: Location) -> str | NotSure:
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    return wrapper.visit(_Editing(location, constants(source))).code


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str  # with one space between words
    chars: int  # of the longest paragraph that it is rendered as; 0: not known


class _Editing(cst.CSTTransformer):
    """Strings in triple quotes within the placed lines."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, location: Location, known: Mapping[str, str]) -> None:
        super().__init__()
        self._location = location
        self._known = known

    def leave_SimpleString(  # noqa: N802  libcst calls it by this name
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        if original_node.quote not in _QUOTES or not self._placed(original_node):
            return updated_node
        before, text = original_node.value.split(original_node.quote, 1)
        inner = _once(text.removesuffix(original_node.quote), {}, written=True)
        return updated_node.with_changes(value=f"{before}{original_node.quote}{inner}{original_node.quote}")

    def leave_FormattedString(  # noqa: N802
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.FormattedString:
        if original_node.end not in _QUOTES or not self._placed(original_node):
            return updated_node
        code = cst.Module([]).code_for_node(original_node)
        inner = _once(code[len(original_node.start) : -len(original_node.end)], self._known, written=False)
        made = cst.parse_expression(f"{original_node.start}{inner}{original_node.end}")
        return updated_node.with_changes(parts=cst.ensure_type(made, cst.FormattedString).parts)

    def _placed(self, node: cst.CSTNode) -> bool:
        lines = self.get_metadata(PositionProvider, node)
        return self._location.first_line <= lines.start.line and lines.end.line <= self._location.last_line


def _once(text: str, known: Mapping[str, str], *, written: bool) -> str:
    """The text without later paragraphs that are like an earlier long one; with them goes the gap before."""
    if "{%" in text:  # the two may stand in branches that exclude each other
        return text
    kept: list[str] = []
    seen: set[str] = set()
    pieces = _GAP.split(text)
    for gap, piece in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        paragraph = _paragraph(piece, known, written=written)
        if paragraph.text in seen:
            kept.append(piece[len(piece.rstrip()) :])  # the line end before the closing quotes
            continue
        if paragraph.chars >= LEAST:
            seen.add(paragraph.text)
        kept += [gap, piece]
    return "".join(kept)


def _paragraph(piece: str, known: Mapping[str, str], *, written: bool) -> _Paragraph:
    """`written`: braces are text. Else a paragraph with an expression counts only if that is one constant."""
    text = " ".join(piece.removeprefix("\\").split())  # a backslash joins the first line to the quotes
    name = re.fullmatch(r"\{(\w+)\}", text)
    if name is not None and name[1] in known:
        return _Paragraph(text, max(len(" ".join(one.split())) for one in _GAP.split(known[name[1]])))
    return _Paragraph(text, len(text) if written or "{" not in text.replace("{{", "") else 0)


def _test(location: Location, source: str, base: Base) -> NewTest | NotSure:
    target = new_test_path(location.path.replace("-", "_"), "repeated_text", base)
    if isinstance(target, NotSure):
        return target
    if not location.path.endswith(".py"):
        up = target.count("/")
        return NewTest(
            path=target, text=render("tests/remove_repeated_file.py.j2", path=location.path, up=up, least=LEAST)
        )
    module = import_name(location.path, base.files)
    read = _reading(source, location.symbol)
    for part in (module, read):
        if isinstance(part, NotSure):
            return part
    assert isinstance(module, str)
    assert not isinstance(read, NotSure)
    package, _, name = module.rpartition(".")
    called = read if isinstance(read, SampleCall) else None
    text = render(
        "tests/remove_repeated_text.py.j2",
        package=package,
        module=name,
        symbol=called.function if called is not None else read,
        called=called is not None,
        arguments=called.arguments if called is not None else (),
        needs_datetime=called is not None and called.needs_datetime,
        least=LEAST,
    )
    return NewTest(path=target, text=text)


def _reading(source: str, symbol: str | None) -> str | SampleCall | NotSure:
    """How a test gets the prompt: the name of a constant, or the call of a function that returns it."""
    module = module_of(source)
    if isinstance(module, cst.Module) and (why := runs_when_imported(module)):
        return NotSure(why)
    if symbol is not None and symbol in _assigned(parse(source)):
        return symbol
    call = sample_call(source, symbol)
    if isinstance(call, SampleCall) and not call.returns_text:
        return NotSure(f"{symbol} is not known to return the prompt")
    return call


def _assigned(module: ast.Module) -> set[str]:
    targets = [target for node in module.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in module.body if isinstance(node, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
