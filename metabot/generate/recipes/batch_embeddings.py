"""Batch embeddings: texts that are embedded one request at a time are embedded many at a time.

It fires where telemetry shows that calls of one trace wait in turn, and the placed function asks for the embedding of
one text after the other:

    return [client.embeddings.create(model=MODEL, input=text).data[0].embedding for text in texts]

becomes

    return _embedded(client.embeddings.create, texts, model=MODEL)

with a private function `_embedded` in the same module: one request for each 256 texts, the embeddings in the order of
the texts, and the same model and options. With `await` in front of the request it is the same for coroutines.

It reads list comprehensions and loops that do nothing but append to an empty list before them, with `embeddings.create`
of `openai` or what is shaped like it.

It leaves alone: requests whose model or options change with the text, inputs that are more than the loop's own text,
loops that do anything else, conditions, answers of which more than the embedding is used, functions with several such
places, and functions that a generated test cannot call.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from metabot.generate.calls.added import Added, with_function
from metabot.generate.calls.libraries import argument, known
from metabot.generate.calls.program import Program
from metabot.generate.calls.reaching import reach
from metabot.generate.calls.source import Source, Splice
from metabot.generate.calls.units import Unit, blocks, own_nodes
from metabot.generate.imports import Wanted
from metabot.generate.layout import new_test_path
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "batch-embeddings"
_FUNCTION: Final = "_embedded"
# 2,048 inputs is what one request may hold at most: https://platform.openai.com/docs/api-reference/embeddings
_SOURCE: Final = '''\
{define} _embedded(create: Callable[..., Any], texts: Iterable[Any], **options: Any) -> list[Any]:
    """The embedding of each text, in their order; one request for each 256 of them."""
    listed, found = list(texts), []
    for start in range(0, len(listed), 256):
        answer = {awaits}create(input=listed[start : start + 256], **options)
        found += [one.embedding for one in sorted(answer.data, key=lambda one: one.index)]
    return found
'''


@dataclass(frozen=True, slots=True)
class Site:
    node: ast.ListComp | ast.For
    empty: ast.Assign | ast.AnnAssign | None  # the list's assignment in front of a loop
    text: ast.expr  # the loop's own name
    over: ast.expr
    call: ast.Call
    awaited: bool


def write(_placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for a function that embeds one text at a time."""
    program = Program(base)
    changed = batched(location.path, source, location.symbol, program)
    if isinstance(changed, NotSure):
        return changed
    after, unit, site = changed
    test = _test(unit, site, program)
    if isinstance(test, NotSure):
        return test
    title = f"Embed the texts of {unit.name} many at a time"
    return Written(
        recipe=NAME,
        title=fitting(title, "Embed texts many at a time"),
        summary=(
            f"`{unit.name}` in `{location.path}` sends one request for each text that it embeds, one after the other. "
            "It now sends up to 256 texts with each request, to the same model, and takes the embeddings in order."
        ),
        edits=(Edit(path=location.path, before=source, after=after),),
        new_test=test,
        changes_prompt=False,
        risks=(
            "If one text is refused, the request fails for all texts that are sent with it.",
            "A server may allow fewer texts or tokens in one request.",
        ),
    )


def batched(path: str, text: str, symbol: str | None, program: Program) -> tuple[str, Unit, Site] | NotSure:
    """The source with the one place of the function batched."""
    placed = program.placed(path, text, symbol, "the texts must be embedded")
    if isinstance(placed, NotSure):
        return placed
    source = placed.source
    units = (placed, *program.own_callees(placed))
    found = [(unit, site) for unit in units for site in _sites(unit, program)]
    if len(found) != 1:
        return NotSure(
            f"{placed.name} has {len(found)} places where it embeds texts one at a time and does nothing else"
        )
    unit, site = found[0]
    after = with_function(source, [_splice(source, site)], unit, _added(site))
    return after if isinstance(after, NotSure) else (after, unit, site)


def _sites(unit: Unit, program: Program) -> list[Site]:
    found: list[Site] = []
    for node in own_nodes(unit):
        match node:
            case ast.ListComp(elt=element, generators=[ast.comprehension(target=text, iter=over, ifs=[], is_async=0)]):
                found += _site(node, None, (text, over, element), unit, program)
    for block in blocks(unit.body):
        for before, after in pairwise(block):
            found += _loop(before, after, unit, program)
    return found


