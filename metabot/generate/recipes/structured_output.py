"""Structured output: the request says in which form the answer is read, instead of hoping and asking again.

Where telemetry shows answers that the program could not read and asked for again, and the code shows what it reads, the
provider is given that form as a JSON schema. What parses the answer and asks again stays as it is:

    answer = client.chat.completions.create(model=…, messages=…)
    order = json.loads(answer.choices[0].message.content)
    book(order["item"], order["pieces"])

gets `response_format=_ANSWER_FORMAT`, a constant of the module with the keys item and pieces. The form comes from a
pydantic model, a dataclass, TypedDict or NamedTuple that is filled with the answer, or from the keys that are looked
up, also by the callers of a function that returns it.

It knows chat completions and OpenAI's responses. It leaves alone requests that state a form already, answers that are
read as a list or as plain text, and Anthropic's messages, which have no such field.
"""

from __future__ import annotations

import ast
import json
from functools import partial
from typing import Final

import libcst as cst

from metabot.generate.adding import with_field
from metabot.generate.imports import bound
from metabot.generate.layout import new_test_path
from metabot.generate.module import module_of
from metabot.generate.probe.choosing import Chosen, chosen
from metabot.generate.probe.probe import probe
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written
from metabot.generate.recipes.answer_schema import Schema, answer_schema
from metabot.generate.replacing import replaced
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "structured-output"
CONSTANT: Final = "_ANSWER_FORMAT"
_STATED: Final = ("response_format", "text", "text_format", "grammar", "guided_json", "format")
_SHORT: Final = 40  # characters: a dictionary that stays on one line


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:  # noqa: ARG001  # a recipe
    """The change for answers that the program could not read."""
    found = chosen(location, source, base)
    if isinstance(found, NotSure):
        return found
    stated = [word for word in _STATED if word in found.asked.fields]
    if stated:
        return NotSure(f"the request states the form of the answer already, by {stated[0]}")
    if found.asked.api == "messages":
        return NotSure("Anthropic's messages have no field for the form of an answer")
    schema = answer_schema(found, base)
    if isinstance(schema, NotSure):
        return schema
    after = structured(found, schema)
    test = _test(found, schema, base)
    if isinstance(after, NotSure):
        return after
    return test if isinstance(test, NotSure) else _written(found, schema, after, test)


def _written(found: Chosen, schema: Schema, after: str, test: NewTest) -> Written:
    place = f"`{found.asked.place.symbol}` in `{found.path}`" if found.asked.place.symbol else f"`{found.path}`"
    keys = f", with the keys {', '.join(f'`{one}`' for one in schema.properties)}" if schema.properties else ""
    return Written(
        recipe=NAME,
        title="Ask the model for answers in the form that is read",
        summary=(
            f"{place} asks for an answer that the program then parses, and asks again where it cannot. The request now "
            f"carries the form as a JSON schema{keys}. What parses the answer and asks again stays as it is."
        ),
        edits=(Edit(path=found.path, before=found.source, after=after),),
        new_test=test,
        changes_prompt=True,
        risks=(
            "A server that does not know JSON schemas may refuse the request or ignore the field.",
            "A model that must keep to a form cannot say beside it that it does not know.",
        ),
    )


def structured(found: Chosen, schema: Schema) -> str | NotSure:
    """The source with the constant in front of what asks, and the request carrying it."""
    module = module_of(found.source)
    if isinstance(module, NotSure):
        return module
    if CONSTANT in bound(module):
        return NotSure(f"the module gives {CONSTANT} another meaning")
    word = "text" if found.asked.api == "responses" else "response_format"
    changed = replaced(found.source, found.asked.body, partial(with_field, name=word, value=CONSTANT))
    return changed if isinstance(changed, NotSure) else _with_constant(changed, found, schema)


def _with_constant(source: str, found: Chosen, schema: Schema) -> str:
    """Before the function, class or statement that asks; with as many blank lines as there."""
    at = next(
        index
        for index, node in enumerate(found.tree.body)
        if node.lineno <= found.asked.body.lineno <= (node.end_lineno or node.lineno)
    )
    module = cst.parse_module(source)
    behind = module.body[at]
    blank = cst.EmptyLine(indent=False)
    apart = [one for one in behind.leading_lines if one.comment is None] or [blank]
    text = _constant(found, schema).replace("    ", module.default_indent).replace("\n", module.default_newline)
    constant = cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)
    kept = behind.with_changes(leading_lines=behind.leading_lines or apart)
    new = constant.with_changes(leading_lines=apart if at else ())
    return module.with_changes(body=[*module.body[:at], new, kept, *module.body[at + 1 :]]).code


def _constant(found: Chosen, schema: Schema) -> str:
    name = "answer"
    inner: dict[str, object] = {"name": name, "schema": _Code(schema.code)}
    whole: dict[str, object] = {"type": "json_schema", "json_schema": inner}
    if found.asked.api == "responses":
        whole = {"format": {"type": "json_schema", **inner}}
    return f"{CONSTANT} = {_pretty(whole, 0)}\n"


class _Code(str):
    """Source, not text."""

    __slots__ = ()


def _pretty(value: object, depth: int) -> str:
    """As a formatter would lay it out: what is short on one line, else an entry on each."""
    if isinstance(value, _Code):
        tree = ast.parse(value, mode="eval").body
        return _pretty(ast.literal_eval(tree), depth) if isinstance(tree, ast.Dict) else str(value)
    if isinstance(value, list):
        return f"[{', '.join(_pretty(one, depth) for one in value)}]"
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    entries = [f"{json.dumps(key, ensure_ascii=False)}: {_pretty(one, depth + 1)}" for key, one in value.items()]
    line = f"{{{', '.join(entries)}}}"
    if "\n" not in line and len(line) <= _SHORT:
        return line
    indent = "    " * (depth + 1)
    return "{\n" + "".join(f"{indent}{entry},\n" for entry in entries) + "    " * depth + "}"


def _test(found: Chosen, schema: Schema, base: Base) -> NewTest | NotSure:
    target = new_test_path(found.path, "structured_output", base)
    made = probe(found.asked, found.tree, found.path, base)
    if isinstance(target, NotSure):
        return target
    if isinstance(made, NotSure):
        return made
    responses = found.asked.api == "responses"
    text = render(
        "tests/structured_output.py.j2",
        probe=made,
        up=target.count("/"),
        form='["text"]["format"]' if responses else '["response_format"]',
        schema='["schema"]' if responses else '["json_schema"]["schema"]',
        properties=list(schema.properties),
    )
    return NewTest(path=target, text=text)
