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
`"\\n".join([…])` and sums such as `f"…\\n" + FIXED`, where FIXED may be a constant of the module.

It leaves alone: prompts in files, methods, coroutines and templates that are filled later; texts in which less than
60 % of the fixed characters stand in one piece behind the changing lines; lines that end with a colon where they would
be parted from what they introduce; parts with comments between them; and functions that a generated test cannot call.
'''

from __future__ import annotations

import ast
import json
import math
import re
from typing import Final

import libcst as cst

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.module import module_of
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written
from metabot.generate.recipes.prompt_expression import Prompt, constants, find, same_lines
from metabot.generate.recipes.prompt_literal import code_of
from metabot.generate.recipes.prompt_shapes import Reader, Reordered, reordered
from metabot.generate.sample_call import SampleCall, sample_call
from metabot.place.parsing import parse, parse_expression
from metabot.place.placement import Location, Placed
from metabot.render import render
from metabot.telemetry.pieces import cut

NAME: Final = "stable-prompt-prefix"
_TITLE: Final = 72  # characters
_POINTING: Final = ("above", "below", "following", "preceding")
_STEP: Final = 0.05  # the test asks for the share of fixed text in front, rounded down to this


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for a prompt that was placed by its text."""
    anchor = placed.finding.candidate.prompt
    if anchor is None or location.how != "prompt text":
        return NotSure("the prompt's text was not found in the repository")
    if not location.path.endswith(".py"):
        return NotSure("the prompt stands in a file that is filled elsewhere")
    changed = rewritten(source, location, frozenset(anchor.static))
    if isinstance(changed, NotSure):
        return changed
    after, prompt, made = changed
    test = _test(location.path, source, prompt, made, base)
    if isinstance(test, NotSure):
        return test
    function = prompt.function.name.value
    title = f"Put what changes behind the fixed text in {function}"
    return Written(
        recipe=NAME,
        title=title if len(title) < _TITLE else "Put what changes behind the prompt's fixed text",
        summary=(
            f"`{function}` in `{location.path}` begins the prompt with lines that change, so prompts that are built "
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


def rewritten(source: str, location: Location, static: frozenset[int]) -> tuple[str, Prompt, Reordered] | NotSure:
    """The source with the prompt's fixed text first."""
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    prompt = find(module, location)
    if isinstance(prompt, NotSure):
        return prompt
    reader = Reader(constants(source), lambda text: sum(piece.chars for piece in cut(text) if piece.hash in static))
    why = NotSure("the text is used as it is, and nothing that changes stands before it")
    for node in prompt.expressions:
        made = reordered(node, reader)
        if isinstance(made, NotSure):
            why = made
            continue
        if not same_lines(code_of(node), code_of(made.new)):
            return NotSure("the text would not keep every line as it is")
        after = cst.ensure_type(module.deep_replace(node, made.new), cst.Module).code
        return after, prompt, made
    return why


def _test(path: str, source: str, prompt: Prompt, made: Reordered, base: Base) -> NewTest | NotSure:
    function = prompt.function.name.value
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
    changing = _behind(source, function, made.moved) & {one.name for one in call.arguments if one.one != one.other}
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
        share=f"{min(0.95, math.floor(made.in_front / _STEP) * _STEP):.2f}",
    )
    return NewTest(path=target, text=text)


def _behind(source: str, function: str, expressions: tuple[str, ...]) -> set[str]:
    """The names that the expressions are made of, through the function's own variables."""
    body = next(node for node in parse(source).body if isinstance(node, ast.FunctionDef) and node.name == function)
    made_of: dict[str, set[str]] = {}
    for node in ast.walk(body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                made_of.setdefault(ast.unparse(target), set()).update(_names(node.value))
    found: set[str] = set()
    left = {name for one in expressions for name in _names(parse_expression(f"f'''{one}'''"))}
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left |= made_of.get(name, set())
    return found


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