def _loop(before: ast.stmt, after: ast.stmt, unit: Unit, program: Program) -> list[Site]:
    """`found = []`, and a loop that appends each embedding to it, in one step or by way of a name."""
    if not isinstance(before, ast.Assign | ast.AnnAssign) or not isinstance(after, ast.For):
        return []
    target = before.targets[0] if isinstance(before, ast.Assign) else before.target
    if not isinstance(before.value, ast.List) or before.value.elts or not isinstance(target, ast.Name) or after.orelse:
        return []
    match after.body:
        case [ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[element]))]:
            pass
        case [
            ast.Assign(targets=[ast.Name(id=kept)], value=answer),
            ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[element])),
        ]:
            element = _with_answer(element, kept, answer)
        case _:
            return []
    return _site(after, before, (after.target, after.iter, element), unit, program) if name == target.id else []


def _with_answer(element: ast.expr, kept: str, answer: ast.expr) -> ast.expr:
    """`kept.data[0].embedding` with what is kept in its place."""
    match element:
        case ast.Attribute(
            value=ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="data"), slice=index),
            attr="embedding",
        ) if name == kept:
            data = ast.Attribute(value=answer, attr="data", ctx=ast.Load())
            return ast.Attribute(value=ast.Subscript(value=data, slice=index, ctx=ast.Load()), attr="embedding")
    return element


def _site(
    node: ast.ListComp | ast.For,
    empty: ast.Assign | ast.AnnAssign | None,
    parts: tuple[ast.expr, ast.expr, ast.expr],
    unit: Unit,
    program: Program,
) -> list[Site]:
    text, over, element = parts
    match element:
        case ast.Attribute(
            value=ast.Subscript(value=ast.Attribute(value=asked, attr="data"), slice=ast.Constant(value=0)),
            attr="embedding",
        ):
            call = asked.value if isinstance(asked, ast.Await) else asked
        case _:
            return []
    of = known(call, unit, program) if isinstance(call, ast.Call) else None
    if (
        not isinstance(call, ast.Call)
        or of is None
        or of.does != "embeds"
        or not of.dotted.endswith("embeddings.create")
    ):
        return []
    site = Site(node, empty, text, over, call, isinstance(asked, ast.Await))
    return [site] if _is_only_the_text(site) else []


def _is_only_the_text(site: Site) -> bool:
    """The input is the loop's own name, and nothing else in the request depends on it."""
    given = argument(site.call, "input")
    others = [keyword.value for keyword in site.call.keywords if keyword.arg != "input"]
    names = {node.id for one in others for node in ast.walk(one) if isinstance(node, ast.Name)}
    own = site.text.id if isinstance(site.text, ast.Name) else None
    plain = not site.call.args and all(keyword.arg is not None for keyword in site.call.keywords)
    return plain and own is not None and isinstance(given, ast.Name) and given.id == own and own not in names


def _splice(source: Source, site: Site) -> Splice:
    options = [source.of(keyword) for keyword in site.call.keywords if keyword.arg != "input"]
    given = ", ".join([source.of(site.call.func), source.of(site.over), *options])
    text = f"{'await ' if site.awaited else ''}{_FUNCTION}({given})"
    if site.empty is None:
        return Splice(source.start(site.node), source.end(site.node), text)
    assert site.empty.value is not None
    head = source.text[source.start(site.empty) : source.start(site.empty.value)]
    return Splice(source.start(site.empty), source.end(site.node), head + text)


def _added(site: Site) -> Added:
    text = _SOURCE.format(define="async def" if site.awaited else "def", awaits="await " if site.awaited else "")
    wanted = (Wanted("collections.abc", "Callable"), Wanted("collections.abc", "Iterable"), Wanted("typing", "Any"))
    return Added(_FUNCTION, text, wanted)


def _test(unit: Unit, site: Site, program: Program) -> NewTest | NotSure:
    target = new_test_path(unit.source.path, "batch_embeddings", program.base)
    if isinstance(target, NotSure):
        return target
    if not isinstance(site.over, ast.Name) or site.over.id not in {one.arg for one in unit.parameters}:
        return NotSure(f"a test cannot say which texts {unit.name} embeds")
    reached = reach(unit, (site.call.func,), program, given={site.over.id: '["first", "second", "third"]'})
    if isinstance(reached, NotSure):
        return reached
    text = render("tests/batch_embeddings.py.j2", reached=reached, name=unit.name, awaited=site.awaited)
    return NewTest(path=target, text=text)
