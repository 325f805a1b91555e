"""The source of a module with its prompt's fixed text first, whatever expression or statements write it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import partial
from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.module import module_of
from metabot.generate.recipe import NotSure
from metabot.generate.recipes.prompt_expression import Prompt, constants, find, same_lines
from metabot.generate.recipes.prompt_literal import code_of
from metabot.generate.recipes.prompt_placeholders import changes, placeholders, weight
from metabot.generate.recipes.prompt_shapes import Reader, Reordered, reordered
from metabot.generate.recipes.prompt_statements import by_statements
from metabot.place.parsing import parse_expression
from metabot.place.placement import Location
from metabot.place.texts import evaluated

_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_STEP: Final = 0.05  # a test asks for the share of fixed text in front, rounded down to this


def rewritten(source: str, location: Location, static: frozenset[int]) -> tuple[str, Prompt, Reordered] | NotSure:
    """The source with the prompt's fixed text first."""
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    prompt = find(module, location)
    if isinstance(prompt, NotSure):
        return _of_statements(module, source, static, prompt)
    why = NotSure("the text is used as it is, and nothing that changes stands before it")
    for node in prompt.expressions:
        filled_later = not m.findall(node, m.FormattedString())
        made = reordered(node, reader_of(source, static, filled_later=filled_later))
        if isinstance(made, NotSure):
            why = made
            continue
        if not same_lines(code_of(node), code_of(made.new), constants(source)):
            return NotSure("the text would not keep every line as it is")
        after = cst.ensure_type(module.deep_replace(node, made.new), cst.Module).code
        return after, prompt, replace(made, moved=made.moved or _filled(node, static))
    return _of_statements(module, source, static, why)


def _of_statements(
    module: cst.Module, source: str, static: frozenset[int], why: NotSure
) -> tuple[str, Prompt, Reordered] | NotSure:
    """Where no single expression holds the text: a run of statements that builds it; else `why`."""
    found = by_statements(module, reader_of(source, static, filled_later=False))
    if isinstance(found, NotSure):
        return why
    after, made, returned = found
    prompt = Prompt((), made.built.function, made.built.owner, returned, in_messages=False)
    return after, prompt, Reordered(made.values[0], made.moved, made.in_front)


def _filled(node: cst.BaseExpression, static: frozenset[int]) -> tuple[str, ...]:
    """A template's placeholders, as an f-string would write them."""
    text = evaluated(parse_expression(code_of(node))) or ""
    found = [_NAME.findall(one) for line in text.split("\n") for one in placeholders(line, static)]
    return tuple(f"{{{names[0]}}}" for names in found if names)


def reader_of(source: str, static: frozenset[int], *, filled_later: bool) -> Reader:
    if not filled_later:
        return Reader(constants(source), partial(weight, static=static))
    return Reader(constants(source), partial(weight, static=static), partial(changes, static=static))


def share_of(made: Reordered) -> float:
    return min(0.95, math.floor(made.in_front / _STEP) * _STEP)
