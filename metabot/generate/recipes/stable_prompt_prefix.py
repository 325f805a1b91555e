'''Stable prompt prefix: what changes from call to call moves behind the fixed instructions.

A provider's prompt cache holds the beginning that requests have in common. A time or a name at the top of a long prompt
makes every beginning different; at its end it costs nothing. It fires where a prompt was found in a function of the
repository by its own text:

    return f"""The time is {now}.                 return f"""You are the triage assistant.
    You are helping {customer}.                   … (60 more fixed lines)
                                          ->
    You are the triage assistant.                 The time is {now}.
    … (60 more fixed lines)"""                    You are helping {customer}."""

Every line stays; whole lines move, with their paragraph. It reads f-strings, strings side by side,
`"\\n".join([…])` and sums such as `f"…\\n" + FIXED`, where FIXED may be a constant of the module; and templates that
are filled elsewhere: constants with placeholders, and files of Markdown, Jinja, YAML, TOML and JSON. The function may
be a method or a coroutine, may build the text by `+=` or `append`, and may send the prompt itself.

It leaves alone: texts in which less than 60 % of the fixed characters stand in one piece behind the changing lines;
lines that words, numbers, a colon or a tag tie to their place; parts with comments between them; texts that are built
in loops or under conditions; and functions that a generated test cannot call.
'''

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import libcst as cst

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.module import module_of
from metabot.generate.probe.asked import places
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.prompt_calling import of_call
from metabot.generate.recipes.prompt_expression import Prompt, constants, same_lines
from metabot.generate.recipes.prompt_file import turned_file
from metabot.generate.recipes.prompt_literal import code_of
from metabot.generate.recipes.prompt_placeholders import placeholders
from metabot.generate.recipes.prompt_rewriting import reader_of, rewritten, share_of
from metabot.generate.recipes.prompt_shapes import Reordered, reordered
from metabot.generate.recipes.prompt_template import template_at
from metabot.generate.recipes.prompt_values import behind
from metabot.generate.recipes.template_reading import of_file, of_module
from metabot.generate.sample_call import SampleCall, sample_call
from metabot.place.parsing import parse, parse_expression
from metabot.place.placement import Location, Placed
from metabot.place.texts import evaluated
from metabot.render import render

NAME: Final = "stable-prompt-prefix"
_POINTING: Final = ("above", "below", "following", "preceding")


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for a prompt that was placed by its text."""
    anchor = placed.finding.candidate.prompt
    if anchor is None or location.how != "prompt text":
        return NotSure("the prompt's text was not found in the repository")
    static = frozenset(anchor.static)
    if not location.path.endswith(".py"):
        return _in_file(location, source, static, base)
    template = _template(location, source, static)
    if not isinstance(template, NotSure):
        return _in_constant(location, source, template, base)
    changed = rewritten(source, location, static)
    if isinstance(changed, NotSure):
        return template if "constant of the module" in changed.why else changed
    after, prompt, made = changed
    test = _test(location.path, source, prompt, made, base)
    if isinstance(test, NotSure):
        returned = prompt.returned or prompt.in_messages or _says_text(prompt.function)
        test = of_call(
            location.path, source, base, symbol=prompt.symbol, moved=made.moved, share=share_of(made), returned=returned
        )
    return _written(location, source, after, test, prompt.symbol)


def _says_text(function: cst.FunctionDef) -> bool:
    return function.returns is not None and code_of(function.returns.annotation) == "str"


def _in_file(location: Location, source: str, static: frozenset[int], base: Base) -> Written | NotSure:
    found = turned_file(location.path, source, static)
    if isinstance(found, NotSure):
        return found
    test = of_file(location.path, found.keys, found.turned.changing, found.turned.share, base)
    return _written(location, source, found.after, test, PurePosixPath(location.path).name)


def _in_constant(location: Location, source: str, found: _Template, base: Base) -> Written | NotSure:
    test = of_module(location.path, found.read_by, found.changing, found.share, base)
    return _written(location, source, found.after, test, found.read_by)


def _written(location: Location, source: str, after: str, test: NewTest | NotSure, subject: str) -> Written | NotSure:
    if isinstance(test, NotSure):
        return test
    title = f"Put what changes behind the fixed text in {subject}"
    return Written(
        recipe=NAME,
        title=fitting(title, "Put what changes behind the prompt's fixed text"),
        summary=(
            f"`{subject}` in `{location.path}` begins the prompt with lines that change, so prompts that are built "
            "with other values share no beginning that a provider's prompt cache could hold. Those lines now stand "
            "behind the fixed text. Every line is still there; only the order changed."
        ),
        edits=(Edit(path=location.path, before=source, after=after),),
        new_test=test,
        changes_prompt=True,
        risks=(
            "A model may weigh a line differently at the end of the instructions than at their beginning.",
            *_pointing(source, location),
        ),
    )


def _pointing(source: str, location: Location) -> tuple[str, ...]:
    """Words in the prompt's lines that say where something stands."""
    text = " ".join(source.splitlines()[location.first_line - 1 : location.last_line]).lower()
    words = [word for word in _POINTING if re.search(rf"\b{word}\b", text)]
    return (f"The prompt says {' and '.join(words)}: look whether it still points the right way.",) if words else ()


@dataclass(frozen=True, slots=True)
class _Template:
    after: str
    read_by: str
    changing: tuple[str, ...]
    share: float


def _template(location: Location, source: str, static: frozenset[int]) -> _Template | NotSure:
    """A constant of the module or of a class with placeholders, in its new order."""
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    found = template_at(module, location)
    if found is None:
        return NotSure("the text is no constant that a test could read")
    node, read_by = found
    made = reordered(node, reader_of(source, static, filled_later=True))
    if isinstance(made, NotSure):
        return made
    if not same_lines(code_of(node), code_of(made.new), constants(source)):
        return NotSure("the text would not keep every line as it is")
    after = cst.ensure_type(module.deep_replace(node, made.new), cst.Module).code
    text = evaluated(parse_expression(code_of(node))) or ""
    changing = dict.fromkeys(one for line in text.split("\n") for one in placeholders(line, static))
    return _Template(after, read_by, tuple(changing), share_of(made))


def _test(path: str, source: str, prompt: Prompt, made: Reordered, base: Base) -> NewTest | NotSure:
    function = prompt.symbol
    call = sample_call(source, function)
    module = import_name(path, base.files)
    target = new_test_path(path, "stable_prompt_prefix", base)
    for part in (call, module, target):
        if isinstance(part, NotSure):
            return part
    assert isinstance(call, SampleCall)
    assert isinstance(module, str)
    assert isinstance(target, str)
    if not (prompt.returned or call.returns_text):
        return NotSure(f"{function} is not known to return the prompt")
    place = next(one for one in places(parse(source)) if one.symbol == function)
    changing = behind(place, made.moved) & {one.name for one in call.arguments if one.one != one.other}
    if not changing:
        return NotSure(f"what changes in the prompt does not come from an argument of {function} that a test can vary")
    shown = [one.name for one in call.arguments if one.kind == "str" and f"{{{one.name}}}" in made.moved]
    package, _, name = module.rpartition(".")
    text = render(
        "tests/stable_prompt_prefix.py.j2",
        package=package,
        module=name,
        function=call.function,
        arguments=call.arguments,
        needs_datetime=call.needs_datetime,
        changing=json.dumps(sorted(changing)),
        shown=json.dumps(shown) if shown else "",
        share=f"{share_of(made):.2f}",
    )
    return NewTest(path=target, text=text)
