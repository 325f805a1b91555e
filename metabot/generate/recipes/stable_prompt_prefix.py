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
import math
import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.module import module_of
from metabot.generate.probe.asked import places
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written
from metabot.generate.recipes.prompt_call_test import of_call
from metabot.generate.recipes.prompt_expression import Prompt, constants, find, same_lines
from metabot.generate.recipes.prompt_file import turned_file
from metabot.generate.recipes.prompt_literal import code_of
from metabot.generate.recipes.prompt_placeholders import changes, placeholders, weight
from metabot.generate.recipes.prompt_shapes import Reader, Reordered, reordered
from metabot.generate.recipes.prompt_statements import by_statements
from metabot.generate.recipes.prompt_template import template_at
from metabot.generate.recipes.prompt_template_test import of_file, of_module
from metabot.generate.recipes.prompt_values import behind
from metabot.generate.sample_call import SampleCall, sample_call
from metabot.place.parsing import parse, parse_expression
from metabot.place.placement import Location, Placed
from metabot.place.texts import evaluated
from metabot.render import render

NAME: Final = "stable-prompt-prefix"
_TITLE: Final = 72  # characters
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_POINTING: Final = ("above", "below", "following", "preceding")
_STEP: Final = 0.05  # the test asks for the share of fixed text in front, rounded down to this


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
        returned = prompt.returned or _says_text(prompt.function)
        test = of_call(
            location.path, source, base, symbol=prompt.symbol, moved=made.moved, share=_share(made), returned=returned
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
        title=title if len(title) < _TITLE else "Put what changes behind the prompt's fixed text",
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
    made = reordered(node, _reader(source, static, filled_later=True))
    if isinstance(made, NotSure):
        return made
    if not same_lines(code_of(node), code_of(made.new)):
        return NotSure("the text would not keep every line as it is")
    after = cst.ensure_type(module.deep_replace(node, made.new), cst.Module).code
    text = evaluated(parse_expression(code_of(node))) or ""
    changing = dict.fromkeys(one for line in text.split("\n") for one in placeholders(line, static))
    return _Template(after, read_by, tuple(changing), _share(made))


def _reader(source: str, static: frozenset[int], *, filled_later: bool) -> Reader:
    if not filled_later:
        return Reader(constants(source), partial(weight, static=static))
    return Reader(constants(source), partial(weight, static=static), partial(changes, static=static))


def _share(made: Reordered) -> float:
    return min(0.95, math.floor(made.in_front / _STEP) * _STEP)


def _by_statements(
    module: cst.Module, source: str, static: frozenset[int], why: NotSure
) -> tuple[str, Prompt, Reordered] | NotSure:
    """Where no single expression holds the text: a run of statements that builds it; else `why`."""
    found = by_statements(module, _reader(source, static, filled_later=False))
    if isinstance(found, NotSure):
        return why
    after, made, returned = found
    prompt = Prompt((), made.built.function, made.built.owner, returned)
    return after, prompt, Reordered(made.values[0], made.moved, made.in_front)


def rewritten(source: str, location: Location, static: frozenset[int]) -> tuple[str, Prompt, Reordered] | NotSure:
    """The source with the prompt's fixed text first."""
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    prompt = find(module, location)
    if isinstance(prompt, NotSure):
        return _by_statements(module, source, static, prompt)
    why = NotSure("the text is used as it is, and nothing that changes stands before it")
    for node in prompt.expressions:
        filled_later = not m.findall(node, m.FormattedString())
        made = reordered(node, _reader(source, static, filled_later=filled_later))
        if isinstance(made, NotSure):
            why = made
            continue
        if not same_lines(code_of(node), code_of(made.new)):
            return NotSure("the text would not keep every line as it is")
        after = cst.ensure_type(module.deep_replace(node, made.new), cst.Module).code
        return after, prompt, replace(made, moved=made.moved or _filled(node, static))
    return _by_statements(module, source, static, why)


def _filled(node: cst.BaseExpression, static: frozenset[int]) -> tuple[str, ...]:
    """A template's placeholders, as an f-string would write them."""
    text = evaluated(parse_expression(code_of(node))) or ""
    found = [_NAME.findall(one) for line in text.split("\n") for one in placeholders(line, static)]
    return tuple(f"{{{names[0]}}}" for names in found if names)


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
        share=f"{_share(made):.2f}",
    )
    return NewTest(path=target, text=text)
